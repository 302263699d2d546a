"""Claims: one holds a name, the next one waits; nobody deadlocks."""

import asyncio

import pytest

from ecif.store import Database, Queue, Work, claim
from tests.store.conftest import Connect
from tests.store.writers import WORKER


async def test_claims_that_cross_are_taken_one_after_the_other(
    database: Database, connect: Connect
) -> None:
    """Keys are named in any order, and taken in one: no pair of callers waits for each other."""
    told = 0

    async def story(work: Work, names: list[int]) -> None:
        nonlocal told
        told += 1
        await claim(work, [names])
        await asyncio.sleep(0.001)

    orders = [[1, 2, 3], [3, 2, 1], [2, 3, 1], [3, 1]] * 15
    await asyncio.gather(
        *(database.run(WORKER, lambda work, n=names: story(work, n)) for names in orders)  # type: ignore[misc]
    )

    assert told == len(orders), "a deadlock would have been told again"


async def test_groups_keep_the_order_of_the_house(database: Database) -> None:
    """Source records first, whatever their numbers: who holds a key never waits for a record."""
    holder_has_it, waited = asyncio.Event(), asyncio.Event()

    async def hold_record(work: Work) -> None:
        await claim(work, [[900]])
        holder_has_it.set()
        await asyncio.wait_for(waited.wait(), 5)

    async def record_and_key(work: Work) -> None:
        await claim(work, [[900], [1]])

    async def key_alone(work: Work) -> None:
        await claim(work, [[], [1]])

    holding = asyncio.create_task(database.run(WORKER, hold_record))
    await holder_has_it.wait()
    waiting = asyncio.create_task(database.run(WORKER, record_and_key))
    await asyncio.sleep(0.05)

    await asyncio.wait_for(database.run(WORKER, key_alone), 2)

    assert not waiting.done()
    waited.set()
    await asyncio.gather(holding, waiting)


async def test_the_moment_lies_after_the_wait(database: Database) -> None:
    holding, asking, released = asyncio.Event(), asyncio.Event(), asyncio.Event()
    moments = {}

    async def first(work: Work) -> None:
        await claim(work, [[7]])
        holding.set()
        await released.wait()
        moments["first"] = work.now

    async def second(work: Work) -> None:
        began = work.now
        asking.set()
        await claim(work, [[7]])
        moments["began"], moments["second"] = began, work.now

    tasks = [asyncio.create_task(database.run(WORKER, first))]
    await holding.wait()
    tasks.append(asyncio.create_task(database.run(WORKER, second)))
    await asking.wait()
    await asyncio.sleep(0.1)
    released.set()
    await asyncio.gather(*tasks)

    assert (moments["second"] - moments["began"]).total_seconds() > 0.05


async def test_a_queue_lets_one_at_a_time_work_under_a_name() -> None:
    queue, inside, most = Queue(), 0, 0

    async def take_a_turn(names: list[int]) -> None:
        nonlocal inside, most
        async with queue.turn(names):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.wait_for(
        asyncio.gather(*(take_a_turn(names) for names in [[1, 2], [2, 1], [2, 3, 1]] * 30)), 10
    )

    assert most == 1


async def test_names_that_nobody_shares_do_not_wait() -> None:
    queue = Queue()

    async with queue.turn([1]), asyncio.timeout(1), queue.turn([2]):
        pass


async def test_a_caller_that_gives_up_in_the_queue_leaves_no_trace() -> None:
    queue, released = Queue(), asyncio.Event()

    async def hold() -> None:
        async with queue.turn([1, 2]):
            await released.wait()

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), queue.turn([0, 2]):
            pass
    released.set()
    await holder

    async with asyncio.timeout(1), queue.turn([0, 1, 2]):
        pass
    assert vars(queue) == vars(Queue())


async def test_a_caller_that_gives_up_just_as_its_turn_comes_passes_it_on() -> None:
    queue = Queue()

    async def take_a_turn() -> None:
        async with queue.turn([1]):
            pass

    async with queue.turn([1]):
        second, third = (asyncio.create_task(take_a_turn()) for _ in range(2))
        await asyncio.sleep(0)
    second.cancel()

    async with asyncio.timeout(1):
        await third
    assert second.cancelled()
    assert vars(queue) == vars(Queue())
