"""Finding customers: exactly, by likeness, and by asking what would be decided."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Body
from pydantic import Field, model_validator
from starlette.responses import Response

from ecif import customers, identity, intake
from ecif.api.answers import flags_of, json_answer, reason_of, written
from ecif.api.bodies import (
    EXAMPLE_PERSON,
    CustomerNumber,
    MatchBody,
    OneLine,
    SearchBody,
    SourceKey,
    SystemName,
    identity_of,
)
from ecif.api.bodies import Body as ClosedBody
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.laid_out import shown
from ecif.api.shapes import LookupAnswer, MatchAnswer, SearchAnswer
from ecif.api.source_keys import record_named
from ecif.customers import Arrival, MaskedCustomer, NewRecord, SourceRecord
from ecif.errors import CustomerNotFound, RecordNotFound, StaleRecord
from ecif.identity import Document, Identity, Name, Organisation, Person, Phone
from ecif.rules import MaskRules, Reason
from ecif.security import Scope
from ecif.store import Work

door = Door("finding")

_MOST_LIKE = 50
_NAMES = ("family_name", "given_name", "name_order", "organisation_name")


class SourceNamed(ClosedBody):
    """A source record by what its system calls it."""

    system: SystemName
    key: SourceKey


class LookupBody(ClosedBody):
    """One thing to find customers by; a telephone number may stand beside a name."""

    document: Document | None = None
    source: SourceNamed | None = None
    phone: OneLine | None = None
    customer_no: CustomerNumber | None = None
    name: Annotated[OneLine | None, Field(description="With `phone`: whoever bears it.")] = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "LookupBody":
        asked = [self.document, self.source, self.phone, self.customer_no]
        if sum(each is not None for each in asked) != 1:
            raise ValueError("name one of `document`, `source`, `phone` and `customer_no`")
        if self.name is not None and self.phone is None:
            raise ValueError("`name` goes with `phone`; use the search for names")
        return self


@door.route("POST /v1/customers/lookup", needs=Scope.CUSTOMERS_READ, answers=LookupAnswer)
async def look_up_customers(
    call: Call,
    body: Annotated[
        LookupBody,
        Body(
            openapi_examples={
                "document": {
                    "value": {
                        "document": {"kind": "cn_resident_id", "number": "110101199003070038"}
                    }
                },
                "source": {"value": {"source": {"system": "core", "key": "C0001234"}}},
                "phone": {"value": {"phone": "+8613812345678", "name": "张伟"}},
                "customer_no": {"value": {"customer_no": "10000000017"}},
            }
        ),
    ],
) -> Response:
    """Find customers exactly; by a telephone number alone it needs the scope customers:reveal."""
    if body.phone is not None and body.name is None:
        call.actor.require(Scope.CUSTOMERS_REVEAL)

    async def story(work: Work) -> bytes:
        found = await _look_up(work, body)
        return written({"items": [_found(each, body.customer_no) for each in found]})

    return json_answer(orjson.Fragment(await call.tell(story)))


@door.route("POST /v1/customers/search", needs=Scope.CUSTOMERS_READ, answers=SearchAnswer)
async def search_customers(
    call: Call,
    body: Annotated[
        SearchBody,
        Body(
            openapi_examples={
                "person": {
                    "value": {
                        "kind": "person",
                        "names": [{"full": "张伟"}],
                        "birth_date": "1990-03-07",
                        "limit": 5,
                    }
                }
            }
        ),
    ],
) -> Response:
    """Find customers that look like this, the likeliest first, with the reasons in bits."""
    said = identity_of(body)

    async def story(work: Work) -> bytes:
        hits = await intake.search(work, said, limit=body.limit)
        masks = work.rules.masks
        return written({"items": [_hit(hit.customer, hit.reason, masks) for hit in hits]})

    return json_answer(orjson.Fragment(await call.tell(story)))


@door.route(
    "POST /v1/matches", needs=Scope.CUSTOMERS_READ, answers=MatchAnswer, refuses=[StaleRecord]
)
async def match_record(
    call: Call,
    record: Annotated[MatchBody, Body(openapi_examples={"person": {"value": EXAMPLE_PERSON}})],
) -> Response:
    """Say what taking this record in would decide, and store nothing."""
    said = identity_of(record)

    async def story(work: Work) -> bytes:
        stored, arrival = await _arrival(work, record, said)
        recognition = await intake.recognise(work, said)
        masks = work.rules.masks
        own = None
        if stored is not None:
            own = (await customers.masked_by_ids(work, [stored.customer_id]))[stored.customer_id]
        first = recognition.customers[0][0] if recognition.outcome == "linked" else None
        decided = own or first
        answer = {
            "customer_no": decided.customer_no if decided else None,
            "decision": {
                "outcome": recognition.outcome if own is None else _OUTCOMES[arrival],
                **reason_of(recognition.reason, masks),
                "flags": flags_of(identity.flags_of(said)),
                "ambiguous": recognition.ambiguous,
            },
            "candidates": [
                _hit(customer, reason, masks)
                for customer, reason in recognition.customers
                if own is None or customer.customer_no != own.customer_no
            ],
        }
        return written(answer)

    return json_answer(orjson.Fragment(await call.tell(story)))


_OUTCOMES: dict[Arrival, Literal["updated", "unchanged"]] = {
    Arrival.UPDATE: "updated",
    Arrival.UNCHANGED: "unchanged",
}


async def _arrival(
    work: Work, record: MatchBody, said: Identity
) -> tuple[SourceRecord | None, Arrival]:
    """What the message would mean for the record that is stored under its key."""
    if record.source_system is None or record.source_key is None:
        return None, Arrival.NEW
    try:
        stored = await record_named(work, record.source_system, record.source_key)
    except RecordNotFound:
        return None, Arrival.NEW
    new = NewRecord(
        source_system=record.source_system,
        source_key=record.source_key,
        identity=said,
        source_version=record.source_version,
        changed_at=record.changed_at,
    )
    arrival = customers.arrival_of(stored, new, customers.digest_of(work, new))
    if arrival is Arrival.STALE:
        raise StaleRecord
    return stored, arrival


async def _look_up(work: Work, body: LookupBody) -> list[MaskedCustomer]:
    if body.customer_no is not None:
        return await _by_number(work, body.customer_no)
    if body.source is not None:
        ids = await _by_source(work, body.source)
    elif body.document is not None:
        ids = await intake.look_up_by_document(work, body.document)
    else:
        ids = await intake.look_up_by_phone(work, body.phone or "")
    found = await customers.masked_by_ids(work, ids)
    unique = {each.customer_no: each for each in found.values()}
    if body.name is not None and body.phone is not None:
        bearers = await _bearers(work, body.name, body.phone)
        unique = {number: each for number, each in unique.items() if number in bearers}
    return [unique[number] for number in sorted(unique)]


async def _by_number(work: Work, number: str) -> list[MaskedCustomer]:
    try:
        resolved = await customers.resolve(work, [number])
    except CustomerNotFound:
        return []
    return list((await customers.masked_by_ids(work, resolved.values())).values())


async def _by_source(work: Work, source: SourceNamed) -> list[int]:
    try:
        record = await record_named(work, source.system, source.key)
    except RecordNotFound:
        return []
    return [record.customer_id]


async def _bearers(work: Work, name: str, phone: str) -> set[str]:
    """The numbers of those customers whose name agrees, among those that are like a bearer of both."""
    names, phones = (Name(full=name),), (Phone(number=phone),)
    bearers = set()
    for who in (Person(names=names, phones=phones), Organisation(names=names, phones=phones)):
        for hit in await intake.search(work, who, limit=_MOST_LIKE):
            if any(each.about in _NAMES and each.bits > 0 for each in hit.reason.evidence):
                bearers.add(hit.customer.customer_no)
    return bearers


def _found(customer: MaskedCustomer, asked: str | None) -> orjson.Fragment:
    return shown(customer, asked if asked not in (None, customer.customer_no) else None)


def _hit(customer: MaskedCustomer, reason: Reason, masks: MaskRules) -> dict[str, Any]:
    return {"customer": shown(customer), **reason_of(reason, masks)}
