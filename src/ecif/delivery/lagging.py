"""How far each subscription is behind, for those who watch from outside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from ecif.store import Connection, Statement, feed_end, times_after

MOST_SHOWN: Final = 200
"""How many subscriptions are shown one by one: those that lie furthest behind."""

_LAGGING: Final = Statement(
    text("""
    SELECT s.id, s.status, s.position, s.failures, s.delivered_count, coalesce(d.due, 0) AS due,
           coalesce(d.parked, 0) AS parked, d.since
    FROM subscription s
    LEFT JOIN (
        SELECT subscription_id, count(*) FILTER (WHERE state <> 'parked') AS due,
               count(*) FILTER (WHERE state = 'parked') AS parked, min(since) AS since
        FROM delivery GROUP BY subscription_id
    ) AS d ON d.subscription_id = s.id
    ORDER BY s.position, s.id LIMIT CAST(:limit AS bigint)
    """)
)
_ATTEMPTS: Final = Statement(
    text("""
    SELECT outcome, sum(count) FROM delivery_attempt
    WHERE at > clock_timestamp() - CAST(:span AS interval) GROUP BY outcome
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How one subscription stands.

    `events` lie between its cursor and the end of the feed, wanted or not; `unsent_since` is the time of the oldest
    event it has not had; `due` and `parked` events were set aside.
    """

    subscription_id: UUID
    status: str
    events: int
    unsent_since: datetime | None
    due: int
    parked: int
    failures: int
    delivered: int


async def lags_of(connection: Connection) -> list[Lag]:
    """The subscriptions that lie furthest behind, the furthest first."""
    rows = await connection.fetch(_LAGGING, limit=MOST_SHOWN)
    end = await feed_end(connection)
    times = await times_after(connection, [row["position"] for row in rows])
    return [
        Lag(
            subscription_id=row["id"],
            status=row["status"],
            events=max(0, end.position - row["position"]),
            unsent_since=min(
                (each for each in (times.get(row["position"]), row["since"]) if each is not None),
                default=None,
            ),
            due=row["due"],
            parked=row["parked"],
            failures=row["failures"],
            delivered=row["delivered_count"],
        )
        for row in rows
    ]


async def attempts_within(connection: Connection, span: timedelta) -> dict[str, int]:
    """How many events were tried lately, by what became of them."""
    rows = await connection.fetch(_ATTEMPTS, span=span)
    return {row[0]: int(row[1]) for row in rows}
