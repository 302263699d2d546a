"""Reading the feed: positions after a cursor, in order, with a long poll for more."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import text

from ecif.errors import BadRequest, Refusal
from ecif.store.connection import Connection, Row, Statement
from ecif.store.database import Database

POLL_SECONDS = 0.05
"""How often the feed is looked at while somebody waits for it."""

WINDOW = 20_000
"""How many positions one statement looks at, so that a reader of rare types costs no more than others."""

_HEAD = Statement(
    text("""
    SELECT s.epoch, s.position, coalesce((SELECT min(position) FROM feed), s.position + 1) AS earliest
    FROM sequencer s
    """)
)
# The end, the earliest place and the events are read in one statement: a partition that is dropped in between cannot
# make a reader pass over what it held. Without events it yields one row that holds the places alone.
_AFTER = Statement(
    text("""
    SELECT w.*, e.*
    FROM (
        SELECT s.*, least(s.end_position, greatest(s.earliest - 1, CAST(:position AS bigint))
                                          + CAST(:window AS bigint)) AS last_seen
        FROM (
            SELECT epoch, position AS end_position,
                   coalesce((SELECT min(position) FROM feed), position + 1) AS earliest
            FROM sequencer
        ) AS s
    ) AS w
    LEFT JOIN LATERAL (
        SELECT f.position, o.event_id, o.type, o.subject, o.sequence, o.time, o.data
        FROM feed f JOIN outbox o ON o.id = f.outbox_id
        WHERE f.position > CAST(:position AS bigint) AND f.position <= w.last_seen
          AND f.legal_entity = CAST(:legal_entity AS text)
          AND (CAST(:types AS text[]) IS NULL OR o.type = ANY (CAST(:types AS text[])))
        ORDER BY f.position LIMIT CAST(:limit AS bigint)
    ) AS e ON true
    ORDER BY e.position
    """)
)

_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")


class CursorGone(Refusal):
    """The history after this cursor is no longer kept, or the database was restored since."""

    status: ClassVar[int] = 410
    slug: ClassVar[str] = "cursor-gone"
    title: ClassVar[str] = "The feed no longer holds what came after this cursor."


class CursorAhead(BadRequest):
    """The cursor names a position that was never given."""

    slug = "cursor-ahead"
    title = "The cursor lies beyond the end of the feed; it was not made by this installation."


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the feed: everything up to `position` of this `epoch` has been read."""

    epoch: int
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.position}"

    @classmethod
    def of(cls, written: str) -> "Cursor":
        """Read a cursor.

        Raises:
            BadRequest: It is none.
        """
        found = _CURSOR.fullmatch(written)
        if found is None:
            raise BadRequest("`after` is not a cursor of this feed.", field="after")
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuestion:
    """What a reader asks of the feed.

    Up to `limit` events after a place (None: from the first), of some types (None: all), waiting up to
    `wait_seconds` for the first of them.
    """

    after: Cursor | None = None
    limit: int = 100
    types: Sequence[str] | None = None
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events after a cursor, and the cursor after them; also an empty page has one.

    `is_last`: there is nothing more in the feed now; an empty page that is not the last looked at a part only.
    """

    events: Sequence[Row]
    next: Cursor
    is_last: bool


async def head(connection: Connection) -> tuple[Cursor, Cursor]:
    """The place before the first event still kept, and the place after the last."""
    row = await connection.fetch_one(_HEAD)
    assert row is not None  # noqa: S101  # the migration inserts the row
    return Cursor(row["epoch"], row["earliest"] - 1), Cursor(row["epoch"], row["position"])


async def read_after(
    database: Database,
    question: FeedQuestion,
    *,
    legal_entity: str,
) -> FeedPage:
    """The events that are asked for; an empty page after the wait when there is none.

    Raises:
        CursorGone: What came after the cursor is not kept any more.
        CursorAhead: The cursor lies beyond the end.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + question.wait_seconds
    after = question.after
    while True:
        page = await page_after(database, after, question, legal_entity)
        if page.events or (page.is_last and clock() >= deadline):
            return page
        after = page.next
        if page.is_last:
            await asyncio.sleep(POLL_SECONDS)


async def page_after(
    database: Database, after: Cursor | None, question: FeedQuestion, legal_entity: str
) -> FeedPage:
    """What one look at the feed shows, without waiting.

    Raises:
        CursorGone: What came after the cursor is not kept any more.
        CursorAhead: The cursor lies beyond the end.
    """
    async with database.connection() as connection:
        rows = await connection.fetch(
            _AFTER,
            position=after.position if after else 0,
            legal_entity=legal_entity,
            types=list(question.types) if question.types else None,
            limit=question.limit,
            window=WINDOW,
        )
    earliest = Cursor(rows[0]["epoch"], rows[0]["earliest"] - 1)
    end = Cursor(rows[0]["epoch"], rows[0]["end_position"])
    start = _checked(after or earliest, earliest, end)
    events = [row for row in rows if row["position"] is not None]
    # A page that is not full has looked at everything in its window, so the cursor moves to its end.
    reached = events[-1]["position"] if len(events) == question.limit else rows[0]["last_seen"]
    place = Cursor(end.epoch, max(reached, start.position))
    return FeedPage(events, place, is_last=place == end)


def _checked(cursor: Cursor, earliest: Cursor, end: Cursor) -> Cursor:
    if cursor.epoch != end.epoch or cursor.position < earliest.position:
        raise CursorGone(earliest=str(earliest))
    if cursor.position > end.position:
        raise CursorAhead
    return cursor
