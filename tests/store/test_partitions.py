"""The outbox and the feed in pieces: begun while everybody writes, dropped when old, read across."""

import asyncio
import itertools
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import pytest

from ecif.store import (
    Cursor,
    CursorAhead,
    CursorGone,
    Database,
    FeedPage,
    FeedQuestion,
    Sequencer,
    drop_partitions_before,
    head,
    migrate,
    read_after,
    start_next_partitions,
)
from tests.store.conftest import Connect
from tests.store.writers import (
    Crowd,
    Writer,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
    tick_until_settled,
)

_PIECES = """
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass ORDER BY c.oid
"""
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
DAY = timedelta(days=1)
SUBJECTS = [f"S{number}" for number in range(30)]


async def pieces(connection: Any, table: str) -> list[str]:
    return [row["name"] for row in await connection.fetch(_PIECES, table)]


async def let_days_pass(connection: Any, days: int = 1) -> None:
    """Every event so far happened that much earlier."""
    await connection.execute("UPDATE outbox SET time = time - $1::interval", days * DAY)


async def write_a_day(database: Database, writer: Writer, count: int = 3) -> None:
    """Some events, numbered; then the day is over and the next partitions are begun."""
    for _ in range(count):
        await writer.write("A")
    await tick_until_quiet(database, Sequencer())
    await let_days_pass(writer.connection)
    await start_next_partitions(database)


async def everything(database: Database, after: Cursor | None = None) -> list[int]:
    positions: list[int] = []
    while True:
        page = await read(database, after)
        if not page.events:
            return positions
        positions += [row["position"] for row in page.events]
        after = page.next


async def read(database: Database, after: Cursor | None = None, **asked: Any) -> FeedPage:
    question = FeedQuestion(after=after, **({"limit": 4} | asked))
    return await read_after(database, question, legal_entity="main")


async def test_a_day_ends_and_the_next_partition_begins(
    database: Database, connect: Connect, database_url: str
) -> None:
    writer = Writer(await connect())
    for _ in range(3):
        await writer.write("A")
    await tick_until_quiet(database, Sequencer())
    assert await start_next_partitions(database) == []
    await let_days_pass(writer.connection)

    begun = await start_next_partitions(database)
    again = await start_next_partitions(database)
    following = await writer.write("A")

    day = await writer.connection.fetchval("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM_DD')")
    assert begun == [f"feed_{day}", f"outbox_{day}"]
    assert again == []
    assert await writer.connection.fetchval(f"SELECT id FROM outbox_{day}") == following
    assert await writer.connection.fetchval("SELECT max(id) FROM outbox_first") == following - 1
    await asyncio.to_thread(migrate.check, database_url)


async def test_a_full_partition_ends_within_its_day(database: Database, connect: Connect) -> None:
    writer = Writer(await connect())
    for _ in range(5):
        await writer.write("A")
    await tick_until_quiet(database, Sequencer())

    assert await start_next_partitions(database, largest=100) == []
    assert len(await start_next_partitions(database, largest=5)) == 2


async def test_a_quiet_day_begins_nothing(database: Database, connect: Connect) -> None:
    writer = Writer(await connect())
    await write_a_day(database, writer)

    assert await start_next_partitions(database) == []
    assert len(await pieces(writer.connection, "outbox")) == 2


async def test_a_writer_that_holds_on_is_not_waited_for_long(
    database: Database, connect: Connect
) -> None:
    writer, holder = Writer(await connect()), Writer(await connect())
    await writer.write("A")
    await tick_until_quiet(database, Sequencer())
    await let_days_pass(writer.connection)
    await holder.begin()
    await holder.draw("B")

    async with asyncio.timeout(5):
        begun = await start_next_partitions(database)
    await holder.commit()
    later = await start_next_partitions(database)

    assert [name[:4] for name in begun] == ["feed"]
    assert [name[:6] for name in later] == ["outbox"]


@pytest.mark.torture
async def test_nothing_is_lost_while_partitions_begin_under_a_crowd(
    database: Database, connect: Connect
) -> None:
    crowd, following = Crowd(Random(4), linger_seconds=0.02), list[int]()
    writing = asyncio.gather(*[crowd.write(await connect(), 25, SUBJECTS) for _ in range(16)])

    async def sequence() -> None:
        sequencer = Sequencer()
        while not crowd.stop.is_set():
            await asyncio.sleep(0.01)
            await tick(database, sequencer)

    async def cut() -> None:
        while not crowd.stop.is_set():
            await start_next_partitions(database, largest=100)
            await asyncio.sleep(0.05)

    async def follow() -> None:
        after: Cursor | None = None
        while not crowd.stop.is_set():
            page = await read(database, after, wait_seconds=0.1, limit=50)
            following.extend(row["position"] for row in page.events)
            after = page.next

    others = asyncio.gather(sequence(), cut(), cut(), follow())
    await writing
    crowd.stop.set()
    await others
    await tick_until_quiet(database, Sequencer())

    watcher = await connect()
    feed = await feed_of(watcher)
    written = {row["id"] for row in await watcher.fetch("SELECT id FROM outbox")}
    assert {row["outbox_id"] for row in feed} == written
    assert faults_of(feed) == []
    assert following == list(range(1, len(following) + 1))
    assert min([len(await pieces(watcher, table)) for table in ("outbox", "feed")]) > 3
    assert await watcher.fetchval(_DEADLOCKS) == 0


async def test_the_feed_is_read_across_partitions(database: Database, connect: Connect) -> None:
    writer = Writer(await connect())
    for _ in range(4):
        await write_a_day(database, writer)

    assert len(await pieces(writer.connection, "feed")) == 5
    assert await everything(database) == list(range(1, 13))
    assert await everything(database, Cursor(1, 5)) == list(range(6, 13))


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


async def test_the_functions_touch_no_other_table(connect: Connect) -> None:
    connection = await connect()
    for call in ("start_next_partition('customer', 1)", "drop_partitions_before('link', now(), 1)"):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await connection.execute(f"SELECT {call}")


async def test_nobody_else_may_call_them(connect: Connect) -> None:
    connection = await connect()
    calls = [
        "start_next_partition(text, bigint)",
        "drop_partitions_before(text, timestamptz, bigint)",
    ]
    for call in [*calls, "open_partition(text)"]:
        granted = await connection.fetchval(
            "SELECT proacl::text FROM pg_proc WHERE oid = $1::regprocedure", call
        )
        assert "{=X" not in granted
        assert ",=X" not in granted


async def test_pages_are_gapless_and_a_page_may_be_empty(
    database: Database, connect: Connect
) -> None:
    writer = Writer(await connect())
    for _ in range(10):
        await writer.write("A")
    await tick_until_quiet(database, Sequencer())

    first = await read(database)
    rest = await read(database, first.next, limit=100)
    nothing = await read(database, rest.next)
    others = await read(database, types=["other"])

    assert [row["position"] for row in itertools.chain(first.events, rest.events)] == list(
        range(1, 11)
    )
    assert (nothing.events, nothing.next) == ([], rest.next)
    assert (others.events, others.next) == ([], rest.next)


async def test_a_reader_that_waits_is_told_at_once(database: Database, connect: Connect) -> None:
    writer = Writer(await connect())
    waiting = asyncio.create_task(read(database, wait_seconds=10.0))
    await asyncio.sleep(0.1)

    await writer.write("A")
    await tick(database, Sequencer())

    assert len((await asyncio.wait_for(waiting, 2)).events) == 1


async def test_cursors_of_other_epochs_and_of_the_future_are_refused(database: Database) -> None:
    async with database.connection() as connection:
        earliest, end = await head(connection)

    assert earliest == end == Cursor.of(str(end))
    with pytest.raises(CursorGone):
        await read(database, Cursor(end.epoch - 1, 0))
    with pytest.raises(CursorGone):
        await read(database, Cursor(end.epoch + 1, 0))
    with pytest.raises(CursorAhead) as refusal:
        await read(database, Cursor(end.epoch, 1))
    assert refusal.value.status == 400
