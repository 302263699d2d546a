"""Leases: relays share the work, and one that has lost its lease changes nothing and sends nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from ecif import delivery
from ecif.delivery import Handed, Message, Outcome, Relay, leases, places
from ecif.delivery.leases import Standing
from ecif.delivery.places import LeaseLost, Settlement
from ecif.delivery.runner import Runner
from ecif.errors import Busy
from ecif.store import Statement, Work
from tests.bank import Answer
from tests.delivery.post import QUICK, SOURCE, Post
from tests.delivery.receiver import Receiver
from tests.delivery.relaying import some_events

LEASE = timedelta(seconds=3)
END_LEASES = Statement(text("UPDATE subscription SET leased_until = now() - interval '1 second'"))
HOLDERS = "SELECT holder FROM subscription"
SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def test_relays_share_the_subscriptions_and_take_over_what_one_lets_go(
    post: Post, receiver: Receiver
) -> None:
    for _ in range(4):
        await post.subscribe(receiver.url)

    async with post.relay() as one:
        async with post.relay() as two:
            shared = await _until_held(post, {one.id: 2, two.id: 2})
        taken = await _until_held(post, {one.id: 4})

    assert shared
    assert taken


async def test_a_relay_that_woke_up_too_late_changes_nothing(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    database = post.bank.database
    async with database.connection() as connection:
        [stalled] = await leases.take(connection, Work.new_id(), LEASE, 1)
        await connection.execute(END_LEASES)
        [present] = await leases.take(connection, Work.new_id(), LEASE, 1)
    late = Settlement(position=9, delivered=9, standing=Standing(failures=3), disabled="gone")

    with pytest.raises(LeaseLost):
        await post.bank.do(lambda work: places.settle(work, stalled, late))

    told = await post.look(subscription.id)
    assert present.fencing == stalled.fencing + 1
    assert (told.cursor.position, told.delivered_count, told.status) == (0, 0, "active")
    assert "disabled" not in str(await post.bank.events())


async def test_a_relay_whose_lease_is_over_sends_nothing(post: Post, receiver: Receiver) -> None:
    await post.subscribe(receiver.url)
    count = await some_events(post, people=1)
    database = post.bank.database
    async with database.connection() as connection:
        [held] = await leases.take(connection, Work.new_id(), LEASE, 1)
    runner = Runner(database, held, post.open_sink(held), SOURCE, QUICK)
    running = asyncio.create_task(runner.run())

    runner.feed_reaches(count)
    await asyncio.sleep(0.3)
    during = len(receiver.got)
    runner.lease_until = time.monotonic() + 60
    await receiver.wait_for_count(count)
    runner.stop()
    await running

    assert during == 0


async def test_a_relay_whose_sessions_were_ended_goes_on_without_waiting_for_its_own_lease(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    [anna] = await post.bank.people("Anna")
    first = await post.number()

    async with post.relay(lease=timedelta(minutes=5)):
        await receiver.wait_for_count(first)
        await post.bank.rows(SESSIONS)
        await _until_done(lambda: post.pin(anna, "pilot"))
        await _until_done(post.number)
        told = await _until_done(lambda: post.until(subscription.id, 10.0, lag=0))

    assert told.delivered_count == first + 1


async def test_a_way_out_that_is_slow_to_close_keeps_no_other_subscription_waiting(
    post: Post, receiver: Receiver
) -> None:
    closing = asyncio.Event()

    class Slow:
        async def send(self, _: Message) -> Outcome:
            return Outcome(Handed.DELIVERED, "accepted")

        async def close(self) -> None:
            await closing.wait()

    relay = Relay(post.bank.database, lambda _: Slow(), SOURCE, QUICK)
    changed, _ = await post.subscribe(receiver.url)
    await relay.share_out()
    await post.bank.do(
        lambda work: delivery.change(work, changed.id, {"status": "paused"}, seen_version=None)
    )

    async with asyncio.timeout(2):
        await relay.share_out()
    closing.set()
    await relay.close()


async def _until_done(story: Callable[[], Awaitable[Answer]]) -> Answer:
    """As any caller does who finds the database busy."""
    while True:
        with suppress(Busy):
            return await story()
        await asyncio.sleep(0.05)


async def _until_held(post: Post, wanted: dict[UUID, int]) -> bool:
    async with asyncio.timeout(15):
        while True:
            holders = [row["holder"] for row in await post.bank.rows(HOLDERS)]
            if all(holders.count(relay) == count for relay, count in wanted.items()):
                return True
            await asyncio.sleep(0.05)
