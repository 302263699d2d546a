"""How far a sweep of all customers is: its place and its counts go forward with what was decided."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from ecif.store import Row, Statement, Work

_COLUMNS = "id, rules_version, after_customer_id, looked_at, joined, in_review"
_BEGIN = Statement(
    text(f"""
    INSERT INTO sweep (id, legal_entity, actor, rules_version, after_customer_id, looked_at, joined, in_review,
                       opened_at, beat_at)
    VALUES (CAST(:id AS uuid), CAST(:legal_entity AS text), CAST(:actor AS text), CAST(:rules_version AS integer),
            0, 0, 0, 0, CAST(:now AS timestamptz), CAST(:now AS timestamptz))
    ON CONFLICT (legal_entity, rules_version) WHERE finished_at IS NULL
    DO UPDATE SET beat_at = excluded.beat_at
    RETURNING {_COLUMNS}
    """)
)
_COUNT = Statement(
    text("""
    UPDATE sweep SET joined = joined + CAST(:joined AS bigint), in_review = in_review + CAST(:in_review AS bigint),
           beat_at = CAST(:now AS timestamptz)
    WHERE id = CAST(:id AS uuid)
    """)
)
# Two processes may go on with one sweep: whoever comes second to a place changes nothing.
_PASS = Statement(
    text("""
    UPDATE sweep SET after_customer_id = CAST(:behind AS bigint), looked_at = looked_at + CAST(:count AS bigint),
           beat_at = CAST(:now AS timestamptz)
    WHERE id = CAST(:id AS uuid) AND after_customer_id < CAST(:behind AS bigint)
    """)
)
_FINISH = Statement(
    text(f"""
    UPDATE sweep SET finished_at = coalesce(finished_at, CAST(:now AS timestamptz)), beat_at = CAST(:now AS timestamptz)
    WHERE id = CAST(:id AS uuid) RETURNING {_COLUMNS}
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A sweep as it stands: customers up to `after_customer_id` are done.

    `joined`: customers that were absorbed; `in_review`: reviews opened.
    """

    id: UUID
    rules_version: int
    after_customer_id: int
    looked_at: int
    joined: int
    in_review: int


async def begin_sweep(work: Work) -> Sweep:
    """Begin under the active rules, or go on with the sweep under these rules that was not finished."""
    row = await work.connection.fetch_one(
        _BEGIN,
        id=work.new_id(),
        legal_entity=work.legal_entity,
        actor=work.actor.subject,
        rules_version=work.rules.version,
        now=work.now,
    )
    return _sweep_of(row)


async def count_decided(work: Work, sweep: Sweep, *, joined: int, in_review: int) -> None:
    """Count what this transaction has decided."""
    await work.connection.execute(
        _COUNT, id=sweep.id, joined=joined, in_review=in_review, now=work.now
    )


async def pass_by(work: Work, sweep: Sweep, *, behind: int, count: int) -> None:
    """All customers up to the id `behind` are done, `count` more of them than before."""
    await work.connection.execute(_PASS, id=sweep.id, behind=behind, count=count, now=work.now)


async def finish_sweep(work: Work, sweep: Sweep) -> Sweep:
    """All customers are done."""
    row = await work.connection.fetch_one(_FINISH, id=sweep.id, now=work.now)
    done = _sweep_of(row)
    work.note(
        "customers.dedupe",
        str(done.id),
        looked_at=done.looked_at,
        joined=done.joined,
        in_review=done.in_review,
    )
    return done


def _sweep_of(row: Row | None) -> Sweep:
    assert row is not None  # noqa: S101  # the row was written by this statement or before
    return Sweep(**dict(row))
