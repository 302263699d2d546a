from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest

from tests import postgres
from tests.bank import Bank, open_bank


@pytest.fixture
def fresh_urls(template_database: str) -> Iterator[Callable[[], str]]:
    """As many migrated databases of its own as a test asks for."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postgres.fresh_copy(template_database))


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    async with open_bank(database_url) as bank:
        yield bank
