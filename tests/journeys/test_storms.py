"""Stewards who merge and undo across each other, and callers who give up: the invariants hold, nobody deadlocks."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ecif import customers
from ecif.customers import Rekeyed
from ecif.errors import Refusal
from ecif.store import Queue, Work
from tests.bank import ANNA, Bank, person
from tests.journeys.arrivals import Desk, somebody
from tests.journeys.conftest import Faults

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
WORKERS = 16
CUSTOMERS = 50
DECISIONS = 2_000
DAYS = SCALE
CANCELLED = 1_000 * SCALE
pytestmark = [pytest.mark.journey, pytest.mark.torture, pytest.mark.timeout(180 + 60 * SCALE)]
MEETING_SECONDS = 60.0
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass
class Stewards:
    """Everybody decides about the same few customers, by a seed."""

    bank: Bank
    numbers: list[str]
    records: dict[str, list[int]]
    chance: Random
    merges: list[UUID] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    async def decide(self, count: int) -> None:
        """A steward's day; a refusal is an answer, anything else is not."""
        for _ in range(count):
            kind = self.chance.choices(["merge", "unmerge", "detach", "edit"], [5, 5, 1, 1])[0]
            try:
                await getattr(self, f"_{kind}")()
            except Refusal as refusal:
                self.outcomes[f"{kind}: {refusal.slug}"] += 1
            else:
                self.outcomes[kind] += 1

    async def _merge(self) -> None:
        survivor, *absorb = self.chance.sample(self.numbers, self.chance.choice([2, 2, 2, 3]))

        async def story(work: Work) -> Rekeyed:
            return await customers.merge(work, survivor, absorb, reason="same", seen_version=None)

        done = await self.bank.do(story)
        self.merges += [rekeying.id for rekeying in done.rekeyings]

    async def _unmerge(self) -> None:
        if self.merges:
            merge_id = self.merges.pop(self.chance.randrange(len(self.merges)))
            await self.bank.do(
                lambda work: customers.unmerge(work, merge_id, reason="not the same")
            )

    async def _detach(self) -> None:
        number = self.chance.choice(self.numbers)
        record = self.chance.choice(self.records[number])

        async def story(work: Work) -> Rekeyed:
            return await customers.detach(work, number, [record], reason="somebody else")

        await self.bank.do(story)

    async def _edit(self) -> None:
        number, field_name = (
            self.chance.choice(self.numbers),
            self.chance.choice(["occupation", "sex"]),
        )
        value = {"occupation": "miller", "sex": "female"}[field_name]

        async def story(work: Work) -> None:
            folder = await customers.take_for_pin(work, number)
            await customers.pin(work, folder, field_name, value, reason="seen")

        await self.bank.do(story)


async def test_overlapping_merges_and_reversals_keep_everything_right(
    bank: Bank, tables: Any, broken: Faults
) -> None:
    """Each day has customers of its own: what was detached and parted blocks reversals for good."""
    outcomes: Counter[str] = Counter()
    for day in range(DAYS):
        outcomes += await _a_day_of_decisions(bank, Random(11 + day))
        assert await broken() == []

    assert await _deadlocks(tables) == 0
    assert set(outcomes) >= {"merge", "unmerge", "detach", "edit"}
    assert "busy" not in " ".join(outcomes)
    assert outcomes["merge"] > DAYS * DECISIONS / 20
    assert outcomes["unmerge"] > DAYS * DECISIONS / 20


async def _a_day_of_decisions(bank: Bank, chance: Random) -> Counter[str]:
    opened = [
        await bank.customer(person(f"Ann {place}"), person(f"Anne {place}", f"+43660{place:07d}"))
        for place in range(CUSTOMERS)
    ]
    stewards = Stewards(
        bank, [each.no for each in opened], {each.no: each.records for each in opened}, chance
    )
    await asyncio.gather(*(stewards.decide(DECISIONS // WORKERS) for _ in range(WORKERS)))
    return stewards.outcomes


async def test_locks_in_the_order_given_do_deadlock(
    bank: Bank, tables: Any, database_url: str
) -> None:
    """The known-bad variant: the same customers, locked as they are named."""
    opened = await bank.people("A", "B", "C")
    numbers = [each.no for each in opened]
    chance = Random(3)

    async def lock_as_named() -> None:
        connection = await asyncpg.connect(database_url)
        for _ in range(2):
            with suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    for number in chance.sample(numbers, 2):
                        await connection.execute(
                            "UPDATE customer SET version = version WHERE customer_no = $1", number
                        )
        await connection.close()

    async with asyncio.timeout(MEETING_SECONDS):  # whether two of them meet is a matter of chance
        while await _deadlocks(tables) == 0:
            await asyncio.gather(*(lock_as_named() for _ in range(6)))


async def _deadlocks(tables: Any) -> int:
    """How many there were, as sessions count them when they end."""
    await tables.execute("SELECT pg_stat_clear_snapshot()")
    count: int = await tables.fetchval(_DEADLOCKS)
    return count


async def test_callers_who_give_up_leave_nothing_behind(
    bank: Bank, tables: Any, broken: Faults
) -> None:
    desk, chance = Desk(bank.database, Queue()), Random(5)

    async def give_up(story: Awaitable[Any], after_seconds: float) -> bool:
        task = asyncio.ensure_future(story)
        await asyncio.wait([task], timeout=after_seconds)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return task.cancelled()

    gave_up = 0
    for wave in range(CANCELLED // 50):
        gave_up += sum(
            await asyncio.gather(
                *(
                    give_up(
                        desk.take_in(
                            f"system{place % 4}", f"K{place % 25}", somebody(wave * 5 + place % 5)
                        ),
                        chance.random() * 0.25,
                    )
                    for place in range(50)
                )
            )
        )

    assert gave_up > CANCELLED / 4
    assert await _left_open(tables) == []
    await _use_every_connection(bank)
    assert await broken() == []


async def _left_open(tables: Any) -> list[str]:
    """Sessions of the bank that are in the middle of something though nobody asks anything."""
    await asyncio.sleep(0.3)
    rows = await tables.fetch(
        "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'ecif' AND state <> 'idle'"
    )
    return [f"{row['state']}: {row['query']}" for row in rows]


async def _use_every_connection(bank: Bank) -> None:
    """All connections of the pool can be used at once: none was lost."""
    everybody = asyncio.Barrier(16)

    async def story(work: Work) -> None:
        await everybody.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(*(bank.database.run(ANNA, story) for _ in range(16)))
