"""Starts: the place in the feed where a subscription begins or goes on, which the feed must still hold."""

from datetime import datetime
from typing import Literal

from ecif.store import Cursor, CursorAhead, CursorGone, Work, head, place_before

Start = Literal["now", "beginning"] | Cursor | datetime


async def place_of_start(work: Work, start: Start) -> Cursor:
    """The place after which a subscription begins.

    Raises:
        CursorGone: The feed no longer holds what came after it.
        CursorAhead: It lies beyond the end of the feed.
    """
    first, last = await head(work.connection)
    if isinstance(start, datetime):
        return await place_before(work.connection, start)
    if isinstance(start, Cursor):
        if start.epoch != last.epoch or start.position < first.position:
            raise CursorGone(earliest=str(first))
        if start.position > last.position:
            raise CursorAhead(field="start")
        return start
    return first if start == "beginning" else last


async def check_still_held(work: Work, place: Cursor) -> None:
    """Go on only if the feed holds everything after a place.

    Raises:
        CursorGone: It no longer does.
    """
    first, last = await head(work.connection)
    if place.epoch != last.epoch or place < first:
        raise CursorGone(earliest=str(first))
