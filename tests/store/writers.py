"""Writers of events whose every step a test decides, and readers that go wrong in the known ways."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import asyncpg

from ecif.security import Actor
from ecif.store import Database, Sequencer

WORKER = Actor.worker("sequencer")

_SUBJECT = """
INSERT INTO event_subject AS s (subject, legal_entity, last_sequence) VALUES ($1, 'main', 1)
ON CONFLICT (subject) DO UPDATE SET last_sequence = s.last_sequence + 1 RETURNING last_sequence
"""
_EVENT = """
INSERT INTO outbox (legal_entity, event_id, type, subject, sequence, time, data)
VALUES ('main', $1, 'test', $2, $3, clock_timestamp(), '{}') RETURNING id
"""


@dataclass
class Writer:
    """One session that writes events the way the outbox does: subject locked, then the id drawn."""

    connection: Any

    async def begin(self, *, early: bool = False) -> "Writer":
        """Begin; `early` takes the transaction's own id at once, as an audit row would."""
        await self.connection.execute("BEGIN")
        if early:
            await self.connection.execute("SELECT pg_current_xact_id()")
        return self

    async def draw(self, subject: str) -> int:
        """Write the next event of a subject; its outbox id."""
        sequence = await self.connection.fetchval(_SUBJECT, subject)
        drawn: int = await self.connection.fetchval(_EVENT, uuid4(), subject, sequence)
        return drawn

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")

    async def roll_back(self) -> None:
        await self.connection.execute("ROLLBACK")

    async def write(self, subject: str) -> int:
        """A whole transaction with one event."""
        await self.begin()
        drawn = await self.draw(subject)
        await self.commit()
        return drawn


async def tick(database: Database, sequencer: Sequencer, *, afterwards: str = "SELECT 1") -> int:
    """One tick in a transaction of its own, as the worker makes it."""
    try:
        async with database.begin(WORKER) as work:
            numbered = await sequencer.tick(work.connection)
            await work.connection.say(afterwards)
        return numbered
    except BaseException:
        sequencer.forget()
        raise


async def tick_until_quiet(database: Database, sequencer: Sequencer) -> None:
    """Tick until there is nothing to number and nothing to settle."""
    while True:
        async with database.connection() as connection:
            if await sequencer.is_idle(connection):
                return
        await tick(database, sequencer)


async def tick_until_settled(database: Database, sequencer: Sequencer) -> None:
    """Tick until no id is open any more: whoever works in another database of the server may hold that up."""
    async with asyncio.timeout(60):
        await tick_until_quiet(database, sequencer)
        while sequencer.open:
            await asyncio.sleep(0.01)
            await tick(database, sequencer)


async def feed_of(connection: Any) -> list[Any]:
    """Every event in the order of its position."""
    rows: list[Any] = await connection.fetch(
        "SELECT f.position, f.outbox_id, o.subject, o.sequence FROM feed f"
        " JOIN outbox o ON o.id = f.outbox_id ORDER BY f.position"
    )
    return rows


def faults_of(feed: Sequence[Any]) -> list[str]:
    """What is wrong with a feed: positions not gapless, a customer's events out of order or with holes."""
    faults = [
        f"place {place} has position {row['position']}"
        for place, row in enumerate(feed, start=1)
        if row["position"] != place
    ]
    last: dict[str, int] = {}
    for row in feed:
        if row["sequence"] != last.get(row["subject"], 0) + 1:
            faults.append(f"{row['subject']}: {row['sequence']} after {last.get(row['subject'])}")
        last[row["subject"]] = row["sequence"]
    return faults


@dataclass
class Crowd:
    """Many writers at once: some draw their transaction id early, some linger, some roll back."""

    random: Random
    linger_seconds: float
    committed: int = 0
    rolled_back: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, connection: Any, count: int, subjects: Sequence[str]) -> None:
        """`count` transactions of one writer, each for up to three subjects."""
        writer = Writer(connection)
        for _ in range(count):
            await writer.begin(early=self.random.random() < 0.5)
            # Sorted, as customers are locked in one order: nobody deadlocks.
            for subject in sorted(self.random.sample(subjects, self.random.choice((1, 1, 2, 3)))):
                await writer.draw(subject)
            await asyncio.sleep(self.random.random() * self.linger_seconds)
            if self.random.random() < 0.1:
                await writer.roll_back()
                self.rolled_back += 1
            else:
                await writer.commit()
                self.committed += 1

    async def write_elsewhere(
        self, url: str, *, writers: int, count: int, subjects: Sequence[str]
    ) -> None:
        """The same by so many writers in a process of their own: theirs is not the time of whoever watches."""
        told: dict[str, Any] = {"linger_seconds": self.linger_seconds}
        told |= {"seed": self.random.random(), "url": url, "writers": writers, "count": count}
        told["subjects"] = list(subjects)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate(json.dumps(told).encode())
        if process.returncode:
            raise RuntimeError(f"a process of writers ended with {process.returncode}")
        done = json.loads(said)
        self.committed += done["committed"]
        self.rolled_back += done["rolled_back"]


class IdCursor:
    """The known-bad reader that remembers the highest id it has seen."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.last = 0
        self.seen: set[int] = set()

    async def read(self, connection: Any) -> None:
        rows = await connection.fetch("SELECT id FROM outbox WHERE id > $1 ORDER BY id", self.last)
        self.seen.update(row["id"] for row in rows)
        self.last = max([self.last, *(row["id"] for row in rows)])


class TransactionFence:
    """The known-bad reader that goes by transaction ids and waits for the oldest one that runs."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.last = (0, 0)
        self.seen: list[Any] = []

    async def read(self, connection: Any) -> None:
        rows = await connection.fetch(
            """
            SELECT CAST(CAST(xmin AS text) AS bigint) AS transaction, id, subject, sequence FROM outbox
            WHERE CAST(CAST(xmin AS text) AS bigint)
                  < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
              AND (CAST(CAST(xmin AS text) AS bigint), id) > ($1, $2)
            ORDER BY 1, 2
            """,
            *self.last,
        )
        self.seen.extend(rows)
        if rows:
            self.last = (rows[-1]["transaction"], rows[-1]["id"])

    def order_breaks(self) -> int:
        """How often an event of a customer came before an earlier one of the same customer."""
        last: dict[str, int] = {}
        breaks = 0
        for row in self.seen:
            breaks += row["sequence"] < last.get(row["subject"], 0)
            last[row["subject"]] = row["sequence"]
        return breaks


async def main() -> None:
    """Write what standard input asks for, and say what was done."""
    told = json.load(sys.stdin)
    crowd = Crowd(Random(told["seed"]), told["linger_seconds"])
    connections = [await asyncpg.connect(told["url"]) for _ in range(told["writers"])]
    await asyncio.gather(
        *[crowd.write(each, told["count"], told["subjects"]) for each in connections]
    )
    json.dump({"committed": crowd.committed, "rolled_back": crowd.rolled_back}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
