"""How much waits for a person, for those who watch from outside."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ecif.store import Connection, Statement

_WAITING = Statement(
    text("""
    SELECT (SELECT count(*) FROM review WHERE status = 'open') AS reviews,
           (SELECT min(opened_at) FROM review WHERE status = 'open') AS reviews_since,
           (SELECT count(*) FROM proposal WHERE status = 'open') AS proposals
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingWork:
    """Open reviews, the oldest since `reviews_since`, and open proposals, of all legal entities."""

    reviews: int
    reviews_since: datetime | None
    proposals: int


async def waiting_work(connection: Connection) -> WaitingWork:
    """What waits for a person at this moment."""
    row = await connection.fetch_one(_WAITING)
    assert row is not None  # noqa: S101  # counts yield one row
    return WaitingWork(**dict(row))
