"""Turns: decisions go side by side; one that was told in vain goes alone, and is not overtaken."""

import asyncio

import pytest

from ecif.errors import Busy
from ecif.store import Database, TryAgain, Work, take_turn
from tests.store.writers import WORKER


async def test_decisions_go_side_by_side(database: Database) -> None:
    both = asyncio.Barrier(2)

    async def story(work: Work) -> None:
        await take_turn(work)
        await both.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(database.run(WORKER, story), database.run(WORKER, story))


async def test_a_turn_that_one_has_is_taken_again_at_once(database: Database) -> None:
    """Even while somebody waits to go alone, who would otherwise be waited for in a circle."""
    begun = asyncio.Event()

    async def nested(work: Work) -> None:
        await take_turn(work)
        begun.set()
        await asyncio.sleep(0.1)
        await take_turn(work)

    async with asyncio.timeout(5):
        first = asyncio.create_task(database.run(WORKER, nested))
        await begun.wait()
        async with database.begin(WORKER, told_in_vain=9) as work:
            await take_turn(work)
        await first


async def test_one_that_goes_alone_waits_for_the_others_and_is_not_overtaken(
    database: Database,
) -> None:
    order: list[str] = []
    inside, leave = asyncio.Event(), asyncio.Event()

    async def early() -> None:
        async with database.begin(WORKER) as work:
            await take_turn(work)
            inside.set()
            await leave.wait()
            order.append("early")

    async def patient() -> None:
        async with database.begin(WORKER, told_in_vain=9) as work:
            await take_turn(work)
            await asyncio.sleep(0.05)
            order.append("patient")

    async def late() -> None:
        async with database.begin(WORKER) as work:
            await take_turn(work)
            order.append("late")

    async with asyncio.timeout(5):
        tasks = [asyncio.create_task(early())]
        await inside.wait()
        for each in (patient(), late()):
            tasks.append(asyncio.create_task(each))
            await asyncio.sleep(0.1)
        leave.set()
        await asyncio.gather(*tasks)

    assert order == ["early", "patient", "late"]


async def _somebody_always_in_the_way(database: Database, *, with_turns: bool) -> int:
    """How often a story is told that fails whenever anybody else decides while it is told."""
    decided = told = 0

    async def quick(work: Work) -> None:
        nonlocal decided
        await take_turn(work)
        decided += 1

    async def slow(work: Work) -> None:
        nonlocal told
        told += 1
        if with_turns:
            await take_turn(work)
        before = decided
        await asyncio.sleep(0.03)
        if decided > before:
            raise TryAgain

    async def keep_deciding() -> None:
        while True:
            await database.run(WORKER, quick)

    others = [asyncio.create_task(keep_deciding()) for _ in range(2)]
    try:
        async with asyncio.timeout(20):
            await database.run(WORKER, slow)
    finally:
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    return told


async def test_nobody_is_left_behind_for_good(database: Database) -> None:
    assert await _somebody_always_in_the_way(database, with_turns=True) == 3


async def test_without_turns_one_is(database: Database) -> None:
    """The known-bad variant: chance alone."""
    with pytest.raises(Busy):
        await _somebody_always_in_the_way(database, with_turns=False)
