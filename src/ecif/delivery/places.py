"""Places: how far a subscription is, what it has set aside, and how a relay tells what it has done."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from ecif.delivery.attempts import Attempt, log_attempts
from ecif.delivery.lanes import Entry
from ecif.delivery.leases import Held, Standing
from ecif.events import SubscriptionDisabled, SubscriptionFailing
from ecif.store import Connection, Statement, Work

MOST_APART = 20_000
"""With so many events set aside, a subscription reads no further until some of them are gone."""

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
