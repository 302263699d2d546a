"""A lost copy built again from the whole feed, over HTTP and into a broker, while the API goes on being used.

`python -m bench.rebuild [--events 1000000] [--home DIR]`: how long each takes, whether everything came in order, and
the p99 of creates meanwhile beside what is usual. The broker is the NATS that `make test-brokers` has fetched. It and
the copy, which a bank has on other machines, leave the API its core and the database its disk.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import nats
import uvloop
from nats.js.api import StreamConfig
from rich.console import Console

from bench.building import STREAM, SUBJECT, build
from bench.ground import Ground
from bench.happening import happen
from bench.open_loop import quantile
from bench.pinned import start_pinned
from bench.speed import QUICK
from bench.stand import CORES, OTHER_CORE, Stand
from bench.undisturbed import MOST_STOLEN, Stolen, undisturbed
from tests.brokers.install import ROOT
from tests.brokers.servers import ASKED_FOR, Server, nats_server

RATE: Final = 10.0
"""Creates per second while a copy is built: what is usual, far from the most that is possible."""

_DATABASE: Final = "ecif_rebuild"
_TIMES_AT_ONCE: Final = 4
_POSTS: Final = 40_000
_ROOM_BYTES: Final = 4_000_000_000
_LOOP_SECONDS: Final = 15.0
_USUAL_ROUNDS: Final = 5

Told = dict[str, Any]


class Rebuilding:
    """The product on a database with a long feed, and the records that are posted meanwhile."""

    def __init__(self, stand: Stand) -> None:
        """Write the records."""
        self.stand, self.posted = stand, 0
        self.home = stand.ground.home
        known = stand.extent.customers
        records = (stand.ground.world.first_record(known + number) for number in range(_POSTS))
        self.posts = self.home / "rebuild.ndjson"
        lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        self.posts.write_text("".join(lines), encoding="utf-8")

    def usual(self, port: int) -> Told:
        """Creates at their rate; milliseconds from the moments at which they were due."""
        words = ["--port", str(port), "--records", str(self.posts), "--skip", str(self.posted)]
        words += ["--rate", str(RATE), "--seconds", str(_LOOP_SECONDS), "--arrivals", "random"]
        self.posted += int(RATE * _LOOP_SECONDS * 1.5)
        stolen = Stolen()
        told = self.stand.beside("bench.open_loop", words, OTHER_CORE)
        return {**told, "stolen_share": stolen.share()}

    def while_building(self, port: int, building: Any) -> list[Told]:
        """Creates as long as a process builds; a round in which it ended counts only where there is no other."""
        rounds, whole = [], []
        while building.poll() is None:
            rounds.append(self.usual(port))
            if building.poll() is None:
                whole.append(rounds[-1])
        return whole or rounds

    @contextmanager
    def worker(self, servers: str) -> Iterator[None]:
        """The worker, which may deliver to one broker; it leaves the API its core."""
        environment = self.stand.ground.environment(_DATABASE) | {"ECIF_BROKERS": servers}
        log = self.home / "work.log"
        process = start_pinned(["-m", "ecif.cli", "work"], OTHER_CORE, environment, log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)

    def start(self, *words: str) -> Any:
        """Start this module in another process."""
        scopes = ("--scope", "events:read", "--subject", "copy")
        token = self.stand.ground.command("postgres", "token", *scopes).strip()
        environment = {**os.environ, "BENCH_TOKEN": token}
        log = self.home / "rebuild.log"
        return start_pinned(["-m", "bench.rebuild", *words], OTHER_CORE, environment, log)


def measure_rebuild(
    stand: Stand, events: int, broker: Server | None, elsewhere: Path
) -> dict[str, Any]:
    """Both ways, one after the other, each beside what is usual just before and after."""
    stand.ground.copy(_DATABASE)
    rebuilding = Rebuilding(stand)
    servers = f"127.0.0.1:{broker.port}" if broker else ""
    results: dict[str, Any] = {"events": events}
    with stand.product(_DATABASE) as (port, _), rebuilding.worker(servers):
        stand.tell(f"making {events:,} events happen")
        results["sequenced_per_second"] = asyncio.run(_happen(stand, events))
        stand.ground.say("CHECKPOINT")
        ways = {"pull": ["--pull", f"http://127.0.0.1:{port}", "--events", str(events)]}
        if broker is not None:
            url = stand.ground.url(_DATABASE)
            ways["broker"] = ["--url", url, "--broker", servers, "--events", str(events)]
        for name, words in ways.items():
            stand.tell(f"usual creates, then a copy built again: {name}")
            around = [undisturbed(partial(rebuilding.usual, port)) for _ in range(_USUAL_ROUNDS)]
            told = rebuilding.home / f"{name}.json"
            began = time.perf_counter()
            words += ["--home", str(rebuilding.home), "--told", str(told)]
            process = rebuilding.start(*words, "--copy", str(elsewhere / "copy.ndjson"))
            during = rebuilding.while_building(port, process)
            seconds = time.perf_counter() - began
            around += [undisturbed(partial(rebuilding.usual, port)) for _ in range(_USUAL_ROUNDS)]
            results[name] = _compared(around, during) | json.loads(told.read_text())
            results[name]["wall_seconds"] = seconds
    return results


def _compared(around: list[Told], during: list[Told]) -> dict[str, Any]:
    """What every hundredth create waited, of those in rounds that the host left alone; of all, where it left none."""
    usual, then = (_p99(_quiet(some)) for some in (around, during))
    rounds = [*around, *during]
    return {
        "usual_p99_ms": usual,
        "p99_ms": then,
        "ratio": then / usual,
        "refused": sum(each["refused"] for each in rounds),
        "usual_rounds_ms": [each["p99_ms"] for each in around],
        "rounds_ms": [each["p99_ms"] for each in during],
        "quiet_rounds": len([each for each in rounds if each["stolen_share"] <= MOST_STOLEN]),
        "stolen_share": max(each["stolen_share"] for each in rounds),
    }


def _p99(rounds: list[Told]) -> float:
    return quantile([wait for each in rounds for wait in each["waits_ms"]], 0.99)


def _quiet(rounds: list[Told]) -> list[Told]:
    return [each for each in rounds if each["stolen_share"] <= MOST_STOLEN] or rounds


async def _happen(stand: Stand, events: int) -> float:
    """Make the feed long; how many events a second got their positions, their writing included."""
    connection = await asyncpg.connect(stand.ground.url(_DATABASE))
    began, made = time.perf_counter(), 0
    while made < events:
        customers = min(stand.extent.customers, -(-(events - made) // _TIMES_AT_ONCE))
        made += await happen(connection, first=0, customers=customers, times=_TIMES_AT_ONCE)
    while await connection.fetchval("SELECT count(*) - max(position) FROM outbox, sequencer"):  # noqa: ASYNC110
        await asyncio.sleep(1)
    per_second = events / (time.perf_counter() - began)
    # As the database does by itself within minutes of so many rows: who reads them first would do it page by page.
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
    return per_second


async def _make_stream(port: int) -> None:
    client = await nats.connect(f"nats://127.0.0.1:{port}")
    await client.jetstream().add_stream(StreamConfig(name=STREAM, subjects=[SUBJECT]))
    await client.close()


@contextmanager
def _elsewhere(home: Path) -> Iterator[Path]:
    """A folder that is not on the database's disk: in memory, where there is room."""
    shared = Path("/dev/shm")
    has_room = shared.is_dir() and shutil.disk_usage(shared).free > _ROOM_BYTES
    with tempfile.TemporaryDirectory(
        prefix="ecif-bench-", dir=shared if has_room else home
    ) as folder:
        yield Path(folder)


@contextmanager
def _broker(folder: Path) -> Iterator[Server | None]:
    """An empty NATS, where one was fetched."""
    if not ROOT.exists():
        yield None
        return
    os.environ[ASKED_FOR] = "1"
    folder.mkdir()
    server = nats_server(folder)
    os.sched_setaffinity(0, {OTHER_CORE})  # as one on another machine, it leaves the API its core
    server.start()
    os.sched_setaffinity(0, CORES)
    try:
        asyncio.run(_make_stream(server.port))
        yield server
    finally:
        server.kill()


def _measure(home: Path, events: int, console: Console) -> dict[str, Any]:
    os.sched_setaffinity(0, CORES)
    ground = Ground(home, QUICK.customers)
    try:
        ground.start()
        ground.store_customers()
        with _elsewhere(home) as folder, _broker(folder / "nats") as broker:
            stand = Stand(ground, QUICK, console, ground.token())
            return measure_rebuild(stand, events, broker, folder)
    finally:
        ground.postgres.stop()


def main() -> None:
    """Measure and print; or, in a process of its own, build one copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path)
    for inner in ("--pull", "--broker", "--url", "--told", "--copy"):
        parser.add_argument(inner, help=argparse.SUPPRESS)
    parser.add_argument("--core", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.told is not None:
        figures = uvloop.run(build(told))
        Path(told.told).write_text(json.dumps(figures), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory(prefix="ecif-bench-") as scratch:
        home = told.home or Path(scratch) / "home"
        home.parent.chmod(0o711)  # PostgreSQL runs as another user and passes through
        json.dump(_measure(home, told.events, Console(stderr=True)), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
