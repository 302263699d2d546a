"""Merging and its reversal, as other tools ask for it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from starlette.responses import Response

from ecif import stewardship
from ecif.api.admin_shapes import ProposedAnswer
from ecif.api.answers import written
from ecif.api.bodies import Body, CustomerNumber, Sentence, SourceKey, SystemName
from ecif.api.call import Call, checked_number
from ecif.api.doors import Door
from ecif.api.laid_out import merges_of, proposed, ref_of, shown_folder
from ecif.api.repeats import Told, once
from ecif.api.shapes import MergeAnswer, UnmergeAnswer
from ecif.api.source_keys import records_named
from ecif.customers import (
    CustomerNotLive,
    KindsDiffer,
    MergeAlreadyUndone,
    MergeBlocked,
    MergeNotFound,
    NothingToDetach,
    Rekeyed,
    SameCustomer,
)
from ecif.errors import CustomerNotFound, PreconditionFailed, PreconditionNeeded, RecordNotFound
from ecif.security import Scope
from ecif.stewardship import Proposal
from ecif.store import KeyReused, RequestInFlight, Work

door = Door("merging")

_UNSAID = "no reason was given"
_PROPOSED = {202: {"model": ProposedAnswer, "description": "The rules ask for a second person."}}
_IF_MATCH = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "examples": ['"v3.m1"']},
            "description": "The ETag of the customer that was looked at.",
        }
    ]
}


class MergeBody(Body):
    """Which customers are to be absorbed, and why."""

    absorb: Annotated[list[CustomerNumber], Field(min_length=1, max_length=50)]
    reason: Sentence


class RecordName(Body):
    """A source record by what its system calls it."""

    source_system: SystemName
    source_key: SourceKey


class UnmergeBody(Body):
    """Which merge is to be undone, or which records are to leave their customer."""

    merge_id: UUID | None = None
    records: Annotated[list[RecordName] | None, Field(min_length=1, max_length=500)] = None
    reason: Sentence | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "UnmergeBody":
        if (self.merge_id is None) == (self.records is None):
            raise ValueError("name either `merge_id` or `records`")
        return self


@door.route(
    "POST /v1/customers/{customer_no}/merge",
    needs=Scope.CUSTOMERS_MERGE,
    answers=MergeAnswer,
    refuses=[
        CustomerNotFound,
        PreconditionNeeded,
        PreconditionFailed,
        SameCustomer,
        KindsDiffer,
        CustomerNotLive,
        KeyReused,
        RequestInFlight,
    ],
    responses=_PROPOSED,
    openapi_extra=_IF_MATCH,
)
async def merge_customers(call: Call, customer_no: str, body: MergeBody) -> Response:
    """Merge customers into this one; it keeps its number, theirs stand for it from now on."""
    survivor, seen = checked_number(customer_no), call.seen_version()

    async def story(work: Work) -> Told:
        done = await stewardship.merge(
            work, survivor, body.absorb, reason=body.reason, seen_version=seen
        )
        return proposed(done) if isinstance(done, Proposal) else _merged(done)

    return await once(call, story)


@door.route(
    "POST /v1/customers/{customer_no}/unmerge",
    needs=Scope.CUSTOMERS_MERGE,
    answers=UnmergeAnswer,
    refuses=[
        CustomerNotFound,
        RecordNotFound,
        MergeNotFound,
        MergeAlreadyUndone,
        MergeBlocked,
        NothingToDetach,
        PreconditionFailed,
        KeyReused,
        RequestInFlight,
    ],
    responses=_PROPOSED,
)
async def unmerge_customers(call: Call, customer_no: str, body: UnmergeBody) -> Response:
    """Undo one merge exactly, or detach records into a new customer; the two stay apart from now on."""
    number, seen = checked_number(customer_no), call.optional_seen_version()
    reason = body.reason or _UNSAID

    async def story(work: Work) -> Told:
        if body.merge_id is not None:
            done = await stewardship.unmerge(work, body.merge_id, reason=reason, customer_no=number)
        else:
            names = [(each.source_system, each.source_key) for each in body.records or ()]
            ids = [record.id for record in await records_named(work, names)]
            done = await stewardship.detach(work, number, ids, reason=reason, seen_version=seen)
        return proposed(done) if isinstance(done, Proposal) else _unmerged(done)

    return await once(call, story)


def _merged(done: Rekeyed) -> Told:
    customer, merges = done.customer, merges_of(done)
    body = {
        "customer_no": customer.customer_no,
        "version": customer.version,
        "customer": shown_folder(customer),
        "merges": merges,
        "ended_anti_links": len(done.ended_anti_links),
    }
    if len(merges) == 1:
        body["merge_id"] = merges[0]["merge_id"]
    return Told(written(body), 200, _tag(done))


def _unmerged(done: Rekeyed) -> Told:
    [rekeying] = done.rekeyings
    body = {
        "customer_no": done.customer.customer_no,
        "version": done.customer.version,
        "customer": shown_folder(done.customer),
        "restored": shown_folder(rekeying.absorbed),
        "merge_id": str(rekeying.id),
        "moved": [ref_of(record) for record in rekeying.moved],
    }
    return Told(written(body), 200, _tag(done))


def _tag(done: Rekeyed) -> dict[str, str]:
    return {"ETag": done.customer.shown.etag} if done.customer.shown else {}
