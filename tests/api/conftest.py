from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.counter import Counter, open_counter


@pytest.fixture
async def counter(database_url: str, tmp_path: Path) -> AsyncIterator[Counter]:
    """An application with a database of its own, and callers who stand at its counter."""
    async with open_counter(database_url, tmp_path) as counter:
        yield counter
