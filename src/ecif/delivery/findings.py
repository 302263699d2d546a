"""What the reconciler remembers: how far it has looked, and what it has found."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text, text

from ecif.delivery.holes import Hole
from ecif.events import HoleFound
from ecif.store import Connection, Row, Statement, Work, instant, legal_entity, metadata

reconciler = Table(
    "reconciler",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    instant("changed_at"),
    Column("link_id", BigInteger, nullable=False),
    Column("swept_position", BigInteger, nullable=False),
    Column("swept_customer_id", BigInteger, nullable=False),
    instant("ran_at"),
    instant("swept_at", nullable=True),
    Column("checked_count", BigInteger, nullable=False),
    comment="One row: how far events and customers have been compared, as they come and by going round.",
)

finding = Table(
    "finding",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    legal_entity(),
    Column("customer_no", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    instant("found_at"),
    instant("settled_at", nullable=True),
    Index(
        "uq_finding_customer_no_what_place_open",
        "customer_no",
        "what",
        "place",
        unique=True,
        postgresql_where=text("settled_at IS NULL"),
    ),
    comment="A hole between the customers and what is told of them, or in the feed itself (then without number).",
)

_STATE = Statement(text("SELECT *, clock_timestamp() AS now FROM reconciler"))
_REMEMBER = Statement(
    text("""
    UPDATE reconciler
    SET epoch = CAST(:epoch AS bigint), position = CAST(:position AS bigint),
        changed_at = CAST(:changed_at AS timestamptz), link_id = CAST(:link_id AS bigint),
        swept_position = CAST(:swept_position AS bigint), swept_customer_id = CAST(:swept_customer_id AS bigint),
        ran_at = clock_timestamp(),
        swept_at = CASE WHEN CAST(:is_round AS boolean) THEN clock_timestamp() ELSE swept_at END,
        checked_count = checked_count + CAST(:checked AS bigint)
    WHERE ran_at = CAST(:ran_at AS timestamptz)
    """)
)
_ADD = Statement(
    text("""
    INSERT INTO finding (legal_entity, customer_no, what, place, found_at)
    VALUES (CAST(:legal_entity AS text), CAST(:customer_no AS text), CAST(:what AS text), CAST(:place AS bigint),
            CAST(:now AS timestamptz))
    ON CONFLICT DO NOTHING RETURNING id
    """)
)
_OPEN = Statement(
    text("""
    SELECT id, legal_entity, customer_no, what, place FROM finding WHERE settled_at IS NULL ORDER BY id
    LIMIT CAST(:limit AS bigint)
    """)
)
_SETTLE = Statement(
    text(
        "UPDATE finding SET settled_at = clock_timestamp() WHERE id = ANY (CAST(:ids AS bigint[]))"
    )
)
_REPORT = Statement(
    text("""
    SELECT r.ran_at, r.swept_at, r.checked_count, clock_timestamp() AS now,
           (SELECT count(*) FROM finding WHERE settled_at IS NULL) AS holes
    FROM reconciler r
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerReport:
    """When the reconciler looked last and came round last, how many customers it checked, and open holes."""

    ran_at: datetime
    swept_at: datetime | None
    checked_count: int
    now: datetime
    holes: int


async def reconciler_report(connection: Connection) -> ReconcilerReport:
    """How the reconciler is doing."""
    row = await connection.fetch_one(_REPORT)
    assert row is not None  # noqa: S101  # the migration inserts the row
    return ReconcilerReport(**dict(row))


async def state_of(connection: Connection) -> Row:
    """How far the reconciler has looked."""
    row = await connection.fetch_one(_STATE)
    assert row is not None  # noqa: S101  # the migration inserts the row
    return row


async def remember(connection: Connection, state: Row, **reached: object) -> None:
    """Note how far it has looked, unless another process has looked meanwhile."""
    await connection.execute(_REMEMBER, ran_at=state["ran_at"], **reached)


async def add(work: Work, customer_no: str, holes: Collection[Hole]) -> list[Hole]:
    """Keep and announce what has been found; what is known already is left out of the answer.

    Args:
        work: The transaction.
        customer_no: Where it was found; empty for the feed itself.
        holes: What was found.
    """
    new = []
    for hole in sorted(holes, key=lambda each: each.what):
        added = await work.connection.fetch_value(
            _ADD,
            legal_entity=work.legal_entity,
            customer_no=customer_no,
            what=hole.what,
            place=hole.place,
            now=work.now,
        )
        if added is not None:
            customers = (customer_no,) if customer_no else ()
            work.record(HoleFound(what=hole.what, customers=customers, place=hole.place))
            new.append(hole)
    return new


async def open_findings(connection: Connection, *, limit: int) -> list[Row]:
    """The oldest findings that stand."""
    return await connection.fetch(_OPEN, limit=limit)


async def settle(connection: Connection, ids: Collection[int]) -> None:
    """These are no longer there."""
    await connection.execute(_SETTLE, ids=list(ids))
