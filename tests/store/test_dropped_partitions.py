"""Old days of the feed go whole, and nobody who needs them is passed over."""

import pytest

from ecif.store import (
    Cursor,
    CursorGone,
    Database,
    Sequencer,
    drop_partitions_before,
    start_next_partitions,
)
from tests.store.conftest import Connect
from tests.store.days import DAY, everything, let_days_pass, read, write_a_day
from tests.store.writers import (
    Writer,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
    tick_until_settled,
)


async def test_old_days_go_whole_and_readers_behind_them_are_told(
    database: Database, connect: Connect
) -> None:
    writer = Writer(await connect())
    for _ in range(4):
        await write_a_day(database, writer)

    gone = await drop_partitions_before(database, age=2.5 * DAY)

    assert sorted(name.split("_")[0] for name in gone) == ["feed", "feed", "outbox", "outbox"]
    assert await everything(database) == list(range(7, 13))
    assert await everything(database, Cursor(1, 6)) == list(range(7, 13))
    with pytest.raises(CursorGone) as refusal:
        await read(database, Cursor(1, 5))
    assert refusal.value.status == 410
    assert refusal.value.facts == {"earliest": "1.6"}


async def test_the_last_events_stay_until_the_next_partition(
    database: Database, connect: Connect
) -> None:
    writer = Writer(await connect())
    await writer.write("A")
    await tick_until_quiet(database, Sequencer())
    await let_days_pass(writer.connection, days=200)

    assert await drop_partitions_before(database) == []
    assert await everything(database) == [1]


async def test_when_everything_is_gone_the_feed_goes_on_at_its_end(
    database: Database, connect: Connect
) -> None:
    writer = Writer(await connect())
    await write_a_day(database, writer)

    await drop_partitions_before(database, age=0.5 * DAY)
    before = await everything(database, Cursor(1, 3))
    await writer.write("A")
    await tick_until_quiet(database, Sequencer())

    assert before == []
    assert await everything(database, Cursor(1, 3)) == [4]
    with pytest.raises(CursorGone):
        await read(database, Cursor(1, 2))


async def test_what_a_subscriber_has_not_received_is_kept(
    database: Database, connect: Connect
) -> None:
    writer = Writer(await connect())
    for _ in range(3):
        await write_a_day(database, writer)

    gone = await drop_partitions_before(database, age=0.5 * DAY, settled=5)

    assert len(gone) == 2
    assert await everything(database) == list(range(4, 10))


async def test_an_event_numbered_after_its_day_keeps_its_partition(
    database: Database, connect: Connect
) -> None:
    """It was written yesterday and committed today: its row lies in yesterday's piece, its position in today's."""
    writer, late = Writer(await connect()), Writer(await connect())
    sequencer = Sequencer()
    await late.begin()
    await late.draw("B")
    await writer.write("A")
    await tick(database, sequencer)
    await let_days_pass(writer.connection)
    await start_next_partitions(database)  # the feed alone: the writer holds the outbox
    await late.commit()
    await start_next_partitions(database)
    await tick_until_quiet(database, sequencer)
    await let_days_pass(writer.connection)

    gone = await drop_partitions_before(database, age=0.5 * DAY)

    assert gone == ["feed_first"]
    assert await everything(database) == [2]


async def test_a_sequencer_that_starts_after_the_drop_numbers_nothing_twice(
    database: Database, connect: Connect
) -> None:
    """An open id holds the floor below what could go: it stays until the floor has passed."""
    writer, undecided = Writer(await connect()), Writer(await connect())
    sequencer = Sequencer()
    await undecided.begin()
    await undecided.draw("B")
    for _ in range(3):
        await writer.write("A")
    await tick(database, sequencer)
    await let_days_pass(writer.connection)
    await start_next_partitions(database)

    assert await drop_partitions_before(database, age=0.5 * DAY) == []

    await undecided.roll_back()
    await tick(database, Sequencer())
    assert faults_of(await feed_of(writer.connection)) == []
    await tick_until_settled(database, sequencer)
    await start_next_partitions(database)
    assert len(await drop_partitions_before(database, age=0.5 * DAY)) == 2
    await tick(database, Sequencer())
    assert await everything(database) == []
