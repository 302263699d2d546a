"""The pull feed: every change, in order, as CloudEvents."""

from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from ecif.api.answers import json_answer
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import Limit
from ecif.api.shapes import EventsAnswer
from ecif.delivery import event_of
from ecif.security import Scope
from ecif.store import Cursor, CursorAhead, CursorGone, FeedPage, FeedQuestion, read_after

door = Door("events")

_LONGEST_WAIT_SECONDS: Final = 30.0
_ONE_LOOK_SECONDS: Final = 1.0


@door.route(
    "GET /v1/events",
    needs=Scope.EVENTS_READ,
    answers=EventsAnswer,
    refuses=[CursorAhead, CursorGone],
)
async def read_events(
    call: Call,
    after: Annotated[
        str | None,
        Query(
            max_length=100,
            description="The cursor `next` of the last page; without it from the first event kept.",
            examples=["1.42"],
        ),
    ] = None,
    limit: Limit = 100,
    types: Annotated[
        str | None,
        Query(
            pattern=r"^[a-z0-9._]+(,[a-z0-9._]+)*$",
            max_length=1_000,
            description="Only these types, parted by commas.",
            examples=["ecif.customer.created.v1,ecif.customer.merged.v1"],
        ),
    ] = None,
    wait_seconds: Annotated[
        float,
        Query(
            ge=0,
            le=_LONGEST_WAIT_SECONDS,
            allow_inf_nan=False,
            description="How long to wait for the first event when there is none yet.",
        ),
    ] = 0.0,
) -> Response:
    """Read the events after a cursor, in order; `next` is where to go on, also from an empty page."""
    question = FeedQuestion(
        after=None if after is None else Cursor.of(after),
        limit=limit,
        types=None if types is None else types.split(","),
    )
    page = await _page(call, question, wait_seconds)
    source = call.wiring.source
    return json_answer(
        {"items": [event_of(row, source) for row in page.events], "next": str(page.next)}
    )


async def _page(call: Call, question: FeedQuestion, wait_seconds: float) -> FeedPage:
    """Look a second at a time, so that a process that is asked to end need not wait for its readers."""
    wiring, left = call.wiring, wait_seconds
    while True:
        look = FeedQuestion(
            after=question.after,
            limit=question.limit,
            types=question.types,
            wait_seconds=min(left, _ONE_LOOK_SECONDS),
        )
        page = await read_after(wiring.database, look, legal_entity=call.actor.legal_entity)
        left -= _ONE_LOOK_SECONDS
        if page.events or left <= 0 or wiring.stopping.is_set():
            return page
        question = FeedQuestion(after=page.next, limit=question.limit, types=question.types)
