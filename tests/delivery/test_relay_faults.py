"""What the relay does when an endpoint, an event or the feed itself fails."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from ecif import delivery
from ecif.delivery import Allowed
from ecif.delivery.leases import Standing
from ecif.store import Statement
from tests.bank import person
from tests.delivery.post import Post, post_of
from tests.delivery.receiver import Delivered, Receiver, open_receiver
from tests.delivery.relaying import fast_clock, in_order, some_events

RESTORED = Statement(text("UPDATE sequencer SET epoch = epoch + 1"))


PASSED = Statement(
    text(
        "UPDATE subscription SET failing_since = now() - CAST(:age AS interval), retry_at = now() - interval '1 second'"
    )
)


async def test_an_endpoint_that_is_down_for_a_while_loses_nothing_and_needs_no_rows(
    post: Post,
) -> None:
    answers = iter([503] * 9)
    async with open_receiver(lambda _: next(answers, 204)) as receiver:
        subscription, _ = await post.subscribe(receiver.url)
        count = await some_events(post)

        async with post.relay(chance=lambda: 0.0, clock=fast_clock(1_000.0)):
            told = await post.until(subscription.id, lag=0, apart=0)

    assert told.delivered_count == count
    assert (told.failure, told.failure_status) == ("server-error", 503)
    assert told.held.standing == Standing()
    assert in_order([each.event for each in receiver.got[9:]])


async def test_a_poison_event_blocks_its_customer_alone(post: Post) -> None:
    poisoned: set[str] = set()

    def script(got: Delivered) -> int:
        return 422 if got.event["subject"] in poisoned else 204

    async with open_receiver(script) as receiver:
        subscription, _ = await post.subscribe(receiver.url)
        victim = await post.bank.customer(person("Jana Nováková"))
        poisoned.add(victim.no)
        count = await some_events(post)
        await post.pin(victim, "pilot")
        await post.number()

        async with post.relay():
            told = await post.until(subscription.id, lag=0, delivered_count=count - 2)
            waiting = await post.bank.do(
                lambda work: delivery.list_waiting(
                    work, subscription.id, state=None, after=None, limit=10
                )
            )

    assert [each.state for each in waiting.items] == ["due", "waiting", "waiting"]
    assert {each.customers for each in waiting.items} == {(victim.no,)}
    assert (told.apart, told.failure, told.status) == (3, "rejected", "active")


async def test_an_endpoint_that_says_gone_is_disabled_and_the_feed_tells_it(post: Post) -> None:
    async with open_receiver(lambda _: 410) as receiver:
        subscription, _ = await post.subscribe(receiver.url)
        await some_events(post, people=1)

        async with post.relay():
            told = await post.until(subscription.id, status="disabled")

    event = (await post.bank.events())[-1]
    assert (told.why, told.cursor.position) == ("gone", 0)
    assert event["type"] == "ecif.subscription.disabled.v1"
    assert event["subject"] is None


async def test_five_days_of_failures_are_told_in_the_feed(post: Post) -> None:
    async with open_receiver(lambda _: 500) as receiver:
        subscription, _ = await post.subscribe(receiver.url)
        await some_events(post, people=6)
        async with post.bank.database.connection() as connection:
            await connection.execute(PASSED, age=timedelta(days=6))

        async with post.relay():
            await _until_told(post, "ecif.subscription.failing.v1")

    told = await post.look(subscription.id)
    assert (told.status, told.held.standing.failing_told) == ("active", True)


async def test_a_place_that_the_feed_no_longer_holds_is_never_passed_over_silently(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    await some_events(post, people=1)
    async with post.bank.database.connection() as connection:
        await connection.execute(RESTORED)

    async with post.relay():
        told = await post.until(subscription.id, status="disabled")

    assert (told.why, receiver.got) == ("cursor-gone", [])
    assert (await post.bank.events())[-1]["type"] == "ecif.subscription.disabled.v1"


async def test_an_endpoint_that_keeps_silent_holds_nobody_else_up(
    post: Post, receiver: Receiver
) -> None:
    async with open_receiver(lambda _: None) as silent:
        stuck, _ = await post.subscribe(silent.url)
        subscription, _ = await post.subscribe(receiver.url)
        count = await some_events(post, people=40, each=2)

        async with post.relay(at_once=8):
            await receiver.wait_for_count(count)
            await post.until(subscription.id, lag=0)
            waiting = await post.look(stuck.id)

    assert in_order(receiver.events())
    assert waiting.delivered_count == 0
    assert silent.connections <= 8


async def test_what_is_no_longer_allowed_is_not_sent_and_loses_nothing(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    count = await some_events(post, people=1)
    changed = post_of(post.bank, allowed=Allowed())

    async with changed.relay():
        told = await post.until(subscription.id, failure="address-not-allowed")
    async with post.relay():
        await post.bank.do(
            lambda work: delivery.change(
                work, subscription.id, {"status": "active"}, seen_version=None
            )
        )
        await post.until(subscription.id, delivered_count=count)

    assert (told.cursor.position, told.apart) == (0, 0)


async def _until_told(post: Post, type_of_event: str) -> None:
    async with asyncio.timeout(15):
        while True:
            if (await post.bank.events())[-1]["type"] == type_of_event:
                return
            await asyncio.sleep(0.02)
