"""Twenty webhooks, all good; then the same with one that never answers and one that answers a byte per second.

`python -m bench.isolation [--seconds 30]`: how late events come to the good ones, by turns, in one worker process.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import uvloop
from rich.console import Console

from bench.delivering import Post
from bench.ground import Ground
from bench.speed import QUICK
from bench.stand import CORES, OTHER_CORE, SERVER_CORE
from bench.undisturbed import undisturbed
from ecif import delivery
from ecif.cli.installation import keys_of
from ecif.delivery import NewSubscription, WebhookTarget
from ecif.opening import opened
from ecif.security import Actor, Scope
from ecif.settings import Settings
from ecif.worker import Worker

SUBSCRIBERS: Final = 20
RATE: Final = 15.0
"""Events per second; each goes to every subscriber."""

_ROUNDS: Final = 3
_BAD: Final = ("hole", "drip")
_BENCH: Final = Actor("bench", frozenset({Scope.ADMIN}))


async def _subscribe(post: Post, bad: tuple[str, ...]) -> None:
    paths = [*bad, *(f"good{number}" for number in range(SUBSCRIBERS - len(bad)))]
    for path in paths:
        url = f"http://127.0.0.1:{post.port}/{path}"
        new = NewSubscription(name=path, target=WebhookTarget(kind="webhook", url=url), start="now")
        async with post.database.begin(_BENCH) as work:
            await delivery.subscribe(work, new)


async def _round(
    told: argparse.Namespace, ground: Ground, bad: tuple[str, ...]
) -> dict[str, float]:
    """Events at their rate through one worker on a fresh copy."""
    told.url = await asyncio.to_thread(ground.copy, "ecif_isolation")
    settings = Settings(home=told.home, webhook_networks="127.0.0.0/8", webhook_http=True)
    database = await opened(settings, keys_of(settings), told.url)
    try:
        post, worker = Post(told, database, settings), Worker(database, settings)
        while await worker.sequence_once():
            pass
        await _subscribe(post, bad)
        with post.receiver("--timed"):
            duties = asyncio.create_task(worker.run())
            await asyncio.sleep(3)
            await _write(told)
            await asyncio.sleep(2)
            heard = await asyncio.to_thread(post.heard)
            duties.cancel()
            await asyncio.wait([duties])
        expected = told.events * (SUBSCRIBERS - len(bad))
        return {**heard, "missing": expected - heard["count"]}
    finally:
        await database.close()


def _run(told: argparse.Namespace, ground: Ground, bad: tuple[str, ...]) -> dict[str, float]:
    return uvloop.run(_round(told, ground, bad))


async def _write(told: argparse.Namespace) -> None:
    words = ["--url", told.url, "--home", str(told.home), "--events", str(told.events)]
    words += ["--rate", str(RATE), "--core", str(SERVER_CORE), "--other-core", str(OTHER_CORE)]
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.delivering", *words, "--mode", "write"
    )
    await writer.wait()


def measure(told: argparse.Namespace, ground: Ground) -> dict[str, object]:
    """By turns, so that what others do on this machine meets both alike."""
    good: list[dict[str, float]] = []
    bad: list[dict[str, float]] = []
    for _ in range(_ROUNDS):
        for beside, rounds in (((), good), (_BAD, bad)):
            rounds.append(undisturbed(partial(_run, told, ground, beside)))
            sys.stderr.write(f"beside {len(beside)} bad ones: {json.dumps(rounds[-1])}\n")
    usual, then = (median(each["p99_ms"] for each in rounds) for rounds in (good, bad))
    return {
        "p99_ms": usual,
        "p99_beside_bad_ms": then,
        "ratio": then / usual,
        "rounds": [good, bad],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    told.events, told.other_core = int(told.seconds * RATE), OTHER_CORE
    os.sched_setaffinity(0, CORES)
    with tempfile.TemporaryDirectory(prefix="ecif-bench-") as scratch:
        told.home = told.home or Path(scratch) / "home"
        told.home.parent.chmod(0o711)  # PostgreSQL runs as another user and passes through
        ground = Ground(told.home, QUICK.customers)
        try:
            ground.start()
            Console(stderr=True).print("[dim]… storing customers[/dim]")
            ground.store_customers()
            json.dump(measure(told, ground), sys.stdout, indent=2)
        finally:
            ground.postgres.stop()


if __name__ == "__main__":
    main()
