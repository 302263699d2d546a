"""One subscription at work: reads the feed after its cursor, sends in order per customer, settles in batches."""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Final

from ecif.delivery.care import WORKER_DIED, Care
from ecif.delivery.lanes import Entry, Lanes
from ecif.delivery.leases import Held
from ecif.delivery.pace import Pace
from ecif.delivery.places import MOST_APART, LeaseLost, apart_of, settle
from ecif.delivery.progress import Progress
from ecif.delivery.sink import Handed, Message, Outcome, Sink
from ecif.delivery.telling import entries_of, message_at, wanted_of
from ecif.errors import Busy
from ecif.security import Actor
from ecif.store import (
    Courtesy,
    Cursor,
    CursorAhead,
    CursorGone,
    Database,
    FeedQuestion,
    read_after,
)

_WINDOW: Final = 1_000
_PAGE: Final = 500
_PROBES: Final = 4
_log = logging.getLogger("ecif.deliveries")


@dataclass(slots=True)
class Runner:
    """Carries one subscription as long as its lease lasts; `head` and `lease_until` are kept by its relay.

    `courtesy` and `turn` are shared by all that the process carries; whatever is sent alone takes the turn.
    """

    database: Database
    held: Held
    sink: Sink
    source: str
    pace: Pace
    courtesy: Courtesy = field(default_factory=Courtesy)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    head: int = 0
    lease_until: float = 0.0
    progress: Progress = field(init=False)
    _care: Care = field(init=False)
    _stopping: bool = field(default=False, init=False)
    _senders: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _settled: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Begin at the cursor."""
        self.progress = Progress(
            Lanes(self.held.position), self.held.standing, self.pace.chance, self.held.position
        )
        self._care = Care(self.database, self.held, self.turn)

    async def run(self) -> None:
        """Deliver until stopped, disabled, or until the lease is lost."""
        try:
            async with self.database.connection() as connection:
                for entry in await apart_of(connection, self.held):
                    self.progress.lanes.add(entry)
            while not self._is_over():
                await self._read_on()
                self._dispatch()
                await self._settle_when_due()
                await self._rest()
            await self._settle(is_last=True)
        except LeaseLost:
            _log.info("delivery.lease_lost", extra={"subscription": str(self.held.id)})
        finally:
            for sender in self._senders:
                sender.cancel()
            await self.sink.close()

    def stop(self) -> None:
        """Send nothing more; what is on its way may end, then the place is settled and `run` returns."""
        self._stopping = True
        self._wake.set()

    def feed_reaches(self, position: int) -> None:
        """The feed has events up to here."""
        if position > self.head:
            self.head = position
            self._wake.set()

    def _is_over(self) -> bool:
        if self.progress.disabled is not None:
            self._stopping = True
        return self._stopping and not self._senders

    async def _read_on(self) -> None:
        """Take in a page of events, when there are any and there is room for them."""
        lanes = self.progress.lanes
        if not self._has_room() or self._stopping or lanes.read_to >= self.head:
            return
        question = FeedQuestion(
            after=Cursor(self.held.epoch, lanes.read_to), limit=_PAGE, types=self.held.types
        )
        try:
            page = await read_after(self.database, question, legal_entity=self.held.legal_entity)
        except (CursorGone, CursorAhead) as refusal:
            self.progress.disable(refusal.slug)
            self._wake.set()
            return
        async with self.database.connection() as connection:
            rows = await wanted_of(connection, self.held, page.events)
            vault = self.database.vault
            for entry in await entries_of(connection, vault, self.held, self.source, rows):
                lanes.add(entry)
        lanes.read_up_to(page.next.position)

    def _has_room(self) -> bool:
        lanes = self.progress.lanes
        return lanes.open_count <= _WINDOW - _PAGE and lanes.apart_count < MOST_APART

    def _dispatch(self) -> None:
        """Send what may be sent, so many at once as the endpoint's standing allows."""
        while self._has_sender_free():
            entry = self._next()
            if entry is None:
                break
            sender = asyncio.create_task(self._send_on(entry))
            self._senders.add(sender)
            sender.add_done_callback(self._sent)
        if not self._senders:
            self.progress.is_quiet(self.pace.clock())

    def _has_sender_free(self) -> bool:
        return len(self._senders) < self._at_once()

    def _at_once(self) -> int:
        if self._care.is_careful:
            return 1
        return _PROBES if self.progress.standing.failures else self.pace.at_once

    def _may_send(self) -> bool:
        """Whether anything may go: a stalled relay that wakes up finds its lease over.

        The loop's own clock stands still while it works through what is ready, so the machine's is asked.
        """
        is_ours = time.monotonic() < self.lease_until
        return is_ours and not self._stopping and self.progress.disabled is None

    def _next(self) -> Entry | None:
        """The next event to send; none when none may go now."""
        now = self.pace.clock()
        if not self._may_send() or now < self.progress.is_resting_until:
            return None
        entry = self.progress.lanes.next(now)
        while entry is not None and entry.position == self._care.culprit:
            self.progress.park(entry, WORKER_DIED, now)
            entry = self.progress.lanes.next(now)
        return entry

    async def _send_on(self, first: Entry) -> None:
        """Send one event after the other, as long as there are any."""
        entry: Entry | None = first
        while entry is not None:
            outcome = await self._send(entry)
            if self.progress.is_clean:
                self._wake.set()
            self.progress.took(entry, outcome, self.pace.clock())
            await self.courtesy.rest(self.head - self.progress.lanes.read_to)
            entry = self._next() if len(self._senders) <= self._at_once() else None

    def _sent(self, sender: asyncio.Task[None]) -> None:
        self._senders.discard(sender)
        self._wake.set()
        if sender.cancelled():
            self.stop()  # what became of its event is not known: whoever carries on from our place sends it again
        elif (error := sender.exception()) is not None:
            is_expected = isinstance(error, LeaseLost | Busy)
            level = logging.INFO if is_expected else logging.ERROR
            _log.log(level, "delivery.interrupted", extra={"reason": type(error).__name__})
            self.stop()

    async def _send(self, entry: Entry) -> Outcome:
        message = entry.message
        if message is None:
            message = await message_at(self.database, self.held, self.source, entry.position)
        if message is None:
            return Outcome(Handed.REFUSED, "no-message")
        if self._care.is_careful:
            return await self._care.alone(entry.position, self._hand_over(message))
        return await self._hand_over(message)

    async def _hand_over(self, message: Message) -> Outcome:
        try:
            return await self.sink.send(message)
        except (
            Exception
        ) as error:  # an event that breaks its way out is set aside and stops nobody else
            _log.error("delivery.not_sent", extra={"reason": type(error).__name__})
            return Outcome(Handed.REFUSED, "not-sent")

    async def _settle_when_due(self) -> None:
        if time.monotonic() - self._settled >= self._settle_after():
            await self._settle()
            self._settled = time.monotonic()

    def _settle_after(self) -> float:
        """How long after the last settlement the next one is due; a cursor that has moved alone may wait."""
        if not self.progress.is_clean:
            return self.pace.settle_seconds
        return self.pace.move_seconds if self.progress.has_moved else inf

    async def _settle(self, *, is_last: bool = False) -> None:
        settlement = self.progress.settlement(self.pace.clock(), is_last=is_last)
        actor = Actor.worker("deliveries", legal_entity=self.held.legal_entity)
        await self.database.run(actor, lambda work: settle(work, self.held, settlement))
        await self._care.settled()

    async def _rest(self) -> None:
        """Wait for something to do; others come to their turn even when there is."""
        seconds = self._seconds_to_rest()
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
        else:
            await asyncio.sleep(0)
        self._wake.clear()

    def _seconds_to_rest(self) -> float:
        lanes = self.progress.lanes
        if lanes.read_to < self.head and self._has_room() and not self._stopping:
            return 0.0
        now = self.pace.clock()
        rests = [self.pace.tick_seconds]
        rests.append(self._settled + self._settle_after() - time.monotonic())
        resting_until = self.progress.is_resting_until
        if resting_until > now:
            rests.append(resting_until - now)
        # What is due and may not go now is no reason to hurry: whoever ends, or changes that, wakes us.
        elif self._may_send() and self._has_sender_free():
            due = lanes.next_due()
            rests.append(inf if due is None else due - now)
        return max(0.0, min(rests))
