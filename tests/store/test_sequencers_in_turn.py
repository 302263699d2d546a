"""Several sequencers in turn, and one after another: none loses what the other left open."""

import asyncio
from itertools import count

from ecif.store import Database, Sequencer
from tests.store.writers import (
    WORKER,
    Writer,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
)

_PATIENCE_SECONDS = 60.0


async def test_a_successor_waits_for_what_its_predecessor_left_open(
    database: Database, writers: list[Writer]
) -> None:
    slow, early, watcher = writers
    await early.begin(early=True)
    await slow.begin(early=True)
    missing = await slow.draw("A")
    await early.draw("B")
    await early.commit()
    await tick(database, Sequencer())

    successor = Sequencer()
    for _ in range(3):
        await tick(database, successor)
    await slow.commit()
    await tick_until_quiet(database, successor)

    assert missing in [row["outbox_id"] for row in await feed_of(watcher.connection)]


async def test_two_sequencers_in_turn_give_rolled_back_ids_up_too(
    database: Database, writers: list[Writer]
) -> None:
    undecided, other, watcher = writers
    pair = [Sequencer(), Sequencer()]
    await undecided.begin()
    lost = await undecided.draw("A")
    await undecided.roll_back()

    # Whoever works in another database of the server may hold it up for a while.
    async with asyncio.timeout(_PATIENCE_SECONDS):
        for turn in count():
            await other.write("B")
            await tick(database, pair[turn % 2])
            if turn > 4 and max(each.floor for each in pair) > lost:
                break

    assert faults_of(await feed_of(watcher.connection)) == []


async def test_one_that_follows_another_knows_what_a_new_one_finds(
    database: Database, writers: list[Writer]
) -> None:
    foreign, undecided, other = writers
    pair = [Sequencer(), Sequencer()]
    await foreign.begin(early=True)
    for turn in range(12):
        await undecided.begin()
        await undecided.draw("A")
        await other.write("B")
        await tick(database, pair[turn % 2])
        if turn % 3:
            await undecided.roll_back()
        else:
            await undecided.commit()
        await other.write("C")
        await tick(database, pair[turn // 2 % 2])

    follower, new = pair[0], Sequencer()
    await tick(database, follower)
    await tick(database, new)

    assert len(new.open) == 8
    assert follower.open.keys() == new.open.keys()
    assert (follower.position, follower.floor, follower.seen) == (new.position, new.floor, new.seen)


async def test_an_event_that_becomes_visible_between_lock_and_snapshot_is_numbered_once(
    database: Database, writers: list[Writer]
) -> None:
    writer, holder, watcher = writers
    one, two = Sequencer(), Sequencer()
    await holder.begin()
    await holder.draw("A")
    async with database.begin(WORKER) as work:
        await one.tick(work.connection)
        await holder.commit()
        await writer.write("A")
        await one.tick(work.connection)

    await tick(database, two)
    await tick(database, one)

    feed = await feed_of(watcher.connection)
    assert len(feed) == 2
    assert faults_of(feed) == []
