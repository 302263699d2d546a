"""The sequencer under a crowd of writers; two known-bad readers watch the same writers and must fail.

The long tier: `make torture-sequencer` (1,000,000 events and a foreign transaction of a minute), or with `EVENTS=…`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from ecif.errors import Busy
from ecif.store import Database, Sequencer
from tests.store.conftest import Connect
from tests.store.writers import (
    Crowd,
    IdCursor,
    TransactionFence,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
)

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
EVENTS = int(os.environ.get("EVENTS", "0"))
WRITERS = 16
CROWDS = 4
"""In the long tier the writers are so many processes: one that has to do everything stands still by itself."""

SUBJECTS = [f"S{number:03d}" for number in range(400 if EVENTS else 40)]
LINGER_SECONDS = 0.01 if EVENTS else 0.03
EVENTS_OF_TRANSACTION = 1.575
"""On average: one subject twice as often as two or three, and every tenth transaction is rolled back."""

TRANSACTIONS = round(EVENTS / WRITERS / EVENTS_OF_TRANSACTION) or 60 * SCALE
FOREIGN_SECONDS = 60.0 if EVENTS else min(60.0, 2.0 * SCALE)
LONGEST_STALL_SECONDS = 1.0 if EVENTS else 2.0
"""Beside other tests, no more than the foreign transaction of the shortest tier takes."""

MISREAD_SECONDS = 5.0 if EVENTS else 0.002 * SCALE
"""The bad readers look through the whole outbox each time."""

MISREAD_EVENTS = 100_000
"""So many are enough for them to go wrong; they remember all they have seen."""

pytestmark = [pytest.mark.torture, pytest.mark.timeout(120 + 20 * SCALE + EVENTS / 100)]


@dataclass
class Watch:
    """What is seen while the crowd writes: how far the feed got while a foreign transaction was open.

    A stall is a time in which no sequencer gets a tick done: each has waited, failed, or been held up.
    """

    during_foreign: int = 0
    fence_past_foreign: int = 0
    longest_stall_seconds: float = 0.0
    longest_sleep_seconds: float = 0.0
    bad: tuple[IdCursor, TransactionFence] = field(
        default_factory=lambda: (IdCursor(), TransactionFence())
    )


async def test_nothing_is_skipped_and_nothing_stalls(
    database: Database, connect: Connect, database_url: str
) -> None:
    crowd = Crowd(Random(20261121), LINGER_SECONDS)
    watch = Watch()
    writing = asyncio.gather(*[each async for each in _writers(crowd, connect, database_url)])
    others = [
        asyncio.create_task(_sequence(database, crowd, watch)),
        asyncio.create_task(_be_foreign(await connect(), await connect(), crowd, watch)),
        asyncio.create_task(_misread(await connect(), crowd, watch)),
        asyncio.create_task(_watch_ourselves(crowd, watch)),
    ]

    await writing
    crowd.stop.set()
    await asyncio.gather(*others)
    await tick_until_quiet(database, Sequencer())
    watcher = await connect()
    feed = await feed_of(watcher)
    written = {row["id"] for row in await watcher.fetch("SELECT id FROM outbox")}
    id_cursor, fence = watch.bad
    if len(written) < MISREAD_EVENTS:
        await id_cursor.read(watcher)
        while len(fence.seen) < len(written):  # whoever works in another database holds it up too
            await fence.read(watcher)
            await asyncio.sleep(0.05)
    skipped = {each for each in written if each <= id_cursor.last} - id_cursor.seen

    print(  # noqa: T201
        f"{len(feed)} events by {WRITERS} writers, {watch.during_foreign} of them during {FOREIGN_SECONDS:.0f} s of a"
        f" foreign transaction, longest stall {watch.longest_stall_seconds:.3f} s"
        f" (this process did not run for up to {watch.longest_sleep_seconds:.3f} s);"
        f" the id cursor skipped {len(skipped)}, the fence broke order {fence.order_breaks()} times"
    )
    assert {row["outbox_id"] for row in feed} == written
    assert faults_of(feed) == []
    assert watch.during_foreign > 100
    assert watch.longest_stall_seconds < LONGEST_STALL_SECONDS
    assert crowd.rolled_back > 20
    assert skipped, "the id cursor must skip, or this test proves nothing"
    assert fence.order_breaks(), "the transaction fence must break the order"
    assert not watch.fence_past_foreign, "the transaction fence must stall"


async def _writers(
    crowd: Crowd, connect: Connect, url: str
) -> AsyncIterator[Coroutine[Any, Any, None]]:
    if EVENTS:
        for _ in range(CROWDS):
            yield crowd.write_elsewhere(
                url, writers=WRITERS // CROWDS, count=TRANSACTIONS, subjects=SUBJECTS
            )
    else:
        for _ in range(WRITERS):
            yield crowd.write(await connect(), TRANSACTIONS, SUBJECTS)


async def _sequence(database: Database, crowd: Crowd, watch: Watch) -> None:
    """Two sequencers at once; now and then one dies, and a tick fails before its commit."""
    chance = Random(7)
    clock = asyncio.get_running_loop().time
    last = clock()

    def note_progress() -> None:
        nonlocal last
        watch.longest_stall_seconds = max(watch.longest_stall_seconds, clock() - last)
        last = clock()

    async def one() -> None:
        sequencer = Sequencer()
        while not crowd.stop.is_set():
            if chance.random() < 0.02:
                sequencer = Sequencer()
            elif chance.random() < 0.02:
                with pytest.raises(Exception, match="division by zero"):
                    await tick(database, sequencer, afterwards="SELECT 1/0")
            async with database.connection() as connection:
                idle = await sequencer.is_idle(connection)
            with suppress(Busy):  # the lock was not free for too long: that is no progress
                if not idle:
                    await tick(database, sequencer)
                note_progress()
            await asyncio.sleep(0.005)

    await asyncio.gather(one(), one())


async def _be_foreign(foreign: Any, watcher: Any, crowd: Crowd, watch: Watch) -> None:
    """A long transaction that has nothing to do with us, and what is announced meanwhile."""
    await asyncio.sleep(0.3)
    await foreign.execute("BEGIN")
    transaction = await foreign.fetchval(
        "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
    )
    await asyncio.sleep(0.1)  # what was drawn before it may still be on its way
    position = await watcher.fetchval("SELECT position FROM sequencer")
    await asyncio.wait([asyncio.create_task(crowd.stop.wait())], timeout=FOREIGN_SECONDS)
    watch.during_foreign = await watcher.fetchval("SELECT position FROM sequencer") - position
    _, fence = watch.bad
    watch.fence_past_foreign = sum(row["transaction"] > transaction for row in fence.seen)
    await foreign.execute("COMMIT")


async def _watch_ourselves(crowd: Crowd, watch: Watch) -> None:
    """How long the machine lets this process, with the writers and the sequencers in it, stand still."""
    clock = asyncio.get_running_loop().time
    while not crowd.stop.is_set():
        last = clock()
        await asyncio.sleep(0.005)
        watch.longest_sleep_seconds = max(watch.longest_sleep_seconds, clock() - last)


async def _misread(connection: Any, crowd: Crowd, watch: Watch) -> None:
    while not crowd.stop.is_set() and len(watch.bad[0].seen) < MISREAD_EVENTS:
        for reader in watch.bad:
            await reader.read(connection)
        await asyncio.sleep(MISREAD_SECONDS)
