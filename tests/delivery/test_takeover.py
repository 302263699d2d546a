"""Two worker processes, one of them killed: the other one takes over, and nothing is lost or out of order."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ecif.cli.installation import keys_of
from ecif.delivery import Pace
from ecif.settings import Settings
from tests.bank import Opened, open_bank
from tests.delivery.post import Post, post_of
from tests.delivery.receiver import Receiver
from tests.delivery.relaying import in_order

PATIENCE_SECONDS = 60.0
"""Processes start slowly where many tests run beside each other."""

HOLDER = "SELECT holder FROM subscription WHERE leased_until > now()"


@asynccontextmanager
async def worker(settings: Settings, url: str, log: Path) -> AsyncIterator[Process]:
    environment = {
        **os.environ,
        "ECIF_HOME": str(settings.home),
        "ECIF_DATABASE_URL": url,
        "ECIF_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "ECIF_WEBHOOK_HTTP": "true",
        "ECIF_POOL_MAX_SIZE": "4",
    }
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ecif.cli", "work", env=environment, stdin=DEVNULL, stderr=file
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_killed_worker_is_replaced_and_nothing_is_lost(
    database_url: str, tmp_path: Path, run_folder: Path, receiver: Receiver
) -> None:
    settings, log = Settings(home=tmp_path), run_folder / "logs" / "takeover.log"
    async with open_bank(database_url, keys=keys_of(settings).master) as bank:
        post = post_of(bank)
        subscription, _ = await post.subscribe(receiver.url)
        async with worker(settings, database_url, log) as first:
            people = await bank.people("张伟", "李娜", "王芳")
            await receiver.wait_for_count(6, PATIENCE_SECONDS)
            async with worker(settings, database_url, log):
                held = await _another_than(post, None)
                enough = asyncio.Event()
                making = asyncio.create_task(_keep_making(post, people, enough))
                await receiver.wait_for_count(len(receiver.got) + 5, PATIENCE_SECONDS)
                first.kill()
                await first.wait()
                await _another_than(post, held)
                enough.set()
                await making
                count = (await bank.rows("SELECT count(*) AS count FROM outbox"))[0]["count"]
                assert isinstance(count, int)
                await receiver.wait_for(
                    lambda: len({each["id"] for each in receiver.events()}) == count,
                    PATIENCE_SECONDS,
                )
                await post.until(subscription.id, PATIENCE_SECONDS, lag=0)

    bodies = {(got.headers["webhook-id"], got.body) for got in receiver.got}
    assert in_order(receiver.events())
    assert len(bodies) == count


def test_a_dead_relay_is_replaced_within_five_seconds_by_design() -> None:
    pace = Pace()

    assert pace.lease <= timedelta(seconds=3)
    assert pace.lease + 2 * timedelta(seconds=pace.tick_seconds) <= timedelta(seconds=5)


async def _another_than(post: Post, holder: object) -> object:
    """Whoever holds the subscription, once it is another one."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            rows = await post.bank.rows(HOLDER)
            if rows and rows[0]["holder"] != holder:
                return rows[0]["holder"]
            await asyncio.sleep(0.02)


async def _keep_making(post: Post, people: list[Opened], enough: asyncio.Event) -> None:
    number = 0
    while not enough.is_set():
        for opened in people:
            number += 1
            await post.pin(opened, f"job {number}")
        await asyncio.sleep(0.02)
