"""Claims: who holds a name sees everything that was done under it before; the next one waits."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import text

from ecif.store.connection import Statement
from ecif.store.work import Work

# The claims are taken in the order given (a function scan yields in order); counting them forces all of them
# before the clock is read, so the moment lies after the last wait.
_CLAIM = Statement(
    text("""
    WITH held AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(claim) FROM unnest(CAST(:claims AS bigint[])) AS claim
    )
    SELECT clock_timestamp() FROM (SELECT count(*) FROM held) AS all_held
    """)
)


async def claim(work: Work, names: Iterable[Iterable[int]]) -> None:
    """Hold the claims until the transaction ends, waiting for whoever holds one now.

    Args:
        work: The transaction that holds them.
        names: Groups of 64-bit names in the order of the house (source records, then match keys); each
            group is sorted here. The same order everywhere is what keeps two callers from deadlock.
    """
    ordered = list(dict.fromkeys(name for group in names for name in sorted(set(group))))
    moment = await work.connection.fetch_value(_CLAIM, claims=ordered)
    work.advance([moment])


class Queue:
    """Waiters on one hot name queue here, in the process, before they take a connection."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._locks: dict[int, asyncio.Lock] = {}
        self._users: dict[int, int] = {}

    @asynccontextmanager
    async def turn(self, names: Iterable[int]) -> AsyncIterator[None]:
        """Wait until nobody in this process works under any of `names`; it is then our turn."""
        ordered = sorted(set(names))
        for name in ordered:
            self._users[name] = self._users.get(name, 0) + 1
        try:
            async with AsyncExitStack() as stack:
                for name in ordered:
                    await stack.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
                yield
        finally:
            for name in ordered:
                self._users[name] -= 1
                if self._users[name] == 0:
                    del self._users[name]
                    self._locks.pop(name, None)
