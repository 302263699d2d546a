"""Leases and places: which relay holds a subscription, how far it is, and what it has set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from ecif.delivery.attempts import Attempt, log_attempts
from ecif.delivery.lanes import Entry
from ecif.events import SubscriptionDisabled, SubscriptionFailing
from ecif.store import Connection, Row, Statement, Work

MOST_APART = 20_000
"""With so many events set aside, a subscription reads no further until some of them are gone."""

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
_TAKE = Statement(
    text("""
    UPDATE subscription AS s SET holder = CAST(:relay_id AS uuid), fencing = s.fencing + 1,
           leased_until = clock_timestamp() + CAST(:lease AS interval)
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
_APART = Statement(
    text("""
    SELECT position, lanes, event_id, type, state, attempts, due_at, reason, status FROM delivery
    WHERE subscription_id = CAST(:id AS uuid) ORDER BY position
    """)
)
_MOVE = Statement(
    text("""
    UPDATE subscription SET position = CAST(:position AS bigint),
           delivered_count = delivered_count + CAST(:delivered AS bigint),
           delivered_at = CASE WHEN CAST(:delivered AS bigint) > 0 THEN clock_timestamp() ELSE delivered_at END,
           failures = CAST(:failures AS integer), retry_at = CAST(:retry_at AS timestamptz),
           failing_since = CAST(:failing_since AS timestamptz), failing_told = CAST(:failing_told AS boolean),
           failed_at = coalesce(CAST(:failed_at AS timestamptz), failed_at),
           failure = coalesce(CAST(:failure AS text), failure),
           failure_status = CASE WHEN CAST(:failure AS text) IS NULL THEN failure_status
                                 ELSE CAST(:failure_status AS integer) END,
           status = CASE WHEN CAST(:disabled AS text) IS NULL THEN status ELSE 'disabled' END,
           why = coalesce(CAST(:disabled AS text), why),
           version = version + CASE WHEN CAST(:disabled AS text) IS NULL THEN 0 ELSE 1 END
    WHERE id = CAST(:id AS uuid) AND fencing = CAST(:fencing AS bigint)
    RETURNING name
    """)
)
_KEEP = Statement(
    text("""
    INSERT INTO delivery (subscription_id, position, legal_entity, event_id, type, lanes, state, attempts, due_at,
                          reason, status, since)
    SELECT CAST(:id AS uuid), n.position, CAST(:legal_entity AS text), n.event_id, n.type,
           string_to_array(n.lanes, ' '), n.state, n.attempts, n.due_at, n.reason, n.status, clock_timestamp()
    FROM unnest(CAST(:positions AS bigint[]), CAST(:event_ids AS uuid[]), CAST(:types AS text[]),
                CAST(:lanes AS text[]), CAST(:states AS text[]), CAST(:attempts AS integer[]),
                CAST(:due_ats AS timestamptz[]), CAST(:reasons AS text[]), CAST(:statuses AS integer[]))
         AS n (position, event_id, type, lanes, state, attempts, due_at, reason, status)
    ON CONFLICT (subscription_id, position) DO UPDATE
    SET state = excluded.state, attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason,
        status = excluded.status
    """)
)
_DROP = Statement(
    text("""
    DELETE FROM delivery WHERE subscription_id = CAST(:id AS uuid) AND position = ANY (CAST(:positions AS bigint[]))
    """)
)


# What the feed must keep for somebody: everything after the lowest place, and what was set aside below it.
_SETTLED = Statement(
    text("""
    SELECT min(least(s.position, (SELECT min(d.position) - 1 FROM delivery d WHERE d.subscription_id = s.id)))
    FROM subscription s JOIN sequencer q ON q.epoch = s.epoch WHERE s.status <> 'disabled'
    """)
)


class LeaseLost(Exception):
    """Somebody else holds the subscription by now, or it was changed: nothing of ours counts any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an endpoint as a whole is doing: its failures since the last success, and when it is asked again."""

    failures: int = 0
    retry_at: datetime | None = None
    failing_since: datetime | None = None
    failing_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A subscription under a lease; every settlement names the `fencing` number that came with it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptApart:
    """An event as its row has it."""

    entry: Entry
    state: str
    due_at: datetime


@dataclass(slots=True, kw_only=True)
class Settlement:
    """What a relay has done since the last one: told in one transaction, or not at all."""

    position: int
    delivered: int
    standing: Standing
    kept: list[KeptApart] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    failed_at: datetime | None = None
    failure: str | None = None
    failure_status: int | None = None
    tell_failing: bool = False
    disabled: str | None = None


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
    rows = await connection.fetch(_TAKE, relay_id=relay_id, lease=lease, limit=limit)
    return [held_of(row) for row in rows]


async def release(connection: Connection, held: Held) -> None:
    """Let a subscription go, so that another relay need not wait for the lease to end."""
    await connection.execute(_RELEASE, id=held.id, fencing=held.fencing)


async def leave(connection: Connection, relay_id: UUID) -> None:
    """Say that this relay is no more, so that the others share what it had without waiting."""
    await connection.execute(_LEAVE, relay_id=relay_id)


async def apart_of(connection: Connection, held: Held) -> list[Entry]:
    """The events that were set aside, each in its lanes."""
    rows = await connection.fetch(_APART, id=held.id)
    return [
        Entry(
            row["position"],
            tuple(row["lanes"]),
            str(row["event_id"]),
            row["type"],
            attempts=row["attempts"],
            due=row["due_at"].timestamp(),
            parked=row["state"] == "parked",
            apart=True,
            is_kept=True,
            reason=row["reason"],
            status=row["status"],
        )
        for row in rows
    ]


async def settle(work: Work, held: Held, done: Settlement) -> None:
    """Tell what was done; an event in the feed tells who was disabled, or has been failing for long.

    Raises:
        LeaseLost: This relay no longer holds the subscription; nothing is changed.
    """
    standing = done.standing
    name = await work.connection.fetch_value(
        _MOVE,
        id=held.id,
        fencing=held.fencing,
        position=done.position,
        delivered=done.delivered,
        failures=standing.failures,
        retry_at=standing.retry_at,
        failing_since=standing.failing_since,
        failing_told=standing.failing_told,
        failed_at=done.failed_at,
        failure=done.failure,
        failure_status=done.failure_status,
        disabled=done.disabled,
    )
    if name is None:
        raise LeaseLost
    await _settle_apart(work, held, done)
    if done.attempts:
        await log_attempts(work.connection, held.legal_entity, held.id, done.attempts)
    if done.tell_failing:
        work.record(SubscriptionFailing(subscription_id=str(held.id), since=standing.failing_since))
    if done.disabled is not None:
        work.record(SubscriptionDisabled(subscription_id=str(held.id), reason=done.disabled))


async def _settle_apart(work: Work, held: Held, done: Settlement) -> None:
    if done.dropped:
        await work.connection.execute(_DROP, id=held.id, positions=done.dropped)
    if done.kept:
        await work.connection.execute(
            _KEEP,
            id=held.id,
            legal_entity=held.legal_entity,
            positions=[each.entry.position for each in done.kept],
            event_ids=[each.entry.event_id for each in done.kept],
            types=[each.entry.type for each in done.kept],
            lanes=[" ".join(each.entry.lanes) for each in done.kept],
            states=[each.state for each in done.kept],
            attempts=[each.entry.attempts for each in done.kept],
            due_ats=[each.due_at for each in done.kept],
            reasons=[each.entry.reason for each in done.kept],
            statuses=[each.entry.status for each in done.kept],
        )


async def settled_position(connection: Connection) -> int | None:
    """Up to here the feed is needed by no subscriber any more; None when there is none to wait for."""
    position: int | None = await connection.fetch_value(_SETTLED)
    return position


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
    )
