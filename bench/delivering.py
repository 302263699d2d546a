"""One worker process delivering webhooks: events that wait as fast as it can, or events as they happen at a rate."""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from bench.happening import happen
from ecif import delivery
from ecif.cli.installation import keys_of
from ecif.delivery import NewSubscription, Outside, WaysOut, WebhookTarget
from ecif.opening import opened
from ecif.security import Actor, Scope
from ecif.settings import Settings
from ecif.store import Cursor, Database, FeedQuestion, read_after
from ecif.worker import Worker

BENCH = Actor("bench", frozenset({Scope.ADMIN}))
AT_ONCE = 32


class Post:
    """The worker, its database, and a receiver on the other core."""

    def __init__(self, told: argparse.Namespace, database: Database, settings: Settings) -> None:
        """Use an open database."""
        self.told, self.database, self.settings = told, database, settings
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook"

    async def subscribe(self, start: str | Cursor) -> None:
        """One subscription of the receiver."""
        target = WebhookTarget(kind="webhook", url=self.url)
        new = NewSubscription(name="bench", target=target, start=start)  # type: ignore[arg-type]
        await self.database.run(BENCH, lambda work: delivery.subscribe(work, new))

    @contextmanager
    def receiver(self, *words: str) -> Iterator[None]:
        """The receiver, as long as the block lasts."""
        command = [sys.executable, "-m", "bench.receiving", "--port", str(self.port), *words]
        process = subprocess.Popen([*command, "--core", str(self.told.other_core)])
        try:
            self.heard()
            yield
        finally:
            process.kill()
            process.wait()

    def wait_for(self, count: float) -> None:
        """Wait until the receiver has so many."""
        while self.heard()["count"] < count:
            time.sleep(0.05)

    def heard(self) -> dict[str, float]:
        """What the receiver says now."""
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(self.url) as answer:
                told: dict[str, float] = json.loads(answer.read())
                return told
            time.sleep(0.05)
        raise RuntimeError("the receiver does not answer")


async def as_fast_as_it_can(post: Post) -> dict[str, float]:
    """Events that wait: how many a second, and the worker's CPU for each; beside its floors."""
    events = post.told.events
    worker = Worker(post.database, post.settings)
    while await worker.sequence_once():
        pass
    start = await _end(post.database)
    await _happen(post, events)
    while await worker.sequence_once():
        pass
    floors = {"floor_reads_per_second": await _bare_reads(post.told.url, start.position)}
    with post.receiver():
        floors |= await _bare_posts(post, events)
        before = (await asyncio.to_thread(post.heard))["count"]
        await post.subscribe(start)
        began, used = time.perf_counter(), time.process_time()
        duties = asyncio.create_task(worker.run())
        await asyncio.to_thread(post.wait_for, before + events)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        duties.cancel()
        await asyncio.wait([duties])
    return {
        "per_second": events / seconds,
        "cpu_ms": cpu / events * 1_000,
        "seconds": seconds,
        **floors,
    }


async def as_they_happen(post: Post) -> dict[str, float]:
    """Events at a rate, each in its own transaction: how long after its commit the webhook arrives."""
    worker = Worker(post.database, post.settings)
    while await worker.sequence_once():
        pass
    await post.subscribe("now")
    with post.receiver("--timed"):
        duties = asyncio.create_task(worker.run())
        await asyncio.sleep(2)
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.delivering", *sys.argv[1:], "--mode", "write"
        )
        await writer.wait()
        await asyncio.sleep(1)
        heard = await asyncio.to_thread(post.heard)
        duties.cancel()
        await asyncio.wait([duties])
    return heard


async def write(told: argparse.Namespace) -> None:
    """Make events happen, each due at its own moment."""
    os.sched_setaffinity(0, {told.other_core})
    connection = await asyncpg.connect(told.url)
    began = time.perf_counter()
    for place in range(told.events):
        rest = began + place / told.rate - time.perf_counter()
        if rest > 0:
            await asyncio.sleep(rest)
        await happen(connection, first=place % 1_000, customers=1)
    await connection.close()


async def _happen(post: Post, events: int) -> None:
    connection = await asyncpg.connect(post.told.url)
    for _ in range(events // 1_000):
        await happen(connection, first=0, customers=1_000)
    await connection.close()


async def _bare_posts(post: Post, events: int) -> dict[str, float]:
    """The same client with the same body, and nothing else."""
    ways_out = WaysOut(post.database.vault, _outside(post.settings))
    async with post.database.begin(BENCH) as work:
        new = NewSubscription(
            name="floor",
            target=WebhookTarget(kind="webhook", url=post.url),
        )
        made, _ = await delivery.subscribe(work, new)
        await delivery.unsubscribe(work, made.id)
    sink = ways_out.open(made.held)
    message = delivery.Message("e1", 1, "ecif.customer.updated.v1", None, b"x" * 620)
    left = iter(range(events))

    async def send() -> None:
        for _ in left:
            await sink.send(message)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    await sink.close()
    return {"floor_per_second": events / seconds, "floor_cpu_ms": cpu / events * 1_000}


async def _bare_reads(url: str, position: int) -> float:
    """The same events read by the driver alone, in pages."""
    connection = await asyncpg.connect(url)
    began, count = time.perf_counter(), 0
    while rows := await connection.fetch(
        "SELECT f.position, o.event_id, o.type, o.subject, o.sequence, o.time, o.data FROM feed f"
        " JOIN outbox o ON o.id = f.outbox_id WHERE f.position > $1 ORDER BY f.position LIMIT 500",
        position,
    ):
        position, count = rows[-1]["position"], count + len(rows)
    await connection.close()
    return count / (time.perf_counter() - began)


async def _end(database: Database) -> Cursor:
    question = FeedQuestion(after=None, limit=1)
    page = await read_after(database, question, legal_entity="main")
    while not page.is_last:
        question = FeedQuestion(after=page.next, limit=500)
        page = await read_after(database, question, legal_entity="main")
    return page.next


def _outside(settings: Settings) -> Outside:
    return Outside.of(settings.webhook_networks, http=settings.webhook_http)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def _run(told: argparse.Namespace) -> dict[str, Any]:
    settings = Settings(home=told.home, webhook_networks="127.0.0.0/8", webhook_http=True)
    database = await opened(settings, keys_of(settings), told.url)
    try:
        measure = as_they_happen if told.mode == "live" else as_fast_as_it_can
        return await measure(Post(told, database, settings))
    finally:
        await database.close()


def main() -> None:
    """Measure one mode and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--other-core", type=int, required=True)
    parser.add_argument("--mode", choices=("waiting", "live", "write"), required=True)
    told = parser.parse_args()
    if told.mode == "write":
        uvloop.run(write(told))
        return
    os.sched_setaffinity(0, {told.core})
    json.dump(uvloop.run(_run(told)), sys.stdout)


if __name__ == "__main__":
    main()
