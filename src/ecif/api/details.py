"""A customer in detail: its records, its history, why it is one, and chosen values in clear."""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from ecif import customers, policy
from ecif.api.answers import json_answer, written
from ecif.api.bodies import Body, Sentence
from ecif.api.call import Call, checked_number
from ecif.api.doors import Door
from ecif.api.laid_out import full_reason, record_of, ref_of
from ecif.api.pages import Limit
from ecif.api.shapes import CustomerRecordsAnswer, HistoryAnswer, RevealAnswer, WhyAnswer
from ecif.customers import Folder, Happening
from ecif.errors import CustomerNotFound, Unprocessable
from ecif.rules import MaskRules
from ecif.security import Scope
from ecif.store import BadCursor, Page, Work, page_of, read_cursor

door = Door("customers")


class RevealBody(Body):
    """Which golden fields are needed in clear, and for what."""

    fields: Annotated[list[str], Field(min_length=1, max_length=20, examples=[["documents"]])]
    purpose: Annotated[Sentence, Field(examples=["Customer identified at the counter"])]


@door.route(
    "POST /v1/customers/{customer_no}/reveal",
    needs=Scope.CUSTOMERS_REVEAL,
    answers=RevealAnswer,
    refuses=[CustomerNotFound],
)
async def reveal_customer(call: Call, customer_no: str, body: RevealBody) -> Response:
    """Read chosen golden fields in clear; who looked, at what and for which purpose is noted."""
    number = checked_number(customer_no)
    unknown = [
        {"field": f"fields[{place}]", "message": "is not a golden field"}
        for place, name in enumerate(body.fields)
        if name not in customers.GOLDEN_FIELDS
    ]
    if unknown:
        raise Unprocessable(errors=unknown)

    async def story(work: Work) -> dict[str, Any]:
        customer = await customers.get_clear(work, number)
        work.saw(customer.customer_no, set(body.fields), purpose=body.purpose)
        return {
            "customer_no": customer.customer_no,
            "version": customer.version,
            "purpose": body.purpose,
            "values": {
                name: customer.values[name] for name in body.fields if name in customer.values
            },
        }

    return json_answer(await call.tell(story))


@door.route(
    "GET /v1/customers/{customer_no}/records",
    needs=Scope.CUSTOMERS_READ,
    answers=CustomerRecordsAnswer,
    refuses=[CustomerNotFound],
)
async def get_customer_records(call: Call, customer_no: str) -> Response:
    """Read what each source says, masked, and which record each golden value comes from."""
    number = checked_number(customer_no)

    async def story(work: Work) -> bytes:
        folder = await _folder(work, number)
        rules = await policy.get_rules(work, folder.rules_version)
        masks = work.rules.masks
        answer = {
            "customer_no": folder.customer_no,
            "version": folder.version,
            "records": [
                record_of(record, folder.customer_no, masks) for record in folder.records.values()
            ],
            "provenance": [
                {
                    "field": field,
                    "is_pinned": not sayers,
                    "records": [ref_of(folder.records[each]) for each in sayers],
                }
                for field, sayers in folder.derived(rules).provenance.items()
            ],
        }
        if folder.customer_no != number:
            answer["redirected_from"] = number
        return written(answer)

    return json_answer(orjson.Fragment(await call.tell(story)))


@door.route(
    "GET /v1/customers/{customer_no}/history",
    needs=Scope.CUSTOMERS_READ,
    answers=HistoryAnswer,
    refuses=[CustomerNotFound, BadCursor],
)
async def get_customer_history(
    call: Call,
    customer_no: str,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 100,
) -> Response:
    """Read every version and link change, oldest first."""
    number = checked_number(customer_no)

    async def story(work: Work) -> dict[str, Any]:
        customer_id = (await customers.resolve(work, [number]))[number]
        shown = (await customers.masked_by_ids(work, [customer_id]))[customer_id]
        everything = await customers.history_of(work, customer_id)
        page = _page(everything, after, limit)
        items = [_happened(each, work.rules.masks) for each in page.items]
        return {"customer_no": shown.customer_no, "items": items, "next": page.next}

    return json_answer(await call.tell(story))


@door.route(
    "GET /v1/customers/{customer_no}/why",
    needs=Scope.CUSTOMERS_READ,
    answers=WhyAnswer,
    refuses=[CustomerNotFound],
)
async def explain_customer(call: Call, customer_no: str) -> Response:
    """Say how this customer was put together: each decision with its evidence of that day."""
    number = checked_number(customer_no)

    async def story(work: Work) -> dict[str, Any]:
        customer_id = (await customers.resolve(work, [number]))[number]
        shown = (await customers.masked_by_ids(work, [customer_id]))[customer_id]
        steps = [
            _happened(each, work.rules.masks, as_step=True)
            for each in await customers.story_of(work, customer_id)
        ]
        return {"customer_no": shown.customer_no, "version": shown.version, "steps": steps}

    return json_answer(await call.tell(story))


async def _folder(work: Work, number: str) -> Folder:
    customer_id = (await customers.resolve(work, [number]))[number]
    return (await customers.take_out(work, customer_ids=[customer_id], lock=False))[customer_id]


def _happened(each: Happening, masks: MaskRules, *, as_step: bool = False) -> dict[str, Any]:
    facts = {name: value for name, value in each.facts.items() if name != "record_id"}
    plain = {"at": each.at, "step" if as_step else "what": each.what, **facts}
    if each.reason is not None:
        plain["reason"] = full_reason(each.reason, masks)
    elif as_step:
        told = {name: each.facts.get(name) for name in ("band", "bits", "rules_version")}
        plain["reason"] = {"by": None, **told, "evidence": [], "vetoes": [], "text": None}
    return plain


def _page(everything: Sequence[Happening], after: str | None, limit: int) -> Page[Happening]:
    """One page; history only grows at its end, so a place in it stays where it is."""
    read = read_cursor(after, [int])
    start = 0 if read is None else read[0]
    if not 0 <= start <= len(everything):
        raise BadCursor
    rows = list(everything[start : start + limit + 1])
    return page_of(rows, limit, lambda _: [start + limit])
