"""The sequencer under hand-written interleavings: each was, or could have been, a way to lose an event."""

import asyncpg
import pytest

from ecif.store import Database, Sequencer
from tests.store.writers import (
    WORKER,
    Writer,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
    tick_until_settled,
)


async def test_a_lower_id_that_commits_later_is_not_skipped(
    database: Database, writers: list[Writer]
) -> None:
    slow, fast, watcher = writers
    sequencer = Sequencer()
    await slow.begin()
    first = await slow.draw("A")
    second = await fast.write("B")

    await tick(database, sequencer)
    await slow.commit()
    await tick(database, sequencer)

    assert [row["outbox_id"] for row in await feed_of(watcher.connection)] == [second, first]


async def test_an_owner_younger_than_the_visible_one_may_take_its_time(
    database: Database, writers: list[Writer]
) -> None:
    """The visible event's transaction began first: the missing one's is younger than any that has ended."""
    slow, early, watcher = writers
    sequencer = Sequencer()
    await tick(database, sequencer)
    await early.begin(early=True)
    await slow.begin(early=True)
    missing = await slow.draw("A")
    await early.draw("B")
    await early.commit()

    for _ in range(4):
        await tick(database, sequencer)
    await slow.commit()
    await tick_until_quiet(database, sequencer)

    assert missing in [row["outbox_id"] for row in await feed_of(watcher.connection)]


async def test_an_owner_younger_than_the_sequencers_own_transaction_is_waited_for(
    database: Database, writers: list[Writer]
) -> None:
    slow, early, watcher = writers
    sequencer = Sequencer()
    await early.begin(early=True)
    async with database.begin(WORKER) as work:
        await work.connection.say("SELECT pg_current_xact_id()")
        await slow.begin(early=True)
        missing = await slow.draw("A")
        await early.draw("B")
        await early.commit()
        await sequencer.tick(work.connection)

    for _ in range(3):
        await tick(database, sequencer)
    await slow.commit()
    await tick_until_quiet(database, sequencer)

    assert missing in [row["outbox_id"] for row in await feed_of(watcher.connection)]


async def test_a_customers_events_stay_in_order_whichever_transaction_began_first(
    database: Database, writers: list[Writer]
) -> None:
    early, late, watcher = writers
    sequencer = Sequencer()
    await early.begin(early=True)
    await late.write("A")
    await early.draw("A")
    await tick(database, sequencer)
    await early.commit()

    await tick(database, sequencer)

    feed = await feed_of(watcher.connection)
    assert [row["sequence"] for row in feed] == [1, 2]
    assert faults_of(feed) == []


async def test_a_rolled_back_id_is_given_up_and_leaves_no_gap(
    database: Database, writers: list[Writer]
) -> None:
    undecided, other, watcher = writers
    sequencer = Sequencer()
    await undecided.begin()
    lost = await undecided.draw("A")
    await other.write("B")
    await tick(database, sequencer)
    assert list(sequencer.open) == [lost]

    await undecided.roll_back()
    await tick_until_settled(database, sequencer)

    assert sequencer.open == {}
    assert sequencer.floor == lost + 2
    assert [row["position"] for row in await feed_of(watcher.connection)] == [1]


async def test_a_foreign_long_transaction_holds_nothing_back(
    database: Database, writers: list[Writer]
) -> None:
    foreign, writer, watcher = writers
    sequencer = Sequencer()
    await foreign.begin(early=True)

    for _ in range(3):
        await writer.write("A")
        await tick(database, sequencer)

    assert len(await feed_of(watcher.connection)) == 3


async def test_a_tick_whose_commit_fails_numbers_its_events_again(
    database: Database, writers: list[Writer]
) -> None:
    writer, undecided, watcher = writers
    sequencer = Sequencer()
    await writer.write("A")
    await tick(database, sequencer)
    await undecided.begin()
    await undecided.draw("B")
    await writer.write("A")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await tick(database, sequencer, afterwards="SELECT 1/0")

    await tick(database, sequencer)
    await undecided.commit()
    await tick(database, sequencer)

    feed = await feed_of(watcher.connection)
    assert [row["subject"] for row in feed] == ["A", "A", "B"]
    assert faults_of(feed) == []


async def test_a_batch_larger_than_one_tick_keeps_its_order(
    database: Database, writers: list[Writer]
) -> None:
    writer, _, watcher = writers
    await writer.connection.execute(
        "INSERT INTO outbox (legal_entity, event_id, type, subject, sequence, time, data)"
        " SELECT 'main', gen_random_uuid(), 'test', 'A', n, clock_timestamp(), '{}'"
        " FROM generate_series(1, 9000) AS n"
    )
    sequencer = Sequencer()

    numbered = [await tick(database, sequencer) for _ in range(4)]

    assert numbered == [4000, 4000, 1000, 0]
    assert faults_of(await feed_of(watcher.connection)) == []


@pytest.mark.parametrize("change", ["system_identifier = 42", "timeline = timeline + 1"])
async def test_another_cluster_or_timeline_begins_another_epoch(
    database: Database, writers: list[Writer], change: str
) -> None:
    writer, _, watcher = writers
    sequencer = Sequencer()
    await writer.write("A")
    await tick(database, sequencer)
    before = sequencer.epoch
    await watcher.connection.execute(f"UPDATE sequencer SET {change}")

    await writer.write("A")
    await tick(database, sequencer)
    await tick(database, sequencer)

    assert sequencer.epoch == before + 1
    assert await watcher.connection.fetchval("SELECT epoch FROM sequencer") == before + 1
    assert faults_of(await feed_of(watcher.connection)) == []
