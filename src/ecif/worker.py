"""The worker: numbers events and delivers them, follows new rules, forgets what is old; any number may run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from ecif import customers, delivery, intake, policy, store
from ecif.delivery import Outside, Reconciler, Relay, WaysOut
from ecif.errors import Busy
from ecif.security import Actor
from ecif.settings import Settings
from ecif.store import Database, Sequencer

_BACK_OFF_SECONDS: Final = (0.1, 0.25, 0.5)
_SLOWER: Final = 1.3
_SLOWEST: Final = 2.5
_RULES_SECONDS: Final = 2.0
_UPLOADS_SECONDS: Final = 1.0
_DAY_SECONDS: Final = 86_400.0
_PARTITIONS_SECONDS: Final = 60.0
_SEQUENCER: Final = Actor.worker("sequencer")
_log = logging.getLogger("ecif.worker")


@dataclass(slots=True)
class Worker:
    """The duties of one worker process; they share nothing but the database.

    Each duty is safe beside itself in other processes: the sequencer locks its row per tick, deriving locks the
    customers it touches, subscriptions and uploads are leased, forgetting deletes what is old.

    `premises`: where an import's processes find the database; without it uploads wait for another worker.
    """

    database: Database
    settings: Settings
    premises: intake.Premises | None = None
    sequencer: Sequencer = field(default_factory=Sequencer)
    relay: Relay = field(init=False)
    _rest_seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Take the ways out of the settings."""
        settings = self.settings
        outside = Outside.of(
            settings.webhook_networks, http=settings.webhook_http, brokers=settings.brokers
        )
        ways_out = WaysOut(self.database.vault, outside)
        self.relay = Relay(self.database, ways_out.open, settings.source)

    async def run(self) -> None:
        """Do all duties until cancelled; a database that goes away is waited for, deliveries on their way may end."""
        try:
            await self._do_duties()
        finally:
            with suppress(Busy):
                await self.relay.close()

    async def _do_duties(self) -> None:
        async with asyncio.TaskGroup() as duties:
            duties.create_task(keep_on("sequencer", self._sequence))
            duties.create_task(keep_on("rules", self._follow_rules))
            duties.create_task(keep_on("idempotency keys", self._forget_answers))
            duties.create_task(keep_on("partitions", self._cut_feed))
            duties.create_task(keep_on("deliveries", self.relay.go_on))
            duties.create_task(keep_on("end of the feed", self.relay.look))
            duties.create_task(keep_on("reconciler", Reconciler(self.database).go_on))
            if self.premises is not None:
                duties.create_task(keep_on("imports", self._take_in_uploads))

    async def _sequence(self) -> None:
        """Give positions to events that wait; rest longer the longer none comes."""
        shortest = self.settings.sequencer_interval_ms / 1000
        try:
            numbered = await self.sequence_once()
        except BaseException:
            self.sequencer.forget()
            raise
        if numbered:
            self._rest_seconds = shortest
        else:
            rest = max(self._rest_seconds, shortest)
            await asyncio.sleep(rest)
            self._rest_seconds = min(rest * _SLOWER, shortest * _SLOWEST)

    async def sequence_once(self) -> int:
        """Number the events that are visible now; how many there were."""
        async with self.database.connection() as connection:
            if await self.sequencer.is_idle(connection):
                return 0
        async with self.database.begin(_SEQUENCER) as work:
            return await self.sequencer.tick(work.connection)

    async def _follow_rules(self) -> None:
        if not await self.derive_once():
            await asyncio.sleep(_RULES_SECONDS)

    async def derive_once(self) -> int:
        """Derive a batch of customers again whose rules are not the active ones; how many there were."""
        async with self.database.connection() as connection:
            entities = await policy.active_versions(connection)
        derived = 0
        for legal_entity in entities:
            actor = Actor.worker("rules", legal_entity=legal_entity)
            derived += await self.database.run(actor, customers.derive_outdated)
        return derived

    async def _take_in_uploads(self) -> None:
        if self.premises is None or not await intake.take_in_next_upload(
            self.database,
            self.premises,
            only_listed=self.settings.source_systems == "listed",
        ):
            await asyncio.sleep(_UPLOADS_SECONDS)

    async def _forget_answers(self) -> None:
        age = timedelta(days=self.settings.idempotency_days)
        actor = Actor.worker("idempotency keys")
        await self.database.run(actor, lambda work: store.forget(work, age=age))
        kept = timedelta(days=self.settings.feed_days)
        await self.database.run(actor, lambda work: delivery.forget_attempts(work, age=kept))
        await asyncio.sleep(_DAY_SECONDS)

    async def _cut_feed(self) -> None:
        await self.cut_feed_once()
        await asyncio.sleep(_PARTITIONS_SECONDS)

    async def cut_feed_once(self) -> None:
        """Begin the next pieces of outbox and feed when a day has ended or one is full; drop the old ones.

        What a subscriber has not received is kept longer, and not for ever: whoever still lacks it then is told.
        """
        await store.start_next_partitions(self.database)
        kept = timedelta(days=self.settings.feed_days)
        longest = timedelta(days=max(self.settings.subscription_days, self.settings.feed_days))
        async with self.database.connection() as connection:
            settled = await delivery.settled_position(connection)
        await store.drop_partitions_before(self.database, age=kept, settled=settled)
        await store.drop_partitions_before(self.database, age=longest)


async def keep_on(name: str, go_on: Callable[[], Awaitable[None]]) -> None:
    """Go on with one duty for ever; when something stands in its way, say so once and try again."""
    failures = 0
    while True:
        try:
            await go_on()
        except (Exception, asyncio.CancelledError) as error:  # a duty survives whatever happens
            if _is_to_end():
                raise
            if failures == 0:
                reason = type(error).__name__
                level = logging.WARNING if isinstance(error, Busy) else logging.ERROR
                _log.log(level, "worker.interrupted", extra={"duty": name, "reason": reason})
            await asyncio.sleep(_BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS) - 1)])
            failures += 1
        else:
            if failures:
                _log.info("worker.goes_on", extra={"duty": name, "attempts": failures})
            failures = 0


def _is_to_end() -> bool:
    """Whether this task was cancelled; a cancellation that comes out of a lost session ends nothing here.

    A group of tasks takes such an end for wanted, and the worker would go on without the duty, silently.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
