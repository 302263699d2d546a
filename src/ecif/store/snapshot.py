"""A place in the feed that a copy can be made at, and what has changed since."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import text

from ecif.errors import Busy
from ecif.store.connection import Connection, Statement
from ecif.store.database import Database
from ecif.store.feed import Cursor, CursorGone, head
from ecif.store.sequencer import BATCH

_LOOKS: Final = 40
_PAUSE_SECONDS: Final = 0.05
# A full batch of the sequencer may end within a transaction: some of its events have positions, the others have not
# yet. Such a place lies between two halves of one change. Rows of one transaction share their `xmin`.
_PLACE = Statement(
    text("""
    SELECT s.epoch, s.position, s.floor, EXISTS (
        SELECT FROM outbox o
        WHERE o.id >= s.floor AND NOT EXISTS (SELECT FROM feed f WHERE f.outbox_id = o.id)
          AND o.xmin IN (
              SELECT told.xmin FROM feed f JOIN outbox told ON told.id = f.outbox_id
              WHERE f.position > s.position - CAST(:batch AS bigint) AND f.position <= s.position)
    ) AS is_within
    FROM sequencer s
    """)
)
_CHANGED = Statement(
    text("""
    SELECT DISTINCT ON (o.subject) o.subject, CAST(o.data ->> 'version' AS bigint) AS version
    FROM outbox o LEFT JOIN feed f ON f.outbox_id = o.id
    WHERE o.subject = ANY (CAST(:subjects AS text[])) AND o.id >= CAST(:floor AS bigint)
      AND (f.position IS NULL OR f.position > CAST(:position AS bigint))
    ORDER BY o.subject, o.sequence
    """)
)


class SnapshotPlace(NamedTuple):
    """A place in the feed between two transactions; every outbox id below `floor` has a position up to it, or none."""

    epoch: int
    position: int
    floor: int

    @property
    def cursor(self) -> Cursor:
        """Where the feed goes on."""
        return Cursor(self.epoch, self.position)


async def snapshot_place(database: Database) -> SnapshotPlace:
    """The end of the feed, or a moment later the next end that lies between two transactions.

    Raises:
        Busy: The sequencer was within a transaction at every look.
    """
    for _ in range(_LOOKS):
        async with database.connection() as connection:
            row = await connection.fetch_one(_PLACE, batch=BATCH)
        assert row is not None  # noqa: S101  # the migration inserts the row
        if not row["is_within"]:
            return SnapshotPlace(row["epoch"], row["position"], row["floor"])
        await asyncio.sleep(_PAUSE_SECONDS)
    raise Busy


async def changed_since(
    connection: Connection, place: SnapshotPlace, subjects: Sequence[str]
) -> dict[str, int]:
    """The first version each of these customers got after a place; who has not changed is left out.

    Raises:
        CursorGone: The feed does not hold what came after this place any more.
    """
    earliest, end = await head(connection)
    if place.epoch != end.epoch or place.position < earliest.position:
        raise CursorGone(earliest=str(earliest))
    rows = await connection.fetch(
        _CHANGED, subjects=list(subjects), floor=place.floor, position=place.position
    )
    return {row["subject"]: row["version"] for row in rows}
