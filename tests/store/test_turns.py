"""Turns: decisions go side by side; one that was told in vain goes alone, and is not overtaken."""

import asyncio
from contextlib import suppress

import pytest

from ecif.errors import Busy
from ecif.store import Database, TryAgain, Work, take_turn
from tests.store.conftest import Connect
from tests.store.writers import WORKER

LONG_SECONDS = 2.0
"""Somebody who can decide does so within it, on any machine."""

_WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


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
    database: Database, connect: Connect
) -> None:
    order: list[str] = []
    inside, leave = asyncio.Event(), asyncio.Event()
    looker = await connect()

    async def early() -> None:
        async with database.begin(WORKER) as work:
            await take_turn(work)
            inside.set()
            await leave.wait()
            order.append("early")

    async def decide(name: str, told_in_vain: int) -> None:
        async with database.begin(WORKER, told_in_vain=told_in_vain) as work:
            await take_turn(work)
            order.append(name)

    async with asyncio.timeout(20):
        tasks = [asyncio.create_task(early())]
        await inside.wait()
        for waiting, each in enumerate((decide("patient", 9), decide("late", 0)), 1):
            tasks.append(asyncio.create_task(each))
            while await looker.fetchval(_WAITING) < waiting:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        leave.set()
        await asyncio.gather(*tasks)

    assert order == ["early", "patient", "late"]


async def _somebody_always_in_the_way(database: Database, *, with_turns: bool) -> int:
    """How often a story is told that fails whenever anybody else decides while it is told."""
    told = 0
    decided = asyncio.Event()

    async def quick(work: Work) -> None:
        await take_turn(work)
        decided.set()

    async def slow(work: Work) -> None:
        nonlocal told
        told += 1
        if with_turns:
            await take_turn(work)
        decided.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONG_SECONDS):
                await decided.wait()
            raise TryAgain

    async def keep_deciding() -> None:
        while True:
            await database.run(WORKER, quick)

    others = [asyncio.create_task(keep_deciding()) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
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
