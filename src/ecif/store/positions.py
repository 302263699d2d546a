"""Places in the feed: its end, the place before a moment, and the events at some positions."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from ecif.store.connection import Connection, Row, Statement
from ecif.store.feed import Cursor, head

_LATEST_COMMIT = timedelta(minutes=1)
"""An event's time is taken within its transaction, and no transaction of ours is open that long."""

_END = Statement(text("SELECT epoch, position FROM sequencer"))
_AT = Statement(
    text("""
    SELECT f.position, o.event_id, o.type, o.subject, o.sequence, o.time, o.data
    FROM feed f JOIN outbox o ON o.id = f.outbox_id
    WHERE f.position = ANY (CAST(:positions AS bigint[])) AND f.legal_entity = CAST(:legal_entity AS text)
    ORDER BY f.position
    """)
)
_TIME = Statement(
    text("""
    SELECT o.time FROM feed f JOIN outbox o ON o.id = f.outbox_id WHERE f.position = CAST(:position AS bigint)
    """)
)
_FIRST_SINCE = Statement(
    text("""
    SELECT f.position FROM feed f JOIN outbox o ON o.id = f.outbox_id
    WHERE f.position > CAST(:after AS bigint) AND o.time >= CAST(:moment AS timestamptz)
    ORDER BY f.position LIMIT 1
    """)
)


_TIMES_AFTER = Statement(
    text("""
    SELECT asked.position, o.time
    FROM unnest(CAST(:positions AS bigint[])) AS asked (position)
    CROSS JOIN LATERAL (
        SELECT outbox_id FROM feed WHERE position > asked.position ORDER BY position LIMIT 1
    ) AS f
    JOIN outbox o ON o.id = f.outbox_id
    """)
)


async def feed_end(connection: Connection) -> Cursor:
    """The place after the last event: one cheap statement, for those who look often."""
    row = await connection.fetch_one(_END)
    assert row is not None  # noqa: S101  # the migration inserts the row
    return Cursor(row["epoch"], row["position"])


async def events_at(
    connection: Connection, positions: Sequence[int], *, legal_entity: str
) -> list[Row]:
    """The events at these positions, in order; what is no longer kept is left out."""
    return await connection.fetch(_AT, positions=list(positions), legal_entity=legal_entity)


async def place_before(connection: Connection, moment: datetime) -> Cursor:
    """The place after which every event since `moment` follows; before all that is kept when it lies further back."""
    first, last = await head(connection)
    after, beyond = first.position, last.position + 1
    while beyond - after > 1:
        middle = (after + beyond) // 2
        time = await connection.fetch_value(_TIME, position=middle)
        if time is None or time < moment - _LATEST_COMMIT:
            after = middle
        else:
            beyond = middle
    found = await connection.fetch_value(_FIRST_SINCE, after=after, moment=moment)
    return Cursor(last.epoch, last.position if found is None else found - 1)


async def times_after(connection: Connection, positions: Sequence[int]) -> dict[int, datetime]:
    """Position → the time of the first event after it; one at the end is left out."""
    rows = await connection.fetch(_TIMES_AFTER, positions=sorted(set(positions)))
    return {row["position"]: row["time"] for row in rows}
