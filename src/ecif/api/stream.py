"""The live stream: the feed as server-sent events, resumable after any interruption."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Header
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.responses import Response, StreamingResponse

from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.events import After, Types
from ecif.api.problems import problem
from ecif.delivery import body_of
from ecif.errors import Busy, Refusal
from ecif.security import Scope
from ecif.store import Cursor, CursorAhead, CursorGone, FeedPage, FeedQuestion

door = Door("events")

_PAGE: Final = 200
_RECONNECT_MS: Final = 1_000
_PAUSE_SECONDS: Final = 1.0
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One message per event: `data` is a CloudEvent, `id` the cursor after it.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'data: {"specversion": "1.0", "type": "ecif.customer.created.v1"}\nid: 1.42\n\n',
            }
        },
    }
}


@door.route(
    "GET /v1/events/stream",
    needs=Scope.EVENTS_READ,
    refuses=[CursorAhead, CursorGone],
    responses=_STREAM,
    response_class=StreamingResponse,
)
async def stream_events(
    call: Call,
    after: After = None,
    types: Types = None,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=100,
            description="The last `id` that was received; it goes before `after`, as browsers need it.",
        ),
    ] = None,
) -> Response:
    """Follow the events after a cursor as they come.

    A comment with the place reached comes when nothing else does. The stream ends with a `problem` message when the
    token is no longer valid or the history after the cursor is gone, and without one when the service restarts.
    """
    place = last_event_id or after
    question = FeedQuestion(
        after=None if place is None else Cursor.of(place),
        limit=_PAGE,
        types=None if types is None else types.split(","),
    )
    # The first look is taken before the answer begins: a cursor that is no good is refused with its status.
    first = await call.wiring.live.read_after(question, legal_entity=call.actor.legal_entity)
    return EventSourceResponse(_messages(call, question, first), headers=_HEADERS)


async def _messages(call: Call, question: FeedQuestion, page: FeedPage) -> AsyncIterator[bytes]:
    wiring, authorization = call.wiring, call.headers.get("authorization")
    yield _told(page, wiring.source) + format_sse_event(retry=_RECONNECT_MS)
    question = replace(question, wait_seconds=wiring.limits.heartbeat_seconds)
    while not wiring.stopping.is_set():
        question = replace(question, after=page.next)
        try:
            await wiring.callers.identify(authorization)
            page = await wiring.live.read_after(question, legal_entity=call.actor.legal_entity)
        except Busy:  # the database is away: the reader keeps its place and waits with us
            await asyncio.sleep(_PAUSE_SECONDS)
            page = replace(page, events=())
        except Refusal as refusal:
            words = bytes(problem(call, refusal).body).decode()
            yield format_sse_event(event="problem", data_str=words)
            return
        yield _told(page, wiring.source)


def _told(page: FeedPage, source: str) -> bytes:
    """The messages of a page; an empty one is a comment with the place, which moves the reader's `Last-Event-ID`."""
    if not page.events:
        return format_sse_event(comment="still here", id=str(page.next))
    epoch = page.next.epoch
    return b"".join(
        format_sse_event(
            data_str=body_of(row, source).decode(), id=str(Cursor(epoch, row["position"]))
        )
        for row in page.events
    )
