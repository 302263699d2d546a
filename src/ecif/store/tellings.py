"""What the feed has told of a customer, for whoever wants to know whether that is all and in order."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import text

from ecif.store.connection import Connection, Row, Statement

_LONGEST_TRANSACTION: Final = timedelta(hours=1)
# Events that were dropped with the oldest pieces of the feed are not missing; their times tell which those are. A
# transaction writes its time before it commits, so near the border a time says nothing.
_BOUNDS = Statement(
    text("""
    SELECT s.epoch, s.floor, s.position, earliest.position AS earliest, told.time AS since
    FROM sequencer s
    LEFT JOIN LATERAL (SELECT position, outbox_id FROM feed ORDER BY position LIMIT 1) AS earliest ON true
    LEFT JOIN outbox told ON told.id = earliest.outbox_id
    """)
)
_TOLD = Statement(
    text("""
    SELECT o.subject, o.sequence, CAST(o.data ->> 'version' AS bigint) AS version, o.id, o.time, f.position
    FROM outbox o LEFT JOIN feed f ON f.outbox_id = o.id
    WHERE o.subject = ANY (CAST(:subjects AS text[]))
    ORDER BY o.subject, o.sequence, o.id, f.position
    """)
)
_COUNTED = Statement(
    text("""
    SELECT subject, last_sequence FROM event_subject WHERE subject = ANY (CAST(:subjects AS text[]))
    """)
)
_WINDOW = Statement(
    text("""
    SELECT f.position, f.legal_entity, o.subject, o.id IS NULL AS is_dangling,
           EXISTS (SELECT FROM feed g WHERE g.outbox_id = f.outbox_id AND g.position <> f.position) AS is_double
    FROM sequencer s
    JOIN feed f ON f.position > CAST(:after AS bigint) AND f.position <= s.position
    LEFT JOIN outbox o ON o.id = f.outbox_id
    ORDER BY f.position LIMIT CAST(:limit AS bigint)
    """)
)


class Told(NamedTuple):
    """One event of a customer; `position` is None as long as the feed does not have it."""

    sequence: int
    version: int
    outbox_id: int
    time: datetime
    position: int | None


class FeedBounds(NamedTuple):
    """What of the feed is settled and kept.

    Every outbox id below `floor` has its position or will never come. Before `earliest` no position is kept, and
    nothing is said of times up to `since`; None when the feed is whole.
    """

    epoch: int
    floor: int
    position: int
    earliest: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Telling:
    """All that is told of one customer, in order of sequence; `last_sequence` is how many events it has had."""

    last_sequence: int
    events: list[Told] = field(default_factory=list)


async def feed_bounds(connection: Connection) -> FeedBounds:
    """The bounds of the feed at this moment."""
    row = await connection.fetch_one(_BOUNDS)
    assert row is not None  # noqa: S101  # the migration inserts the row
    earliest = row["position"] + 1 if row["earliest"] is None else row["earliest"]
    since = None if earliest == 1 or row["since"] is None else row["since"] + _LONGEST_TRANSACTION
    return FeedBounds(row["epoch"], row["floor"], row["position"], earliest, since)


async def tellings_of(connection: Connection, subjects: Sequence[str]) -> dict[str, Telling]:
    """What is told of each of these customers; nothing is told of a number that is not there."""
    events: dict[str, list[Told]] = defaultdict(list)
    for row in await connection.fetch(_TOLD, subjects=list(subjects)):
        events[row["subject"]].append(
            Told(row["sequence"], row["version"], row["id"], row["time"], row["position"])
        )
    counted = {
        row["subject"]: row["last_sequence"]
        for row in await connection.fetch(_COUNTED, subjects=list(subjects))
    }
    return {number: Telling(counted.get(number, 0), events[number]) for number in subjects}


async def feed_window(connection: Connection, after: int, *, limit: int) -> list[Row]:
    """Positions after one, in order: `subject`, whether the event is missing, and whether it has two positions."""
    return await connection.fetch(_WINDOW, after=after, limit=limit)
