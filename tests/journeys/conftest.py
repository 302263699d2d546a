"""What a journey starts from: a bank with room for many callers at once, and a way to look behind its doors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from ecif import customers, policy
from ecif.store import Sequencer
from tests.bank import ANNA, Bank, open_bank
from tests.invariants import faults
from tests.store.writers import tick_until_quiet

Faults = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    """A bank whose rules are stored, so that no first caller holds up the others."""
    async with open_bank(database_url, connections=16) as bank:
        async with bank.database.begin(ANNA):
            pass
        yield bank


@pytest.fixture
async def tables(database_url: str) -> AsyncIterator[Any]:
    """A bare connection beside the bank."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def broken(bank: Bank, tables: Any) -> Faults:
    """Numbers the events and says what does not hold: the invariants, and golden values that differ."""

    async def ask() -> list[str]:
        await tick_until_quiet(bank.database, Sequencer())
        found = await faults(tables)

        async with bank.database.begin(ANNA) as work:
            ids = await customers.customer_ids_after(work, 0, limit=100_000)
            differing = await customers.differing_customers(
                work, ids, lambda version: policy.get_rules(work, version)
            )
        return found + [f"{number} is not what is derived again" for number in differing]

    return ask
