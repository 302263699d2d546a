from collections.abc import AsyncIterator

import pytest

from tests.bank import Bank, open_bank


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    async with open_bank(database_url) as bank:
        yield bank
