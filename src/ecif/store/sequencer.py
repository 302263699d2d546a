"""The sequencer: gives every committed outbox row the next position, gapless, skipping none.

An outbox id says when an event was written, not when it was committed: a reader that pages by id loses
events. So one sequencer at a time takes its lock, *then* a fresh snapshot, and numbers in id order all rows that
this snapshot shows and that have no position. An id that is missing below a visible one is *open*: its
transaction may still commit. It stays open until every transaction that could own it has ended: those are the
transactions older than the tick *after* the one that found it missing. (The `xmax` of the snapshot that found it
is no bound: it names the first transaction that had not *ended*, and the owner may have begun later than that.)
"""

from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from ecif.store.connection import Connection, Row, Statement
from ecif.store.table import metadata

BATCH = 4_000
"""The most rows numbered in one transaction."""

_FOLLOWED = 10 * BATCH
"""So many rows that others have numbered are read one by one; after more, what is missing is looked for anew."""

sequencer = Table(
    "sequencer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("system_identifier", BigInteger, nullable=False),
    Column("timeline", Integer, nullable=False),
    comment="One row: the last position given, and below which outbox id everything is settled.",
)

feed = Table(
    "feed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("outbox_id", BigInteger, nullable=False),
    Column("legal_entity", Text, nullable=False),
    Index(None, "outbox_id"),
    comment="Outbox rows in the order readers see them; insert-only, positions without a gap.",
    postgresql_partition_by="RANGE (position)",
)

_LOCK = Statement(
    text("""
    SELECT epoch, position, floor, system_identifier, timeline,
           CAST(CAST(pg_current_xact_id() AS text) AS bigint) AS own_transaction
    FROM sequencer FOR UPDATE
    """)
)
# The timeline is read from the log being written: the control file learns of a promotion only some time later.
_CLUSTER = Statement(
    text("""
    SELECT system_identifier,
           CAST(CAST('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS bit(32)) AS integer) AS timeline
    FROM pg_control_system()
    """)
)
_PEEK = Statement(
    text("""
    SELECT EXISTS (SELECT FROM outbox WHERE id > CAST(:seen AS bigint))
        OR EXISTS (SELECT FROM outbox WHERE id = ANY (CAST(:open AS bigint[])))
        OR CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) >= CAST(:bound AS bigint)
    """)
)
# One statement, so one snapshot: the rows and the transactions running beside them. It always yields a row.
_FRESH = Statement(
    text("""
    SELECT CAST(CAST(pg_snapshot_xmin(shot) AS text) AS bigint) AS oldest_running, id, legal_entity
    FROM (SELECT pg_current_snapshot() AS shot) AS snapshot
    LEFT JOIN (
        SELECT id, legal_entity FROM outbox WHERE id = ANY (CAST(:open AS bigint[]))
        UNION ALL
        (SELECT id, legal_entity FROM outbox WHERE id > CAST(:seen AS bigint)
         ORDER BY id LIMIT CAST(:limit AS bigint))
    ) AS fresh ON true
    ORDER BY id
    """)
)
_SEEN = Statement(
    text("""
    SELECT coalesce(max(outbox_id), CAST(:floor AS bigint) - 1) FROM feed
    WHERE outbox_id >= CAST(:floor AS bigint)
    """)
)
_MISSING = Statement(
    text("""
    SELECT candidate FROM generate_series(CAST(:floor AS bigint), CAST(:seen AS bigint)) AS candidate
    WHERE NOT EXISTS (SELECT FROM feed f WHERE f.outbox_id = candidate)
    """)
)
_NUMBERED_SINCE = Statement(
    text("SELECT outbox_id FROM feed WHERE position > CAST(:position AS bigint)")
)
_NUMBER = Statement(
    text("""
    INSERT INTO feed (position, outbox_id, legal_entity)
    SELECT CAST(:position AS bigint) + place, id, legal_entity
    FROM unnest(CAST(:ids AS bigint[]), CAST(:legal_entities AS text[]))
         WITH ORDINALITY AS new (id, legal_entity, place)
    """)
)
_ADVANCE = Statement(
    text("""
    UPDATE sequencer SET position = CAST(:position AS bigint), floor = CAST(:floor AS bigint),
           epoch = CAST(:epoch AS bigint), system_identifier = CAST(:system_identifier AS bigint),
           timeline = CAST(:timeline AS integer)
    """)
)


@dataclass(slots=True)
class Sequencer:
    """What one process remembers between ticks; the table's row decides whether the memory still holds.

    `seen` is the highest outbox id numbered; `open` maps each id missing below it to a transaction id that is
    higher than its owner's, or to None until the next tick knows one: when no transaction older than that runs,
    the id was rolled back.
    """

    position: int = -1
    epoch: int = -1
    floor: int = 0
    seen: int = 0
    open: dict[int, int | None] = field(default_factory=dict)

    async def is_idle(self, connection: Connection) -> bool:
        """Whether there is nothing to number and nothing to settle: one autocommit statement and no lock."""
        bounds = list(self.open.values())
        if self.position < 0 or None in bounds:
            return False
        bound = min((each for each in bounds if each is not None), default=None)
        return not await connection.fetch_value(
            _PEEK, seen=self.seen, open=list(self.open), bound=bound
        )

    async def tick(self, connection: Connection) -> int:
        """Number what has been committed; the number of rows numbered.

        The caller has begun a transaction on `connection` at read committed, and commits it.
        """
        stored = await connection.fetch_one(_LOCK)
        if stored is None:
            raise RuntimeError("the sequencer's row is missing: run the migrations")
        cluster = await connection.fetch_one(_CLUSTER)
        assert cluster is not None  # noqa: S101  # a function scan yields one row
        moved = (stored["system_identifier"], stored["timeline"]) != tuple(cluster)
        await self._recall(connection, stored, moved=moved)
        shown = await connection.fetch(_FRESH, seen=self.seen, open=list(self.open), limit=BATCH)
        rows = [row for row in shown if row["id"] is not None]
        if rows:
            await connection.execute(
                _NUMBER,
                position=self.position,
                ids=[row["id"] for row in rows],
                legal_entities=[row["legal_entity"] for row in rows],
            )
        self._settle([row["id"] for row in rows], shown[0]["oldest_running"])
        if moved or (self.position, self.floor) != (stored["position"], stored["floor"]):
            await connection.execute(
                _ADVANCE,
                position=self.position,
                floor=self.floor,
                epoch=self.epoch,
                system_identifier=cluster["system_identifier"],
                timeline=cluster["timeline"],
            )
        return len(rows)

    def forget(self) -> None:
        """Distrust the memory: the last tick may not have been committed."""
        self.position = -1

    async def _recall(self, connection: Connection, stored: Row, *, moved: bool) -> None:
        """Bring the memory up to date: what was missing before this transaction began has an older owner."""
        own = stored["own_transaction"]
        self.open = {name: bound or own for name, bound in self.open.items()}
        remembered = (self.position, self.floor, self.epoch)
        if moved:  # another cluster counts its transactions anew
            self.open = {}
        if moved or self.epoch != stored["epoch"] or not self._can_follow(stored["position"]):
            await self._remember(connection, stored)
        elif remembered != (stored["position"], stored["floor"], stored["epoch"]):
            await self._follow(connection, stored)
        if moved and stored["system_identifier"] != 0:
            self.epoch += 1

    def _can_follow(self, position: int) -> bool:
        return self.position >= 0 and 0 <= position - self.position <= _FOLLOWED

    async def _follow(self, connection: Connection, stored: Row) -> None:
        """Learn what somebody else has numbered: a long transaction leaves too much open to look for it each time."""
        rows = await connection.fetch(_NUMBERED_SINCE, position=self.position)
        numbered = [row["outbox_id"] for row in rows]
        self._note(numbered)
        self.position, self.floor = stored["position"], stored["floor"]
        # What is missing below the other one's floor, it has found to be rolled back.
        self.open = {name: bound for name, bound in self.open.items() if name >= self.floor}

    async def _remember(self, connection: Connection, stored: Row) -> None:
        """Build the memory from the tables: this process has just started, or slept for long."""
        self.position, self.floor, self.epoch = stored["position"], stored["floor"], stored["epoch"]
        self.seen = await connection.fetch_value(_SEEN, floor=self.floor)
        missing = await connection.fetch(_MISSING, floor=self.floor, seen=self.seen)
        self.open = {row[0]: self.open.get(row[0]) for row in missing}

    def _settle(self, numbered: list[int], oldest_running: int) -> None:
        """Note which ids are missing below those just numbered, and which of the open ones never come."""
        # What was open before this snapshot, is not in it, and whose owner must have ended, was rolled back.
        self.open = {
            name: bound
            for name, bound in self.open.items()
            if bound is None or bound > oldest_running
        }
        self._note(numbered)
        self.position += len(numbered)
        self.floor = min(self.open, default=self.seen + 1)

    def _note(self, numbered: list[int]) -> None:
        """These have been numbered; what is missing below them is open."""
        for outbox_id in numbered:
            self.open.pop(outbox_id, None)
        highest = max(numbered, default=self.seen)
        missing = set(range(self.seen + 1, highest)).difference(numbered)
        self.open.update(dict.fromkeys(missing))
        self.seen = max(self.seen, highest)
