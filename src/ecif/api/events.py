"""The pull feed: every change, in order, as CloudEvents."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ecif.api.answers import json_answer
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import Limit
from ecif.api.shapes import EventsAnswer
from ecif.delivery import event_of
from ecif.security import Scope
from ecif.store import Cursor, CursorAhead, CursorGone, FeedQuestion

door = Door("events")

After = Annotated[
    str | None,
    Query(
        max_length=100,
        description="The cursor `next` of the last page; without it from the first event kept.",
        examples=["1.42"],
    ),
]
Types = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z0-9._]+(,[a-z0-9._]+)*$",
        max_length=1_000,
        description="Only these types, parted by commas.",
        examples=["ecif.customer.created.v1,ecif.customer.merged.v1"],
    ),
]
_LONGEST_WAIT_SECONDS = 30.0


@door.route(
    "GET /v1/events",
    needs=Scope.EVENTS_READ,
    answers=EventsAnswer,
    refuses=[CursorAhead, CursorGone],
)
async def read_events(
    call: Call,
    after: After = None,
    limit: Limit = 100,
    types: Types = None,
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
    wiring = call.wiring
    question = FeedQuestion(
        after=None if after is None else Cursor.of(after),
        limit=limit,
        types=None if types is None else types.split(","),
        wait_seconds=wait_seconds,
    )
    page = await wiring.live.read_after(question, legal_entity=call.actor.legal_entity)
    return json_answer(
        {"items": [event_of(row, wiring.source) for row in page.events], "next": str(page.next)}
    )
