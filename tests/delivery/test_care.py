"""An event that kills whoever sends it takes down no worker after the other: it is found and parked."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ecif import delivery
from ecif.delivery import Handed, Held, Message, Outcome, Relay, Subscription
from ecif.delivery.care import Care
from ecif.store import Statement
from tests.delivery.post import QUICK, SOURCE, Post
from tests.delivery.receiver import Receiver

LEASES_END = Statement(text("UPDATE subscription SET leased_until = now() - interval '1 second'"))
LONG_AGO = Statement(text("UPDATE subscription SET taken_at = now() - interval '1 minute'"))


class Mortal:
    """A way out on which one event kills the process."""

    def __init__(self, process: "Process") -> None:
        self.process = process

    async def send(self, message: Message) -> Outcome:
        if message.position in self.process.deadly:
            self.process.died.set()
            await asyncio.Event().wait()  # never comes back
        await asyncio.sleep(0.001)
        self.process.sent.append(message.position)
        return Outcome(Handed.DELIVERED, "accepted")

    async def close(self) -> None:
        """Nothing is open."""


class Process:
    """A worker that dies of some events without a word: what it holds, it holds until its lease ends."""

    def __init__(self, post: Post, deadly: set[int]) -> None:
        self.post, self.deadly = post, deadly
        self.sent: list[int] = []
        self.died = asyncio.Event()

    async def live(self, seconds: float) -> bool:
        """Deliver until dead, or for some time; whether it died."""
        relay = Relay(self.post.bank.database, lambda _: Mortal(self), SOURCE, QUICK)
        duties = [asyncio.create_task(_for_ever(each)) for each in (relay.go_on, relay.look)]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.died.wait()
        for duty in duties:
            duty.cancel()
        await asyncio.wait(duties)
        if not self.died.is_set():
            await relay.close()
            return False
        running = list(relay._running.values())
        for each in running:
            each.cancel()
        await asyncio.wait(running)
        async with self.post.bank.database.connection() as connection:
            await connection.execute(LEASES_END)
        return True


async def test_an_event_that_kills_is_parked_and_the_others_arrive(
    post: Post, receiver: Receiver
) -> None:
    bad, _ = await post.subscribe(receiver.url)
    good, _ = await post.subscribe(receiver.url)
    people = await post.bank.people(*[f"Jana {number}" for number in range(8)])
    for opened in people:
        await post.pin(opened, "pilot", "baker")
    count = await post.number()
    deadly = {3}

    deaths = 0
    while await Process(post, deadly).live(6.0):
        deaths += 1
    last = Process(post, set())
    await last.live(0.5)

    parked = [await _parked(post, each) for each in (bad, good)]
    assert deaths <= 8, "of each subscription: two in a row make careful, then two find the event"
    assert parked == [[(3, "worker-died")]] * 2
    assert [(await post.look(each.id)).cursor.position for each in (bad, good)] == [count] * 2
    assert last.sent == []


async def test_what_somebody_sends_again_is_not_parked_again_at_once(
    post: Post, receiver: Receiver
) -> None:
    """The deaths may have had another cause: whoever decides about the event has decided."""
    subscription, _ = await post.subscribe(receiver.url)
    await post.bank.people("Jana", "Petr")
    count = await post.number()
    while await Process(post, {1}).live(3.0):
        pass
    before = await _parked(post, subscription)

    await post.bank.do(lambda work: delivery.retry(work, subscription.id, 1))
    again = Process(post, set())
    await again.live(1.0)

    assert before == [(1, "worker-died")]
    assert again.sent == [1, 2], "and what waited behind it"
    assert (await post.look(subscription.id)).cursor.position == count
    assert await _parked(post, subscription) == []


async def test_deaths_that_no_event_is_guilty_of_park_nothing(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    for _ in range(5):
        held = await _taken(post)
        await _run(post, LEASES_END)
    last = await _taken(post)

    assert (held.crashes, last.crashes, last.accusations) == (4, 5, 0)
    assert await _parked(post, subscription) == []


async def test_a_death_after_a_while_is_none_of_a_series(post: Post, receiver: Receiver) -> None:
    await post.subscribe(receiver.url)
    for _ in range(3):
        await _taken(post)
        await _run(post, LONG_AGO)
        await _run(post, LEASES_END)

    assert (await _taken(post)).crashes == 1


async def test_one_that_keeps_silent_holds_the_others_up_for_longer_after_each_death(
    post: Post, receiver: Receiver
) -> None:
    """A takeover that must be careful is still one within seconds."""
    await post.subscribe(receiver.url)
    looks = []
    for _ in range(8):
        held = await _taken(post)
        looks.append(Care(post.bank.database, held, asyncio.Lock()).look_seconds)
        await _run(post, LEASES_END)

    assert looks == [0.25, 0.25, 0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


async def _taken(post: Post) -> Held:
    async with post.bank.database.connection() as connection:
        [held] = await delivery.leases.take(connection, UUID(int=7), timedelta(seconds=3), 1)
    return held


async def _run(post: Post, statement: Statement) -> None:
    async with post.bank.database.connection() as connection:
        await connection.execute(statement)


async def _parked(post: Post, subscription: Subscription) -> list[tuple[int, Any]]:
    page = await post.bank.do(
        lambda work: delivery.list_waiting(
            work, subscription.id, state="parked", after=None, limit=9
        )
    )
    return [(each.position, each.reason) for each in page.items]


async def _for_ever(go_on: Any) -> None:
    while True:
        await go_on()
