"""The relay of one worker: leases subscriptions, shares them with other relays, and carries those it holds."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from ecif.delivery.leases import Held, fair_share, leave, release, renew, take
from ecif.delivery.pace import Pace
from ecif.delivery.runner import Runner
from ecif.delivery.sink import Sink
from ecif.errors import Busy
from ecif.store import Connection, Courtesy, Database, Work, feed_end

_log = logging.getLogger("ecif.deliveries")


@dataclass(slots=True)
class Relay:
    """Carries its share of the subscriptions; any number of relays, in any number of processes, may work at once."""

    database: Database
    open_sink: Callable[[Held], Sink]
    source: str
    pace: Pace = field(default_factory=Pace)
    id: UUID = field(default_factory=Work.new_id)
    _runners: dict[UUID, Runner] = field(default_factory=dict, init=False)
    _running: dict[UUID, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _courtesy: Courtesy = field(default_factory=Courtesy, init=False)
    _ending: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def go_on(self) -> None:
        """Renew the leases, share out, start and stop what has changed; then rest for a tick."""
        await self.share_out()
        await asyncio.sleep(self.pace.tick_seconds)

    async def look(self) -> None:
        """Tell the subscriptions how far the feed reaches; then rest for a moment."""
        if self._runners:
            async with self.database.connection() as connection:
                end = await feed_end(connection)
            self._courtesy.changes_reach(end.position)
            for runner in self._runners.values():
                runner.feed_reaches(end.position)
        await asyncio.sleep(self.pace.look_seconds)

    async def share_out(self) -> None:
        """Hold as many subscriptions as is fair, and no longer what was lost or changed."""
        began = time.monotonic()
        async with self.database.connection() as connection:
            await self._bury(connection)
            held = [runner.held for runner in self._runners.values()]
            still = await renew(connection, self.id, held, self.pace.lease)
            share = await fair_share(connection, self.pace.lease)
            for each in held:
                if each.id not in still:
                    self._cut(each.id)
            for runner in self._runners.values():
                runner.lease_until = began + self.pace.lease.total_seconds()
            if len(self._runners) < share:
                await self._take(connection, share - len(self._runners), began)
        for runner in list(self._runners.values())[share:]:
            runner.stop()

    async def close(self) -> None:
        """Let what is on its way end, settle, and let everything go."""
        for runner in self._runners.values():
            runner.stop()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=self.pace.ending_seconds)
        left = list(self._runners.values())
        for runner in left:
            self._cut(runner.held.id)
        if self._ending:
            await asyncio.wait(self._ending, timeout=self.pace.ending_seconds)
        async with self.database.connection() as connection:
            for runner in left:
                await release(connection, runner.held)
            await leave(connection, self.id)

    async def _take(self, connection: Connection, count: int, began: float) -> None:
        for held in await take(connection, self.id, self.pace.lease, count):
            self._cut(held.id)  # it was changed since the leases were renewed: not as we knew it
            sink = self.open_sink(held)
            runner = Runner(
                self.database, held, sink, self.source, self.pace, self._courtesy, self._turn
            )
            runner.lease_until = began + self.pace.lease.total_seconds()
            self._runners[held.id] = runner
            self._running[held.id] = asyncio.create_task(runner.run())

    def _cut(self, subscription_id: UUID) -> None:
        """Stop carrying a subscription at once; its way out may take its time to close, and keeps nobody waiting."""
        runner = self._runners.pop(subscription_id, None)
        running = self._running.pop(subscription_id, None)
        if runner is not None and running is not None:
            runner.stop()
            running.cancel()
            self._ending.add(running)
            running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._ending.discard(running)
        if not running.cancelled() and (error := running.exception()) is not None:
            _log.warning("delivery.ended", extra={"reason": type(error).__name__})

    async def _bury(self, connection: Connection) -> None:
        """Let go of those that have ended by themselves, so that somebody takes them anew.

        One that the database left in the lurch is let go too: the lease is ours, and nobody need wait until it ends.
        """
        for subscription_id, running in list(self._running.items()):
            if not running.done():
                continue
            error = None if running.cancelled() else running.exception()
            if error is not None:
                _log.warning("delivery.ended", extra={"reason": type(error).__name__})
            # What is broken otherwise is not met again at once: its lease ends by itself.
            if error is None or isinstance(error, Busy):
                await release(connection, self._runners[subscription_id].held)
            del self._runners[subscription_id], self._running[subscription_id]
