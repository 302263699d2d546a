"""The live end of the feed: one reader per process for all who wait there, and its latest events in memory."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from typing import Final

import asyncpg
from sqlalchemy import text

from ecif.errors import Busy
from ecif.store.connection import Row, Statement
from ecif.store.courtesy import Courtesy
from ecif.store.database import Database
from ecif.store.feed import POLL_SECONDS, Cursor, FeedPage, FeedQuestion, page_after

_KEPT_BYTES: Final = 8_000_000
_BYTES_BESIDE_DATA: Final = 500
_BATCH: Final = 1_000
_IDLE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.5
_LONGEST_LULL_SECONDS: Final = 0.025
"""While changes never cease, a reader who lies behind still gets ten pages a second and more."""

_REST_PER_READ: Final = 4.0
"""More than for other work: a page is read on one core, written on the next, and taken in by who asked for it."""

_SINCE = Statement(
    text("""
    SELECT s.epoch, s.position AS end_position, e.*
    FROM sequencer s
    LEFT JOIN LATERAL (
        SELECT f.position, f.legal_entity, o.event_id, o.type, o.subject, o.sequence, o.time, o.data
        FROM feed f JOIN outbox o ON o.id = f.outbox_id
        WHERE f.position > CAST(:position AS bigint) AND f.position <= s.position
        ORDER BY f.position LIMIT CAST(:limit AS bigint)
    ) AS e ON true
    ORDER BY e.position
    """)
)
_log = logging.getLogger("ecif.feed")


class LiveFeed:
    """Reads the end of the feed once for everybody in this process who waits there.

    The latest events, up to eight megabytes, stay in memory. Who is at the end reads there; who lies further
    behind reads pages of its own from the database, so a slow reader costs no memory.
    """

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        """Follow the feed of `database` while anybody waits, until `stopping` is set."""
        self._database = database
        self._stopping = stopping
        self._following: asyncio.Task[None] | None = None
        self._wanted_until = 0.0
        self._news = asyncio.Event()
        self._rows: dict[int, Row] = {}
        self._bytes = 0
        self._first = 0
        self._end: Cursor | None = None
        self._reading_seconds = 0.0
        self._courtesy = Courtesy(lambda: self._reading_seconds, rest_per_work=_REST_PER_READ)

    async def read_after(self, question: FeedQuestion, *, legal_entity: str) -> FeedPage:
        """The events that are asked for; an empty page after the wait, or when the process is asked to stop.

        Raises:
            CursorGone: What came after the cursor is not kept any more.
            CursorAhead: The cursor lies beyond the end.
            Busy: The database is not there.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + question.wait_seconds
        after = question.after
        while True:
            if after is not None and self._holds(after):
                page = self._remembered(after, question, legal_entity)
            else:
                page = await self._read(after, question, legal_entity)
            is_over = page.is_last and clock() >= deadline
            if page.events or is_over or self._stopping.is_set():
                return page
            after = page.next
            if page.is_last:
                await self._wait_beyond(after, deadline - clock())

    async def _read(
        self, after: Cursor | None, question: FeedQuestion, legal_entity: str
    ) -> FeedPage:
        """A page from the database: whoever catches up lets the stories of this process go first."""
        self._courtesy.changes_reach(self._database.stories)
        await asyncio.sleep(self._courtesy.seconds_to_rest())
        await self._database.lull(_LONGEST_LULL_SECONDS)
        began = perf_counter()
        try:
            return await page_after(self._database, after, question, legal_entity)
        finally:
            self._reading_seconds += perf_counter() - began

    async def close(self) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    def _holds(self, cursor: Cursor) -> bool:
        """Whether everything after this cursor is in memory."""
        return (
            self._end is not None
            and cursor.epoch == self._end.epoch
            and self._first - 1 <= cursor.position <= self._end.position
        )

    def _remembered(self, after: Cursor, question: FeedQuestion, legal_entity: str) -> FeedPage:
        assert self._end is not None  # noqa: S101  # asked before
        events: list[Row] = []
        reached = after.position
        for reached in range(after.position + 1, self._end.position + 1):
            row = self._rows[reached]
            if row["legal_entity"] == legal_entity and (
                not question.types or row["type"] in question.types
            ):
                events.append(row)
                if len(events) == question.limit:
                    break
        place = Cursor(self._end.epoch, reached)
        return FeedPage(events, place, is_last=place == self._end)

    async def _wait_beyond(self, place: Cursor, seconds: float) -> None:
        """Return when the feed goes on after `place`, the time is up, or the process is to stop."""
        loop = asyncio.get_running_loop()
        self._wanted_until = max(self._wanted_until, loop.time() + seconds + _IDLE_SECONDS)
        if self._following is None or self._following.done():
            self._following = loop.create_task(self._follow())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._stopping.is_set() and (self._end is None or self._end <= place):
                    await self._news.wait()

    async def _follow(self) -> None:
        """Look for new events until nobody has asked for a while."""
        clock = asyncio.get_running_loop().time
        try:
            while clock() < self._wanted_until and not self._stopping.is_set():
                try:
                    is_full = await self._look()
                except (Busy, asyncpg.PostgresError) as error:
                    _log.warning("feed.not_read", extra={"reason": type(error).__name__})
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    await asyncio.sleep(0 if is_full else POLL_SECONDS)
        finally:
            self._forget()
            self._tell()

    async def _look(self) -> bool:
        """Take the new events in; whether there may be more at once."""
        position = self._end.position if self._end is not None else 2**62
        async with self._database.connection() as connection:
            rows = await connection.fetch(_SINCE, position=position, limit=_BATCH)
        reached = Cursor(rows[0]["epoch"], rows[0]["end_position"])
        if self._end is None or reached.epoch != self._end.epoch or reached < self._end:
            self._forget()
            self._first, self._end = reached.position + 1, reached
            self._tell()
            return False
        new = [row for row in rows if row["position"] is not None]
        if new:
            self._keep(new)
            self._end = Cursor(reached.epoch, new[-1]["position"])
            self._tell()
        return len(new) == _BATCH

    def _keep(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._rows[row["position"]] = row
            self._bytes += len(row["data"]) + _BYTES_BESIDE_DATA
        while self._bytes > _KEPT_BYTES:
            oldest = self._rows.pop(self._first)
            self._bytes -= len(oldest["data"]) + _BYTES_BESIDE_DATA
            self._first += 1

    def _forget(self) -> None:
        self._rows = {}
        self._bytes, self._first, self._end = 0, 0, None

    def _tell(self) -> None:
        """Wake everybody who waits; who comes later waits for the next news."""
        self._news.set()
        self._news = asyncio.Event()
