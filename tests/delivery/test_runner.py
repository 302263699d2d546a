"""One subscription at work: whatever may not go now keeps nobody else of the process from working."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from ecif.delivery import Handed, Message, Outcome, leases
from ecif.delivery.runner import Runner
from ecif.store import Work
from tests.delivery.post import QUICK, SOURCE, Post
from tests.delivery.relaying import fast_clock, some_events

_FAR_SECONDS = 600.0


@dataclass
class Stubborn:
    """A way out that refuses its first message once, so that it is due again soon, and keeps silent on the second."""

    said: Counter[int] = field(default_factory=Counter)
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    speaks: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> Outcome:
        is_first = not self.said
        self.said[message.position] += 1
        if is_first:
            return Outcome(Handed.REFUSED, "rejected", 422)
        self.silent.set()
        await self.speaks.wait()
        return Outcome(Handed.DELIVERED, "accepted", 200)

    async def close(self) -> None:
        """Nothing is open."""


def _nothing(runner: Runner) -> None:
    """Its only sender is on its way."""


def _lease_over(runner: Runner) -> None:
    runner.lease_until = time.monotonic()


@pytest.mark.parametrize("happens", [_nothing, Runner.stop, _lease_over])
async def test_what_is_due_and_may_not_go_yet_does_not_take_the_whole_process(
    post: Post, happens: Callable[[Runner], None]
) -> None:
    """It once did: the loop asked again and again, nobody else came to his turn, and what was awaited never came."""
    sink = Stubborn()
    await post.subscribe("https://example.com/")
    count = await some_events(post, people=3, each=0)
    async with post.bank.database.connection() as connection:
        [held] = await leases.take(connection, Work.new_id(), QUICK.lease, 1)
    pace = replace(QUICK, at_once=1, clock=fast_clock(1_000))
    runner = Runner(post.bank.database, held, sink, SOURCE, pace)
    runner.lease_until = time.monotonic() + _FAR_SECONDS
    runner.feed_reaches(count)

    running = asyncio.create_task(runner.run())
    await sink.silent.wait()
    happens(runner)
    await asyncio.sleep(0.3)  # long after the first message is due again
    while_silent = dict(sink.said)
    sink.speaks.set()
    runner.lease_until = time.monotonic() + _FAR_SECONDS
    while not runner._stopping and len(sink.said) < count:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    runner.stop()
    await running

    assert list(while_silent.values()) == [1, 1]
