"""How long the feed is kept for somebody: until it has been received, or longer than the bank waits."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from ecif import delivery
from ecif.settings import Settings
from ecif.store import Statement
from ecif.worker import Worker
from tests.delivery.post import Post
from tests.delivery.receiver import Receiver
from tests.delivery.relaying import some_events

OLDER = Statement(text("UPDATE outbox SET time = time - CAST(:age AS interval)"))
LEFT = "SELECT count(*) AS count FROM feed"


async def pass_days(post: Post, worker: Worker, days: int) -> int:
    """Let days pass and the worker clear up; how many events are left in the feed."""
    async with post.bank.database.connection() as connection:
        await connection.execute(OLDER, age=timedelta(days=days))
    await worker.cut_feed_once()
    await worker.cut_feed_once()
    count = (await post.bank.rows(LEFT))[0]["count"]
    assert isinstance(count, int)
    return count


def worker_of(post: Post, home: Path) -> Worker:
    return Worker(post.bank.database, Settings(home=home, feed_days=90, subscription_days=180))


async def test_what_everybody_has_received_goes_after_its_days(
    post: Post, receiver: Receiver, tmp_path: Path
) -> None:
    worker = worker_of(post, tmp_path)
    subscription, _ = await post.subscribe(receiver.url)
    count = await some_events(post, people=1)
    async with post.relay():
        await post.until(subscription.id, lag=0)

    early, late = await pass_days(post, worker, 89), await pass_days(post, worker, 2)

    assert (early, late) == (count, 0)


async def test_a_subscriber_that_is_behind_finds_everything_until_the_bank_waits_no_longer(
    post: Post, receiver: Receiver, tmp_path: Path
) -> None:
    worker = worker_of(post, tmp_path)
    subscription, _ = await post.subscribe(receiver.url)
    await post.bank.do(
        lambda work: delivery.change(work, subscription.id, {"status": "paused"}, seen_version=None)
    )
    count = await some_events(post, people=1)

    kept, gone = await pass_days(post, worker, 179), await pass_days(post, worker, 2)

    assert (kept, gone) == (count, 0)


async def test_whoever_lost_its_place_is_disabled_and_told_never_moved_on(
    post: Post, receiver: Receiver, tmp_path: Path
) -> None:
    worker = worker_of(post, tmp_path)
    subscription, _ = await post.subscribe(receiver.url)
    await some_events(post, people=1)
    await pass_days(post, worker, 181)
    await some_events(post, people=1)

    async with post.relay():
        told = await post.until(subscription.id, status="disabled")

    assert (told.why, told.cursor, receiver.got) == ("cursor-gone", subscription.cursor, [])
    assert (await post.bank.events())[-1]["type"] == "ecif.subscription.disabled.v1"
