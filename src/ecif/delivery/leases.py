"""Leases: which relay holds a subscription, and what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from ecif.store import Connection, Row, Statement

SOON = timedelta(seconds=10)
"""Whoever dies so soon after taking a subscription may have died of it."""

# One statement, so one snapshot: this relay is alive, the dead are forgotten, and what it holds stays held.
_RENEW = Statement(
    text("""
    WITH alive AS (
        INSERT INTO relay (id, seen_at) VALUES (CAST(:relay_id AS uuid), clock_timestamp())
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
    ), dead AS (
        DELETE FROM relay WHERE seen_at < clock_timestamp() - CAST(:lease AS interval)
           AND id <> CAST(:relay_id AS uuid)
    )
    UPDATE subscription AS s SET leased_until = clock_timestamp() + CAST(:lease AS interval)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:fencings AS bigint[])) AS held (id, fencing)
    WHERE s.id = held.id AND s.fencing = held.fencing AND s.holder = CAST(:relay_id AS uuid) AND s.status = 'active'
    RETURNING s.id
    """)
)
_SHARE = Statement(
    text("""
    SELECT (SELECT count(*) FROM subscription WHERE status = 'active') AS active,
           (SELECT count(*) FROM relay WHERE seen_at >= clock_timestamp() - CAST(:lease AS interval)) AS relays
    """)
)
# Whoever let a subscription go has left no holder; one that is still named has died, or sleeps.
_TAKE = Statement(
    text("""
    UPDATE subscription AS s SET holder = CAST(:relay_id AS uuid), fencing = s.fencing + 1,
           leased_until = clock_timestamp() + CAST(:lease AS interval), taken_at = clock_timestamp(),
           crashes = CASE WHEN s.holder IS NULL THEN s.crashes
                          WHEN s.leased_until < s.taken_at + CAST(:lease AS interval) + CAST(:soon AS interval)
                          THEN s.crashes + 1 ELSE 1 END,
           accusations = CASE WHEN s.holder IS NULL OR s.alone IS NULL THEN s.accusations
                              WHEN s.alone = s.accused THEN s.accusations + 1 ELSE 1 END,
           accused = CASE WHEN s.holder IS NULL THEN s.accused ELSE coalesce(s.alone, s.accused) END,
           alone = NULL
    WHERE s.id IN (
        SELECT id FROM subscription
        WHERE status = 'active' AND (holder IS NULL OR leased_until < clock_timestamp())
        ORDER BY leased_until NULLS FIRST, id LIMIT CAST(:limit AS bigint) FOR UPDATE SKIP LOCKED)
    RETURNING s.*
    """)
)
_RELEASE = Statement(
    text("""
    UPDATE subscription SET holder = NULL, leased_until = NULL
    WHERE id = CAST(:id AS uuid) AND fencing = CAST(:fencing AS bigint)
    """)
)
_LEAVE = Statement(text("DELETE FROM relay WHERE id = CAST(:relay_id AS uuid)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an endpoint as a whole is doing: its failures since the last success, and when it is asked again."""

    failures: int = 0
    retry_at: datetime | None = None
    failing_since: datetime | None = None
    failing_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A subscription under a lease; every settlement names the `fencing` number that came with it.

    `crashes`: how often in a row whoever carried it died soon; `accused`: the position of the event that was then on
    its way alone, `accusations` times in a row.
    """

    id: UUID
    legal_entity: str
    fencing: int
    name: str
    target: dict[str, Any]
    secrets: bytes
    types: list[str] | None
    source_systems: list[str] | None
    kinds: list[str] | None
    content: str
    epoch: int
    position: int
    standing: Standing
    crashes: int = 0
    accused: int | None = None
    accusations: int = 0


async def renew(
    connection: Connection, relay_id: UUID, held: Sequence[Held], lease: timedelta
) -> set[UUID]:
    """Say that this relay is alive, and keep what it holds; the ids that it still holds."""
    rows = await connection.fetch(
        _RENEW,
        relay_id=relay_id,
        lease=lease,
        ids=[each.id for each in held],
        fencings=[each.fencing for each in held],
    )
    return {row["id"] for row in rows}


async def fair_share(connection: Connection, lease: timedelta) -> int:
    """How many subscriptions each living relay should hold at most."""
    row = await connection.fetch_one(_SHARE, lease=lease)
    assert row is not None  # noqa: S101  # two counts are one row
    share: int = -(-row["active"] // max(row["relays"], 1))
    return share


async def take(connection: Connection, relay_id: UUID, lease: timedelta, limit: int) -> list[Held]:
    """Take up to `limit` subscriptions that nobody holds."""
    rows = await connection.fetch(_TAKE, relay_id=relay_id, lease=lease, soon=SOON, limit=limit)
    return [held_of(row) for row in rows]


async def release(connection: Connection, held: Held) -> None:
    """Let a subscription go, so that another relay need not wait for the lease to end."""
    await connection.execute(_RELEASE, id=held.id, fencing=held.fencing)


async def leave(connection: Connection, relay_id: UUID) -> None:
    """Say that this relay is no more, so that the others share what it had without waiting."""
    await connection.execute(_LEAVE, relay_id=relay_id)


def held_of(row: Row) -> Held:
    """A subscription as its lease gives it."""
    return Held(
        id=row["id"],
        legal_entity=row["legal_entity"],
        fencing=row["fencing"],
        name=row["name"],
        target=orjson.loads(row["target"]),
        secrets=row["secrets"],
        types=row["types"],
        source_systems=row["source_systems"],
        kinds=row["kinds"],
        content=row["content"],
        epoch=row["epoch"],
        position=row["position"],
        standing=Standing(
            failures=row["failures"],
            retry_at=row["retry_at"],
            failing_since=row["failing_since"],
            failing_told=row["failing_told"],
        ),
        crashes=row["crashes"],
        accused=row["accused"],
        accusations=row["accusations"],
    )
