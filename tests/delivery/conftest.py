from collections.abc import AsyncIterator

import pytest

from tests.bank import open_bank
from tests.delivery.post import Post, post_of
from tests.delivery.receiver import Receiver, open_receiver


@pytest.fixture
async def post(database_url: str) -> AsyncIterator[Post]:
    async with open_bank(database_url, connections=12) as bank:
        yield post_of(bank)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver
