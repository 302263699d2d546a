"""The same key gives the same answer, and its effect happens once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from ecif.errors import Busy
from ecif.events import ReviewDecided
from ecif.security import Actor
from ecif.store import (
    Database,
    IdempotentRequest,
    KeyReused,
    RequestInFlight,
    Statement,
    Work,
    forget,
    keep,
    replayed,
)
from tests.store.conftest import Connect

CALLER = Actor("branch-12")
_AGE = Statement(text("UPDATE idempotency_key SET made_at = made_at - CAST(:age AS interval)"))


def asked(body: bytes = b"body", key: str = "k1") -> IdempotentRequest:
    return IdempotentRequest(key, body)


async def take_effect(work: Work, request: IdempotentRequest) -> bytes:
    """A request as the doors tell it: replay, or do it and keep the answer."""
    known = await replayed(work, request)
    if known is not None:
        return known
    work.record(ReviewDecided(review_id=request.key, outcome="same"))
    answer = b"answer to " + request.fingerprint
    await keep(work, request, answer)
    return answer


async def effects(connect: Connect) -> int:
    count: int = await (await connect()).fetchval("SELECT count(*) FROM outbox")
    return count


async def test_a_repeated_request_is_answered_and_not_done_again(
    database: Database, connect: Connect
) -> None:
    first = await database.run(CALLER, lambda work: take_effect(work, asked()))
    second = await database.run(CALLER, lambda work: take_effect(work, asked()))

    assert first == second == b"answer to body"
    assert await effects(connect) == 1


async def test_a_key_belongs_to_one_request(database: Database) -> None:
    await database.run(CALLER, lambda work: take_effect(work, asked()))

    with pytest.raises(KeyReused) as refusal:
        await database.run(CALLER, lambda work: take_effect(work, asked(b"another body")))

    assert refusal.value.status == 422


async def test_callers_do_not_share_keys(database: Database, connect: Connect) -> None:
    await database.run(CALLER, lambda work: take_effect(work, asked()))
    other = Actor("branch-13")
    elsewhere = Actor("branch-12", legal_entity="other")

    await database.run(other, lambda work: take_effect(work, asked(b"theirs")))
    await database.run(elsewhere, lambda work: take_effect(work, asked(b"theirs")))

    assert await effects(connect) == 3


async def test_while_the_first_is_in_flight_the_second_is_told_so(
    database: Database, connect: Connect
) -> None:
    async with database.begin(CALLER) as work:
        await take_effect(work, asked())

        with pytest.raises(RequestInFlight) as refusal:
            await database.run(CALLER, lambda second: take_effect(second, asked()))

    assert refusal.value.status == 409
    assert await database.run(CALLER, lambda work: take_effect(work, asked())) == b"answer to body"
    assert await effects(connect) == 1


async def test_a_crash_before_the_commit_leaves_neither_effect_nor_answer(
    database: Database, connect: Connect
) -> None:
    async def crash(work: Work) -> None:
        await take_effect(work, asked())
        raise ConnectionAbortedError

    with pytest.raises(Busy):
        await database.run(CALLER, crash)
    assert await effects(connect) == 0

    assert await database.run(CALLER, lambda work: take_effect(work, asked())) == b"answer to body"
    assert await effects(connect) == 1


async def test_many_repetitions_at_once_take_effect_once(
    database: Database, connect: Connect
) -> None:
    async def insist(key: str) -> bytes:
        while True:
            try:
                return await database.run(CALLER, lambda work: take_effect(work, asked(key=key)))
            except RequestInFlight:
                await asyncio.sleep(0.001)

    answers = await asyncio.gather(*(insist(f"k{number % 20}") for number in range(160)))

    assert set(answers) == {b"answer to body"}
    assert await effects(connect) == 20


async def test_answers_are_forgotten_after_their_time(database: Database, connect: Connect) -> None:
    for key in ("old", "new"):
        await database.run(CALLER, lambda work, key=key: take_effect(work, asked(key=key)))  # type: ignore[misc]
        if key == "old":
            await database.run(
                CALLER, lambda work: work.connection.execute(_AGE, age=timedelta(days=31))
            )

    await database.run(CALLER, lambda work: forget(work, age=timedelta(days=30)))

    left = await (await connect()).fetch("SELECT key FROM idempotency_key")
    assert [row["key"] for row in left] == ["new"]


async def test_an_answer_is_stored_sealed(database: Database, connect: Connect) -> None:
    await database.run(CALLER, lambda work: take_effect(work, asked()))

    stored = await (await connect()).fetchval("SELECT answer FROM idempotency_key")
    assert b"answer to" not in stored
