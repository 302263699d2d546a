"""Where work begins, commits, or is rolled back and tried again."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from ecif.errors import Busy
from ecif.events import ReviewDecided
from ecif.store import Database, NotCommitted, Statement, TryAgain, Work
from tests.store.conftest import Connect
from tests.store.writers import WORKER

_KEYS = "SELECT key FROM idempotency_key ORDER BY key"
_PUT = Statement(
    text("""
    INSERT INTO idempotency_key (legal_entity, caller, key, fingerprint, answer, made_at)
    VALUES ('main', 'test', CAST(:key AS text), '', '', clock_timestamp())
    """)
)
_CHANGE = Statement(
    text("UPDATE idempotency_key SET caller = caller WHERE key = CAST(:key AS text)")
)
_BAD = Statement(text("SELECT 1 / CAST(:zero AS integer)"))
_ORPHAN = Statement(
    text("""
    INSERT INTO source_record (id, legal_entity, source_system, source_key, customer_id, live, version, received_at,
                               first_seen_at, is_weak, digest, payload)
    VALUES (CAST(:id AS bigint), 'main', 's', 'k', 4711, true, 1, clock_timestamp(), clock_timestamp(), false, '', '')
    """)
)


async def keys(connection: Any) -> list[str]:
    return [row["key"] for row in await connection.fetch(_KEYS)]


async def test_what_a_story_did_is_there_once_it_has_ended(
    database: Database, connect: Connect
) -> None:
    async def story(work: Work) -> str:
        await work.connection.execute(_PUT, key="a")
        return "done"

    assert await database.run(WORKER, story) == "done"
    assert await keys(await connect()) == ["a"]


async def test_a_story_that_fails_leaves_nothing(database: Database, connect: Connect) -> None:
    async def story(work: Work) -> None:
        await work.connection.execute(_PUT, key="a")
        work.record(ReviewDecided(review_id="r", outcome="same"))
        work.note("test", "a")
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(WORKER, story)

    watcher = await connect()
    assert await keys(watcher) == []
    assert await watcher.fetch("SELECT FROM outbox") == []
    assert await watcher.fetch("SELECT FROM audit_entry") == []


async def test_a_commit_that_fails_is_no_answer(database: Database, connect: Connect) -> None:
    """The foreign key of a record is looked at when it commits: the story itself saw nothing wrong."""

    async def story(work: Work) -> str:
        await work.connection.execute(_ORPHAN, id=1)
        work.record(ReviewDecided(review_id="r", outcome="same"))
        return "acknowledged"

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await database.run(WORKER, story)

    watcher = await connect()
    assert await watcher.fetch("SELECT FROM source_record") == []
    assert await watcher.fetch("SELECT FROM outbox") == []


async def test_a_story_cannot_go_on_after_a_failed_statement(
    database: Database, connect: Connect
) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK then, and that is no success."""

    async def story(work: Work) -> str:
        await work.connection.execute(_PUT, key="a")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await work.connection.execute(_BAD, zero=0)
        return "acknowledged"

    with pytest.raises(NotCommitted):
        await database.run(WORKER, story)

    assert await keys(await connect()) == []


async def test_a_story_that_met_another_is_told_again_from_the_start(database: Database) -> None:
    attempts = []

    async def story(work: Work) -> int:
        attempts.append(work)
        if len(attempts) < 3:
            raise TryAgain
        return len(attempts)

    assert await database.run(WORKER, story) == 3
    assert len({id(work) for work in attempts}) == 3


async def test_a_story_that_is_always_in_the_way_is_told_to_come_back(database: Database) -> None:
    async def story(work: Work) -> None:
        raise TryAgain

    with pytest.raises(Busy):
        await database.run(WORKER, story)


async def test_two_stories_that_lock_crosswise_both_end(database: Database) -> None:
    """Not the order of the house: PostgreSQL ends one of them, and it is told again."""
    for key in ("a", "b"):
        await database.run(WORKER, lambda work, key=key: work.connection.execute(_PUT, key=key))  # type: ignore[misc]
    both_hold_one = asyncio.Barrier(2)
    told = {"ab": 0, "ba": 0}

    async def cross(order: str) -> None:
        async def story(work: Work) -> None:
            told[order] += 1
            await work.connection.execute(_CHANGE, key=order[0])
            if told[order] == 1:
                await both_hold_one.wait()
            await work.connection.execute(_CHANGE, key=order[1])

        await database.run(WORKER, story)

    await asyncio.gather(cross("ab"), cross("ba"))

    assert sorted(told.values()) == [1, 2]


async def test_a_session_that_the_server_ends_is_busy_and_the_next_one_works(
    database: Database, connect: Connect
) -> None:
    killer = await connect()

    async def story(work: Work) -> None:
        pid = await work.connection.fetch_value(Statement(text("SELECT pg_backend_pid()")))
        await killer.execute("SELECT pg_terminate_backend($1)", pid)
        await work.connection.execute(_PUT, key="a")

    with pytest.raises(Busy):
        await database.run(WORKER, story)

    await database.run(WORKER, lambda work: work.connection.execute(_PUT, key="b"))
    assert await keys(killer) == ["b"]


@dataclass
class _Heard:
    """Notes the statements that ran."""

    said: list[str]

    def ran(self, sql: str, arguments: Any) -> None:
        self.said.append(sql.split()[0])


async def test_a_statement_is_heard_with_its_values_in_order(database: Database) -> None:
    heard = _Heard([])
    database.recorder = heard
    minus = Statement(
        text("SELECT CAST(:left AS integer) - CAST(:right AS integer) + CAST(:left AS integer)")
    )

    async with database.connection() as connection:
        answer = await connection.fetch_value(minus, right=1, left=5)
        with pytest.raises(KeyError):
            await connection.fetch_value(minus, left=5)

    assert answer == 9
    assert heard.said == ["SELECT"]


async def test_numbers_are_drawn_once_each_by_many(database: Database) -> None:
    async def draw(count: int) -> list[int]:
        async with database.connection() as connection:
            return await database.numbers.draw(connection, "customer_id", count)

    blocks = await asyncio.gather(*(draw(count) for count in (1, 100, 40, 3, 70, 1, 1, 90) * 3))

    drawn = [number for block in blocks for number in block]
    assert len(drawn) == len(set(drawn)) == 3 * 306
    assert all(block == sorted(block) for block in blocks)


async def test_numbers_given_again_after_a_crash_do_no_harm(
    database: Database, connect: Connect
) -> None:
    """A crash may take back what was drawn and never committed: the sequence gives it to another process."""
    watcher = await connect()

    async def story(work: Work) -> int:
        [number] = await work.numbers.draw(work.connection, "customer_id", 1)
        await work.connection.execute(_PUT, key=str(number))
        return number

    first = await database.run(WORKER, story)
    await watcher.execute(
        "INSERT INTO idempotency_key SELECT 'main', 'test', n::text, '', '', clock_timestamp()"
        " FROM generate_series(CAST($1 AS integer), CAST($1 AS integer) + 20) AS n",
        first + 1,
    )

    assert await database.run(WORKER, story) > first + 20


async def test_what_can_wait_lets_stories_go_first(database: Database) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def story(work: Work) -> None:
        begun.set()
        await may_end.wait()

    telling = asyncio.create_task(database.run(WORKER, story))
    await begun.wait()
    waiting = asyncio.create_task(database.lull(600))
    await database.lull(0.01)  # not for ever
    had_to_wait = not waiting.done()
    may_end.set()
    await telling
    await waiting
    await database.lull(600)  # nobody is at work now

    assert had_to_wait


async def test_a_story_that_fails_keeps_nobody_waiting(database: Database) -> None:
    async def story(work: Work) -> None:
        raise BrokenPipeError

    with pytest.raises(Busy):
        await database.run(WORKER, story)

    await database.lull(600)
