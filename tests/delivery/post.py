"""The post of a bank: its worker's sequencer and relays, driven by the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from ecif import customers, delivery
from ecif.delivery import (
    Allowed,
    Held,
    NewSubscription,
    Outside,
    Pace,
    Relay,
    Secrets,
    Sink,
    Subscription,
    WaysOut,
    WebhookTarget,
)
from ecif.errors import Busy
from ecif.security import Actor
from ecif.store import Sequencer
from tests.bank import ANNA, Bank, Opened

QUICK = Pace(
    lease=timedelta(seconds=3),
    tick_seconds=0.1,
    look_seconds=0.01,
    settle_seconds=0.03,
    move_seconds=0.1,
    ending_seconds=0.5,
)
SOURCE = "urn:ecif:test"


@dataclass(slots=True)
class Post:
    """Subscribes, makes events happen, and runs relays."""

    bank: Bank
    outside: Outside
    _sequencer: Sequencer

    def open_sink(self, held: Held) -> Sink:
        """The real way out, to this machine alone."""
        return WaysOut(self.bank.database.vault, self.outside).open(held)

    async def subscribe(
        self, url: str, *, actor: Actor = ANNA, **said: Any
    ) -> tuple[Subscription, Secrets]:
        """A subscription of a webhook, from the beginning unless it says otherwise."""
        target = WebhookTarget(kind="webhook", url=url, signatures=said.pop("signatures", ["v1"]))
        new = NewSubscription(**{"name": "test", "start": "beginning", "target": target, **said})
        return await self.bank.do(lambda work: delivery.subscribe(work, new), actor=actor)

    async def look(self, subscription_id: UUID) -> Subscription:
        """A subscription as it stands."""
        return await self.bank.do(lambda work: delivery.get_subscription(work, subscription_id))

    async def pin(self, customer: Opened, *values: str) -> None:
        """Make one more event of a customer happen for each value."""
        for value in values:

            async def story(work: Any, value: str = value) -> None:
                folder = await customers.take_for_pin(work, customer.no)
                await customers.pin(work, folder, "occupation", value, reason="test")

            await self.bank.do(story)

    async def number(self) -> int:
        """Give positions to what has happened."""
        async with self.bank.database.begin(Actor.worker("sequencer")) as work:
            return await self._sequencer.tick(work.connection)

    @asynccontextmanager
    async def relay(self, **paced: Any) -> AsyncIterator[Relay]:
        """A relay at work; it lets everything go at the end."""
        relay = Relay(self.bank.database, self.open_sink, SOURCE, replace(QUICK, **paced))
        duties = [asyncio.create_task(_for_ever(each)) for each in (relay.go_on, relay.look)]
        try:
            yield relay
        finally:
            for duty in duties:
                duty.cancel()
                with suppress(asyncio.CancelledError):
                    await duty
            await relay.close()

    async def until(
        self, subscription_id: UUID, seconds: float = 20.0, **facts: Any
    ) -> Subscription:
        """Wait until a subscription says these things of itself."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.look(subscription_id)
                if all(getattr(found, name) == value for name, value in facts.items()):
                    return found
                await asyncio.sleep(0.02)


def post_of(bank: Bank, **outside: Any) -> Post:
    """The post of a bank that delivers to this machine alone."""
    allowed = Allowed.of(["127.0.0.0/8"], http=True)
    return Post(bank, Outside(**{"allowed": allowed, **outside}), Sequencer())


async def _for_ever(go_on: Any) -> None:
    """As the worker does its duties: a database that is not there is asked again."""
    while True:
        try:
            await go_on()
        except Busy:
            await asyncio.sleep(0.05)
