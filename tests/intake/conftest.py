from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests import postgres


@pytest.fixture
def fresh_urls(template_database: str) -> Iterator[Callable[[], str]]:
    """As many migrated databases of its own as a test asks for."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postgres.fresh_copy(template_database))
