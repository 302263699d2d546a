"""What the tests of the store stand on: an open database, and bare connections beside it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from ecif import policy
from ecif.security import Actor, MasterKeys, Vault
from ecif.store import Database, PoolLimits, open_database
from tests.store.writers import Writer

Connect = Callable[[], Awaitable[Any]]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of this test's own, open."""
    opened = await open_database(
        database_url,
        vault=Vault(MasterKeys.fresh()),
        moment_of=policy.moment_of,
        limits=PoolLimits(max_size=24),
    )
    async with opened.begin(Actor.worker("tests")):
        pass  # the first transaction of a legal entity stores its rules, and others wait for it
    yield opened
    await opened.close()


@pytest.fixture
async def connect(database_url: str) -> AsyncIterator[Connect]:
    """Opens bare connections to the same database; they are closed after the test."""
    opened: list[Any] = []

    async def one_more() -> Any:
        opened.append(await asyncpg.connect(database_url))
        return opened[-1]

    yield one_more
    for connection in opened:
        connection.terminate()


@pytest.fixture
async def writers(connect: Connect) -> list[Writer]:
    """Three writers, each on a connection of its own."""
    return [Writer(await connect()) for _ in range(3)]
