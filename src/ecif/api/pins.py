"""Pins: a steward's value that outranks the rules until it is released."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from ecif import customers, stewardship
from ecif.api.admin_shapes import ProposedAnswer
from ecif.api.answers import written
from ecif.api.bodies import Body, Sentence
from ecif.api.call import Call, checked_number
from ecif.api.doors import Door
from ecif.api.laid_out import proposed, shown_folder
from ecif.api.repeats import Told, once
from ecif.api.shapes import PinAnswer
from ecif.customers import Folder, PinNotFound
from ecif.errors import CustomerNotFound, PreconditionFailed
from ecif.security import Scope
from ecif.stewardship import NewPin, Proposal
from ecif.store import KeyReused, RequestInFlight, Work

door = Door("merging")

_PROPOSED = {202: {"model": ProposedAnswer, "description": "The rules ask for a second person."}}


class PinBody(Body):
    """Which golden field, which value in the shape of a record, and why."""

    field: Annotated[str, Field(min_length=1, max_length=100, examples=["birth_date"])]
    value: Annotated[Any, Field(examples=["1990-03-07"])]
    reason: Sentence


@door.route(
    "POST /v1/customers/{customer_no}/pins",
    needs=Scope.CUSTOMERS_MERGE,
    answers=PinAnswer,
    refuses=[CustomerNotFound, PreconditionFailed, KeyReused, RequestInFlight],
    responses=_PROPOSED,
)
async def pin_value(call: Call, customer_no: str, body: PinBody) -> Response:
    """Let a value outrank the rules until it is released; it takes an earlier pin's place."""
    number, seen = checked_number(customer_no), call.optional_seen_version()
    new = NewPin(field=body.field, value=body.value, reason=body.reason)

    async def story(work: Work) -> Told:
        done = await stewardship.pin(work, number, new, seen_version=seen)
        return proposed(done) if isinstance(done, Proposal) else _pinned(done)

    return await once(call, story)


@door.route(
    "DELETE /v1/customers/{customer_no}/pins/{field}",
    needs=Scope.CUSTOMERS_MERGE,
    answers=PinAnswer,
    refuses=[CustomerNotFound, PinNotFound, PreconditionFailed, KeyReused, RequestInFlight],
    responses=_PROPOSED,
)
async def release_pin(call: Call, customer_no: str, field: str) -> Response:
    """Give a pinned field back to the rules."""
    number, seen = checked_number(customer_no), call.optional_seen_version()
    if field not in customers.GOLDEN_FIELDS:
        raise PinNotFound

    async def story(work: Work) -> Told:
        done = await stewardship.release_pin(
            work, number, field, reason="released by request", seen_version=seen
        )
        return proposed(done) if isinstance(done, Proposal) else _pinned(done)

    return await once(call, story)


def _pinned(folder: Folder) -> Told:
    body = {
        "customer_no": folder.customer_no,
        "version": folder.version,
        "customer": shown_folder(folder),
    }
    return Told(written(body), 200, {"ETag": folder.shown.etag} if folder.shown else {})
