"""Customers: take a record in and say whose it is; read a customer as everybody may see it."""

from typing import Annotated, Any

import orjson
from fastapi import Body, Query
from starlette.responses import Response

from ecif import customers, intake
from ecif.api.answers import (
    JSON,
    CustomerAnswer,
    RegistrationAnswer,
    customer_json,
    flags_of,
    reason_of,
    written,
)
from ecif.api.bodies import (
    EXAMPLE_ORGANISATION,
    EXAMPLE_PERSON,
    Moment,
    SourceRecordBody,
    new_record_of,
)
from ecif.api.call import Call, checked_number
from ecif.api.doors import Door
from ecif.api.repeats import Told, once
from ecif.customers import MaskedCustomer
from ecif.errors import BadRequest, CustomerNotFound, StaleRecord
from ecif.policy import SourceSystemNotListed
from ecif.security import Scope
from ecif.store import KeyReused, RequestInFlight, Work

door = Door("customers")

_READ_HEADERS = {"Cache-Control": "private, no-cache"}


@door.route(
    "GET /v1/customers/{customer_no}",
    needs=Scope.CUSTOMERS_READ,
    answers=CustomerAnswer,
    refuses=[CustomerNotFound],
    responses={304: {"description": "The caller's copy, named in If-None-Match, is up to date."}},
)
async def get_customer(
    call: Call,
    customer_no: str,
    as_of: Annotated[Moment | None, Query(description="The state known at this moment.")] = None,
    fields: Annotated[
        str | None, Query(description="Only these golden fields, parted by commas.", max_length=500)
    ] = None,
) -> Response:
    """Read the golden customer, masked; a merged number answers with its survivor."""
    customer = await _found(call, checked_number(customer_no), as_of)
    tag = customer.etag
    if fields is not None:
        customer, tag = _narrowed(customer, fields)
    headers = {**_READ_HEADERS, "ETag": tag}
    redirected_from = None
    if customer.customer_no != customer_no:
        redirected_from = customer_no
        headers["Content-Location"] = f"/v1/customers/{customer.customer_no}"
    if _holds(call.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    return Response(customer_json(customer, redirected_from), 200, headers, JSON)


@door.route(
    "POST /v1/customers",
    needs=Scope.CUSTOMERS_WRITE,
    answers=RegistrationAnswer,
    refuses=[StaleRecord, SourceSystemNotListed, KeyReused, RequestInFlight],
    responses={201: {"model": RegistrationAnswer, "description": "A new customer was opened."}},
)
async def create_customer(
    call: Call,
    record: Annotated[
        SourceRecordBody,
        Body(
            openapi_examples={
                "person": {"summary": "A person", "value": EXAMPLE_PERSON},
                "organisation": {"summary": "An organisation", "value": EXAMPLE_ORGANISATION},
            }
        ),
    ],
) -> Response:
    """Take a source record in and say whose it is: a new customer, or one that is known."""
    wiring = call.wiring
    prepared = intake.prepare(new_record_of(record), wiring.vault, call.actor.legal_entity)

    async def register(work: Work) -> Told:
        made = await intake.register(work, prepared, only_listed=wiring.only_listed)
        return told_of(made, work)

    return await once(call, register, turn=prepared.claims)


def told_of(made: intake.Registration, work: Work) -> Told:
    """What a registration answers."""
    customer = made.customer
    assert customer is not None  # noqa: S101  # only a stale record has none, and that is refused
    decision: dict[str, Any] = {
        "outcome": made.outcome,
        **reason_of(made.reason, work.rules.masks),
        "flags": flags_of(made.flags),
    }
    if made.review_id is not None:
        decision["review_id"] = str(made.review_id)
    body = {
        "customer_no": customer.customer_no,
        "version": customer.version,
        "decision": decision,
        "customer": orjson.Fragment(customer_json(customer)),
    }
    created = made.outcome == "created"
    headers = {"ETag": customer.etag, "Location": f"/v1/customers/{customer.customer_no}"}
    return Told(written(body), 201 if created else 200, headers)


async def _found(call: Call, customer_no: str, as_of: Any) -> MaskedCustomer:
    if as_of is not None:
        return await call.tell(lambda work: customers.get_as_of(work, customer_no, as_of))
    async with call.wiring.database.connection() as connection:
        return await customers.get_masked(connection, call.actor.legal_entity, customer_no)


def _narrowed(customer: MaskedCustomer, fields: str) -> tuple[MaskedCustomer, str]:
    wanted = sorted({name.strip() for name in fields.split(",") if name.strip()})
    unknown = [name for name in wanted if name not in customers.GOLDEN_FIELDS]
    if unknown or not wanted:
        raise BadRequest("`fields` names no golden field.", field="fields")
    golden: dict[str, Any] = orjson.loads(customer.golden)
    narrow = {name: value for name, value in golden.items() if name in wanted}
    tag = f'"v{customer.version}.m{customer.mask_version}.{".".join(_short(name) for name in wanted)}"'
    return MaskedCustomer(
        customer.customer_no,
        customer.kind,
        customer.status,
        customer.version,
        customer.mask_version,
        written(narrow).decode(),
    ), tag


def _short(name: str) -> str:
    return name.replace("_", "")


def _holds(written: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag. Source: RFC 9110 section 13.1.2 (weak comparison)."""
    if written is None:
        return False
    return written.strip() == "*" or tag in (
        each.strip().removeprefix("W/") for each in written.split(",")
    )
