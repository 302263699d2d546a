"""Claims: who holds a name sees everything that was done under it before; the next one waits."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import text

from ecif.store.connection import Statement, array_text
from ecif.store.work import Work

# The claims are taken in the order given (a function scan yields in order); counting them forces all of them
# before the clock is read, so the moment lies after the last wait.
_CLAIM = Statement(
    text("""
    WITH held AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(claim) FROM unnest(CAST(CAST(:claims AS text) AS bigint[])) AS claim
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
    moment = await work.connection.fetch_value(_CLAIM, claims=array_text(ordered))
    work.advance([moment])


class Queue:
    """Waiters on one hot name queue here, in the process, before they take a connection."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, names: Iterable[int]) -> AsyncIterator[None]:
        """Wait until nobody in this process works under any of `names`; it is then our turn."""
        ours: list[int] = []
        try:
            for name in sorted(set(names)):
                if name in self._waiting:
                    await self._wait(name)
                else:
                    self._waiting[name] = deque()
                ours.append(name)
            yield
        finally:
            for name in ours:
                self._pass_on(name)

    async def _wait(self, name: int) -> None:
        given = asyncio.get_running_loop().create_future()
        self._waiting[name].append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():  # it became ours while we gave up
                self._pass_on(name)
            raise

    def _pass_on(self, name: int) -> None:
        """Give a name to whoever has waited longest for it."""
        waiting = self._waiting[name]
        while waiting:
            given = waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        del self._waiting[name]
