"""The outbox and the feed in pieces: begun while everybody writes, dropped when old, read across."""

import asyncio
import itertools
from random import Random
from typing import Any

import asyncpg
import pytest

from ecif.store import (
    Cursor,
    CursorAhead,
    CursorGone,
    Database,
    Sequencer,
    head,
    migrate,
    start_next_partitions,
)
from tests.store.conftest import Connect
from tests.store.days import everything, let_days_pass, read, write_a_day
from tests.store.writers import (
    Crowd,
    Writer,
    faults_of,
    feed_of,
    tick,
    tick_until_quiet,
)

_PIECES = """
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass ORDER BY c.oid
"""


_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


SUBJECTS = [f"S{number}" for number in range(30)]


async def pieces(connection: Any, table: str) -> list[str]:
    return [row["name"] for row in await connection.fetch(_PIECES, table)]


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
