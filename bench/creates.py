"""Creates: the product and its own statements replayed, by turns, each on a fresh copy; then an open loop."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.load import CONNECTIONS, write_load
from bench.open_loop import quantile
from bench.pinned import Meter
from bench.recording import Place, record_writes
from bench.stand import CORES, OTHER_CORE, SERVER_CORE, Figures, Rounds, Stand, figures, round_of
from bench.undisturbed import undisturbed

LOAD_SHARE: Final = 0.8
_STRETCHES: Final = 4


@dataclass(frozen=True, slots=True)
class Creates:
    """The records to be posted, one per line, and where what the first of them say to the database is kept."""

    stand: Stand
    posts: Path
    tape: Path

    @classmethod
    def prepared(cls, stand: Stand) -> "Creates":
        """Write the records."""
        # PostgreSQL needs more than one core when asyncpg alone speaks to it: it may use both.
        stand.ground.pin(CORES)
        home = stand.ground.home
        creates = cls(stand, home / "posts.ndjson", home / "posts.tape")
        records = stand.ground.world.mixed(known=stand.extent.customers, count=stand.extent.posts)
        with creates.posts.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        return creates

    def against_floor(self) -> Rounds:
        """As fast as the product answers, beside as fast as the statements alone go through."""
        self._record()
        rounds = []
        for place in range(self.stand.extent.rounds):
            self.stand.tell(f"creating customers, round {place + 1}")
            rounds.append(undisturbed(self._round))
        return rounds

    def in_open_loop(self, arrivals: str) -> Rounds:
        """At four fifths of the measured maximum: latencies from the moments at which requests were due.

        A round is several stretches, the maximum of each measured just before it: a machine that others use too is
        half as fast in one moment as in the next, and would be at its limit at what was four fifths of it.
        """
        self.stand.tell(f"creating customers in an open loop, {arrivals} arrivals")
        loop = partial(self._open_loop, arrivals)
        return [undisturbed(loop) for _ in range(self.stand.extent.long_rounds)]

    def in_closed_loop(self) -> float:
        """How many the product takes per second."""
        return float(self._post()["per_second"])

    def _record(self) -> None:
        """Record what the first creates say, against a copy of the starting database."""
        self.stand.tell("recording what creates say to the database")
        ground = self.stand.ground
        ground.copy("ecif_tape")
        with self.posts.open(encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in islice(file, self.stand.extent.taped)]
        record_writes(Place(ground, "ecif_tape", self.stand.token), lines, self.tape)
        ground.say("DROP DATABASE ecif_tape WITH (FORCE)")

    def _round(self) -> Figures:
        told = round_of(self._post(), self._replay())
        return {**told, "by_cpu": _by_cpu(told)}

    def _post(self) -> Figures:
        ground = self.stand.ground
        with self._warm_product() as (port, pid, posted):
            before, meter = ground.count_customers("ecif_writes"), Meter(pid, SERVER_CORE)
            target, seconds = self.stand.target(port), self.stand.extent.write_seconds
            postgres = ground.cpu_seconds()
            load = write_load(target, self.posts, skip=posted, seconds=seconds)
            found = figures(load, meter)
            postgres = ground.cpu_seconds() - postgres
        opened = ground.count_customers("ecif_writes") - before
        return {
            **found,
            "p99_ms": load.p99_ms,
            "new_share": opened / load.requests,
            "postgres_ms": postgres / load.requests * 1000,
        }

    def _replay(self) -> Figures:
        extent, url = self.stand.extent, self.stand.ground.copy("ecif_floor")
        words = ["--url", url, "--tape", str(self.tape), "--count", str(extent.taped)]
        words += ["--warm", str(extent.warm_taped), "--connections", str(CONNECTIONS)]
        postgres = self.stand.ground.cpu_seconds()
        told = self.stand.beside("bench.replay", words, SERVER_CORE)
        postgres = self.stand.ground.cpu_seconds() - postgres
        return {
            "per_second": told["requests"] / told["seconds"],
            "cpu_ms": told["cpu_seconds"] / told["requests"] * 1000,
            "busy_share": told["cpu_seconds"] / told["seconds"],
            "postgres_ms": postgres / extent.taped * 1000,
        }

    def _open_loop(self, arrivals: str) -> Figures:
        with self._warm_product() as (port, _, posted):
            stretches = []
            for _ in range(_STRETCHES):
                stretch, posted = self._stretch(port, arrivals, posted)
                stretches.append(stretch)
        waits = [wait for each in stretches for wait in each["waits_ms"]]
        beside = [wait / each["p50_ms"] for each in stretches for wait in each["waits_ms"]]
        return {
            "rate": median(each["rate"] for each in stretches),
            "requests": len(waits),
            "refused": sum(each["refused"] for each in stretches),
            "late_p99_ms": max(each["late_p99_ms"] for each in stretches),
            "p50_ms": quantile(waits, 0.5),
            "p99_ms": quantile(waits, 0.99),
            "ratio": quantile(beside, 0.99),
        }

    def _stretch(self, port: int, arrivals: str, posted: int) -> tuple[dict[str, Any], int]:
        """What a stretch tells of itself, and how many records were sent when it is over."""
        target, extent = self.stand.target(port), self.stand.extent
        most = write_load(target, self.posts, skip=posted, seconds=extent.warm_seconds)
        rate, posted = most.per_second * LOAD_SHARE, posted + most.requests + 2 * CONNECTIONS
        words = ["--port", str(port), "--records", str(self.posts), "--skip", str(posted)]
        words += ["--rate", str(rate), "--seconds", str(extent.loop_seconds / _STRETCHES)]
        told = self.stand.beside("bench.open_loop", [*words, "--arrivals", arrivals], OTHER_CORE)
        return {**told, "rate": rate}, posted + int(told["requests"])

    @contextmanager
    def _warm_product(self) -> Iterator[tuple[int, int, int]]:
        """The product on a fresh copy: its port, its process id, and how many records it has had."""
        self.stand.ground.copy("ecif_writes")
        with self.stand.product("ecif_writes") as (port, pid):
            seconds = self.stand.extent.warm_seconds
            warm = write_load(self.stand.target(port), self.posts, skip=0, seconds=seconds)
            yield port, pid, warm.requests + 2 * CONNECTIONS


def _by_cpu(told: Figures) -> float:
    """The ratio that CPU times alone allow on two cores that nobody else uses: one process, and PostgreSQL on both.

    What others do on this machine lengthens both sides' CPU times alike, so this figure is steadier than the ratio.
    """
    ours, floor = (
        max(told[f"{side}cpu_ms"], (told[f"{side}cpu_ms"] + told[f"{side}postgres_ms"]) / 2)
        for side in ("", "floor_")
    )
    return floor / ours
