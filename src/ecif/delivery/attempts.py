"""What became of attempts: every failed one with its event, the successful ones counted together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from ecif.store import Connection, Page, Statement, Work, page_of, read_cursor

_LOG = Statement(
    text("""
    INSERT INTO delivery_attempt (legal_entity, subscription_id, at, outcome, reason, status, first_position,
                                  last_position, count)
    SELECT CAST(:legal_entity AS text), CAST(:subscription_id AS uuid), n.*
    FROM unnest(CAST(:ats AS timestamptz[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
                CAST(:statuses AS integer[]), CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[]),
                CAST(:counts AS integer[])) AS n
    """)
)
_PAGE = Statement(
    text("""
    SELECT id, at, outcome, reason, status, first_position, last_position, count FROM delivery_attempt
    WHERE subscription_id = CAST(:subscription_id AS uuid) AND legal_entity = CAST(:legal_entity AS text)
      AND id < CAST(:before AS bigint)
    ORDER BY id DESC LIMIT CAST(:limit AS bigint)
    """)
)
_FORGET = Statement(
    text("DELETE FROM delivery_attempt WHERE at < clock_timestamp() - CAST(:age AS interval)")
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One failed attempt, or several successful ones: `count` of them between the two positions."""

    at: datetime
    outcome: str
    reason: str
    status: int | None
    first_position: int
    last_position: int
    count: int = 1


async def log_attempts(
    connection: Connection, legal_entity: str, subscription_id: UUID, attempts: Sequence[Attempt]
) -> None:
    """Enter attempts into the log."""
    await connection.execute(
        _LOG,
        legal_entity=legal_entity,
        subscription_id=subscription_id,
        ats=[each.at for each in attempts],
        outcomes=[each.outcome for each in attempts],
        reasons=[each.reason for each in attempts],
        statuses=[each.status for each in attempts],
        firsts=[each.first_position for each in attempts],
        lasts=[each.last_position for each in attempts],
        counts=[each.count for each in attempts],
    )


async def list_attempts(
    work: Work, subscription_id: UUID, *, after: str | None, limit: int
) -> Page[Attempt]:
    """A page of attempts, the latest first.

    Raises:
        BadCursor: `after` is not a cursor of this list.
    """
    before = read_cursor(after, [int]) or (2**63 - 1,)
    rows = await work.connection.fetch(
        _PAGE,
        subscription_id=subscription_id,
        legal_entity=work.legal_entity,
        before=before[0],
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: [row["id"]])
    return Page([Attempt(*list(row)[1:]) for row in page.items], page.next)


async def forget_attempts(work: Work, *, age: timedelta) -> None:
    """Forget what is older than `age`."""
    await work.connection.execute(_FORGET, age=age)
