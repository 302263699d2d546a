"""The snapshot: all customers as of one place in the feed, line by line, to begin a copy with."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Query
from starlette.responses import Response, StreamingResponse

from ecif import customers
from ecif.api.answers import written
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import After
from ecif.api.problems import problem
from ecif.customers import SnapshotLine, SnapshotPage
from ecif.errors import Busy, Refusal
from ecif.security import Scope
from ecif.store import (
    BadCursor,
    CursorGone,
    SnapshotPlace,
    read_cursor,
    snapshot_place,
    write_cursor,
)

door = Door("events")

Content = Literal["ids", "masked"]
_LARGEST: Final = 2**63 - 1
_MEDIA_TYPE: Final = "application/x-ndjson"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One JSON object per line, told apart by `line`: `begin` with the feed's `cursor`, `customer`, "
        "`page` with where to `resume`, `problem`, and `end` with the `count` of customers. Without `end` it is cut.",
        "content": {
            _MEDIA_TYPE: {
                "schema": {"type": "string"},
                "example": '{"line":"begin","cursor":"1.42","position":42,"content":"ids"}\n'
                '{"line":"customer","customer_no":"10000000017","kind":"person","status":"live","version":2,'
                '"records":[{"record_id":"1","source_system":"core","source_key":"C1"}]}\n'
                '{"line":"end","cursor":"1.42","count":1}\n',
            }
        },
    }
}


@door.route(
    "GET /v1/snapshot",
    needs=Scope.EVENTS_READ,
    refuses=[CursorGone, BadCursor],
    responses=_STREAM,
    response_class=StreamingResponse,
)
async def read_snapshot(
    call: Call,
    content: Annotated[
        Content,
        Query(
            description="`masked` adds the golden values as everybody sees them (customers:read)."
        ),
    ] = "ids",
    resume: After = None,
) -> Response:
    """Read every live customer, with its records, as of one place in the feed.

    Events after the `cursor` of the first line, applied to these customers, give every later state. A snapshot that
    was cut goes on with `resume` from its last `page` line, as of the same place, as long as the feed keeps it.
    """
    if content == "masked":
        call.actor.require(Scope.CUSTOMERS_READ)
    database = call.wiring.database
    found = read_cursor(resume, [int] * 5)
    if found is None:
        found = (*(await snapshot_place(database)), 0, 0)
    elif not all(0 <= number <= _LARGEST for number in found):
        raise BadCursor
    epoch, position, floor, after, count = found
    place = SnapshotPlace(epoch, position, floor)
    # The first page is read before the answer begins: a place that is gone is refused with its status.
    page = await _page(call, place, after)
    lines = _lines(call, place, content, (page, count))
    return StreamingResponse(lines, headers=_HEADERS, media_type=_MEDIA_TYPE)


async def _page(call: Call, place: SnapshotPlace, after: int) -> SnapshotPage:
    wiring = call.wiring
    async with wiring.database.connection() as connection:
        return await customers.snapshot_page(
            connection,
            place,
            legal_entity=call.actor.legal_entity,
            after=after,
            limit=wiring.limits.snapshot_page,
        )


async def _lines(
    call: Call, place: SnapshotPlace, content: Content, begun: tuple[SnapshotPage, int]
) -> AsyncIterator[bytes]:
    """The lines of a snapshot; `begun` is its first page, and how many customers went before."""
    page, count = begun
    begin = {"cursor": str(place.cursor), "position": place.position, "content": content}
    yield _line("begin", begin)
    while True:
        count += len(page.lines)
        said = b"".join(_line("customer", _customer(each, content)) for each in page.lines)
        if page.last_id is None:
            yield said + _line("end", {"cursor": str(place.cursor), "count": count})
            return
        yield said + _line("page", {"resume": write_cursor([*place, page.last_id, count])})
        try:
            await call.wiring.callers.identify(call.headers.get("authorization"))
            if call.wiring.stopping.is_set():
                raise Busy("The service restarts; go on where the last page ended.")
            page = await _page(call, place, page.last_id)
        except Refusal as refusal:
            yield _line("problem", orjson.loads(bytes(problem(call, refusal).body)))
            return


def _customer(line: SnapshotLine, content: Content) -> dict[str, Any]:
    said = {
        "customer_no": line.customer_no,
        "kind": line.kind,
        "status": "live",
        "version": line.version,
        "records": [record.data() for record in line.records],
    }
    return said | ({"golden": orjson.Fragment(line.golden)} if content == "masked" else {})


def _line(kind: str, said: dict[str, Any]) -> bytes:
    return written({"line": kind, **said}) + b"\n"
