import asyncio
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from ecif import customers, delivery
from tests.bank import person
from tests.delivery.post import Post
from tests.delivery.receiver import Delivered, Receiver, open_receiver
from tests.delivery.relaying import fast_clock, in_order, some_events


async def test_every_event_reaches_the_subscriber_in_order(post: Post, receiver: Receiver) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    count = await some_events(post)

    async with post.relay():
        await receiver.wait_for_count(count)
        told = await post.until(subscription.id, lag=0)

    assert sorted(event["position"] for event in receiver.events()) == list(range(1, count + 1))
    assert in_order(receiver.events())
    assert (told.delivered_count, told.apart, told.failure) == (count, 0, None)


async def test_a_merge_waits_until_every_participant_has_caught_up(post: Post) -> None:
    one, other = await post.bank.people("张伟", "李娜")
    refused = {other.no}

    def script(got: Delivered) -> int:
        return 422 if got.event["subject"] in refused else 204

    async with open_receiver(script) as receiver:
        subscription, _ = await post.subscribe(receiver.url)
        await post.bank.do(
            lambda work: customers.merge(work, one.no, [other.no], reason="same", seen_version=None)
        )
        await post.number()

        async with post.relay(chance=lambda: 0.0, clock=fast_clock(50.0)):
            await post.until(subscription.id, lag=0, apart=4)
            before = [each.event["type"] for each in receiver.taken]
            refused.clear()
            await post.until(subscription.id, apart=0)

    kinds = [each.event["type"] for each in receiver.got if each.event["subject"] == one.no]
    assert "ecif.customer.merged.v1" not in before
    assert kinds[-1] == "ecif.customer.merged.v1"
    assert in_order([each.event for each in receiver.taken])


async def test_pausing_keeps_the_place(post: Post, receiver: Receiver) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    count = await some_events(post, people=1)

    async with post.relay():
        await receiver.wait_for_count(count)
        await post.until(subscription.id, lag=0)
        await _set(post, subscription.id, "paused")
        more = await some_events(post, people=2)
        await asyncio.sleep(0.4)
        during = len(receiver.got)
        await _set(post, subscription.id, "active")
        await post.until(subscription.id, lag=0)

    positions = [event["position"] for event in receiver.events()]
    assert during == count
    assert sorted(positions) == list(range(1, count + more + 1))


async def test_a_replay_sends_the_same_bytes_again(post: Post, receiver: Receiver) -> None:
    subscription, _ = await post.subscribe(receiver.url, content="masked")
    count = await some_events(post, people=2)

    async with post.relay():
        await post.until(subscription.id, lag=0)
        await receiver.wait_for_count(count)
        await some_events(post, people=1)  # the customers go on changing
        start = subscription.cursor
        await post.bank.do(lambda work: delivery.replay(work, subscription.id, start))
        await post.until(subscription.id, lag=0)

    bodies = defaultdict(set)
    for got in receiver.got:
        bodies[got.headers["webhook-id"]].add(got.body)
    assert len(receiver.got) >= 2 * count
    assert all(len(each) == 1 for each in bodies.values())


async def test_one_event_is_sent_once_more_beside_the_others(
    post: Post, receiver: Receiver
) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    count = await some_events(post, people=1)

    async with post.relay():
        await post.until(subscription.id, lag=0)
        await post.bank.do(lambda work: delivery.send_once_more(work, subscription.id, 2))
        await receiver.wait_for_count(count + 1)
        told = await post.until(subscription.id, apart=0)

    assert receiver.got[-1].body == receiver.got[1].body
    assert told.lag == 0


async def test_content_is_the_customer_as_of_the_events_version(
    post: Post, receiver: Receiver
) -> None:
    opened = await post.bank.customer(person("Jana Nováková", occupation="clerk"))
    await post.pin(opened, "pilot", "baker")
    await post.number()
    subscription, _ = await post.subscribe(receiver.url, content="full")
    async with open_receiver() as masked:
        other, _ = await post.subscribe(masked.url, content="masked")

        async with post.relay():
            await post.until(subscription.id, lag=0)
            await post.until(other.id, lag=0)

    clear = [event["data"]["customer"] for event in receiver.events()]
    shown = [event["data"]["customer"] for event in masked.events()]
    assert [each["version"] for each in clear] == [1, 1, 2, 3]
    assert [each["golden"]["occupation"] for each in clear] == ["clerk", "clerk", "pilot", "baker"]
    assert all("Jana" not in str(each) for each in shown)
    assert [each["version"] for each in shown] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ({"types": ["ecif.customer.created.v1"]}, 2),
        ({"kinds": ["organisation"]}, 0),
        ({"kinds": ["person"]}, 4),
        ({"source_systems": ["core"]}, 4),
        ({"source_systems": ["cards"]}, 0),
    ],
)
async def test_a_subscriber_gets_what_it_chose(
    post: Post, receiver: Receiver, chosen: dict[str, Any], kept: int
) -> None:
    await post.bank.people("张伟", "李娜")
    await post.number()
    subscription, _ = await post.subscribe(receiver.url, **chosen)

    async with post.relay():
        told = await post.until(subscription.id, lag=0)

    assert (len(receiver.got), told.delivered_count) == (kept, kept)


async def test_for_a_day_after_a_rotation_receivers_verify_with_either_secret(
    post: Post, receiver: Receiver
) -> None:
    subscription, before = await post.subscribe(receiver.url)
    _, after = await post.bank.do(lambda work: delivery.rotate_secret(work, subscription.id))
    count = await some_events(post, people=2)

    async with post.relay():
        await receiver.wait_for_count(count)

    for got in receiver.got:
        for secret in (before.secret, after.secret):
            assert secret is not None
            assert Webhook(secret).verify(got.body, got.headers)["id"] == got.headers["webhook-id"]


async def test_the_feed_is_kept_for_those_who_have_not_received_it(
    post: Post, receiver: Receiver
) -> None:
    async def settled() -> int | None:
        async with post.bank.database.connection() as connection:
            return await delivery.settled_position(connection)

    nobody = await settled()
    one, _ = await post.subscribe(receiver.url)
    await some_events(post, people=1)
    behind = await settled()
    async with post.relay():
        await post.until(one.id, lag=0)
    done = await settled()
    await post.bank.do(lambda work: delivery.send_once_more(work, one.id, 3))

    assert (nobody, behind, done, await settled()) == (None, 0, 5, 2)


async def _set(post: Post, subscription_id: UUID, status: str) -> None:
    await post.bank.do(
        lambda work: delivery.change(work, subscription_id, {"status": status}, seen_version=None)
    )
