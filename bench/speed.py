"""Speed, as ratios measured in one run: reads, creates, imports, each beside its floor."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.request import Request, urlopen

from rich.console import Console

from bench import report
from bench.ground import CHECKOUT, Ground
from bench.load import CONNECTIONS, NoLoad, Target, ensure_wrk, read_load, write_load
from bench.pinned import Meter, serving
from bench.recording import Place, record_writes, talks
from ecif.store.embedded_user import EmbeddedPostgresError

SERVER_CORE: Final = 0
OTHER_CORE: Final = 1
LOAD_SHARE: Final = 0.8
_PRODUCT: Final = ["-m", "ecif.cli", "serve", "--port", "{port}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured."""

    customers: int
    rounds: int
    read_seconds: float
    write_seconds: float
    warm_seconds: float
    taped: int
    warm_taped: int
    posts: int
    loop_seconds: float
    imported: int


FULL: Final = Extent(
    customers=100_000,
    rounds=5,
    read_seconds=5,
    write_seconds=8,
    warm_seconds=3,
    taped=6_000,
    warm_taped=1_000,
    posts=30_000,
    loop_seconds=30,
    imported=20_000,
)
QUICK: Final = Extent(
    customers=5_000,
    rounds=3,
    read_seconds=2,
    write_seconds=2,
    warm_seconds=1,
    taped=900,
    warm_taped=150,
    posts=4_000,
    loop_seconds=5,
    imported=2_000,
)


@dataclass(slots=True)
class Bench:
    """One run: where, how much, and what came of it."""

    ground: Ground
    extent: Extent
    console: Console
    token: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def run(self, only: list[str]) -> None:
        """Measure everything, or only some."""
        self.tell("storing customers")
        seconds = self.ground.store_customers()
        self.results["stored"] = {
            "customers": self.ground.count_customers("ecif_base"),
            "seconds": seconds,
        }
        self.token = self.ground.token()
        measures = {
            "talk": self.count_talks,
            "read": self.measure_reads,
            "write": self.measure_writes,
            "import": self.measure_import,
        }
        for name in only or measures:
            try:
                measures[name]()
            except (NoLoad, RuntimeError) as error:
                self.failures.append(name)
                self.console.print(f"[red]{name}: not measured:[/red] {error}")

    def tell(self, doing: str) -> None:
        """Say what is being done."""
        self.console.print(f"[dim]… {doing}[/dim]")

    # Reads

    def measure_reads(self) -> None:
        """The product and the bare handler by turns, on the same core and the same database."""
        self.tell("reading customers")
        self.ground.pin([OTHER_CORE])
        url = self.ground.copy("ecif_reads")
        numbers = self.ground.home / "numbers.txt"
        numbers.write_text("\n".join(self.ground.some_numbers(20_000)) + "\n")
        with self.product("ecif_reads") as product, self.bare(url) as bare:
            self._check_same_bytes(product[0], bare[0], numbers.read_text().split()[:50])
            for server in (product, bare):
                self._read(server, numbers, self.extent.warm_seconds)
            rounds = []
            for _ in range(self.extent.rounds):
                ours, floor = (
                    self._read(server, numbers, self.extent.read_seconds)
                    for server in (product, bare)
                )
                rounds.append(_beside(ours, floor))
        self.results["read"] = rounds

    def _read(self, server: tuple[int, int], numbers: Path, seconds: float) -> dict[str, float]:
        port, pid = server
        meter = Meter(pid, SERVER_CORE)
        load = read_load(self._target(port), numbers, seconds=seconds)
        return _figures(load.requests, load.per_second, meter)

    def _check_same_bytes(self, product: int, bare: int, numbers: list[str]) -> None:
        for number in numbers:
            bodies = set()
            for port in (product, bare):
                address = f"http://127.0.0.1:{port}/v1/customers/{number}"
                request = Request(address, headers={"Authorization": f"Bearer {self.token}"})
                with urlopen(request, timeout=5) as answer:
                    bodies.add(answer.read())
            if len(bodies) != 1:
                raise NoLoad("the product and the bare handler do not answer the same bytes")

    # Creates

    def write_records(self) -> None:
        """Write the records to be posted, one per line, and tape what the first of them say to the database."""
        self.tell("recording what creates say to the database")
        records = self.ground.world.mixed(known=self.extent.customers, count=self.extent.posts)
        with self.posts.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        self.ground.copy("ecif_tape")
        lines = self.posts.read_text(encoding="utf-8").splitlines()[: self.extent.taped]
        record_writes(Place(self.ground, "ecif_tape", self.token), lines, self.tape)
        self.ground.say("DROP DATABASE ecif_tape WITH (FORCE)")

    @property
    def posts(self) -> Path:
        """The file of the records to be posted."""
        return self.ground.home / "posts.ndjson"

    @property
    def tape(self) -> Path:
        """The file of what they say to the database."""
        return self.ground.home / "posts.tape"

    def measure_writes(self) -> None:
        """The product and the replayed statements by turns, each on a fresh copy; then the open loop.

        PostgreSQL may use both cores here: it needs more than one when asyncpg alone speaks to it.
        """
        self.ground.pin(list(range(os.cpu_count() or 1)))
        self.write_records()
        rounds = []
        for place in range(self.extent.rounds):
            self.tell(f"creating customers, round {place + 1}")
            ours = self._write()
            rounds.append(_beside(ours, self._replay()))
        self.results["write"] = rounds
        rate = median(each["per_second"] for each in rounds) * LOAD_SHARE
        for arrivals in ("even", "random"):
            self.tell(f"creating customers in an open loop, {arrivals} arrivals")
            loops = [
                self._open_loop(rate, arrivals) for _ in range(max(1, self.extent.rounds // 2))
            ]
            self.results[f"open_loop_{arrivals}"] = loops

    def _write(self) -> dict[str, float]:
        self.ground.copy("ecif_writes")
        with self.product("ecif_writes") as (port, pid):
            target = self._target(port)
            warm = write_load(target, self.posts, skip=0, seconds=self.extent.warm_seconds)
            before = self.ground.count_customers("ecif_writes")
            meter = Meter(pid, SERVER_CORE)
            skip = warm.requests + 2 * CONNECTIONS
            load = write_load(target, self.posts, skip=skip, seconds=self.extent.write_seconds)
            figures = _figures(load.requests, load.per_second, meter)
        opened = self.ground.count_customers("ecif_writes") - before
        return {**figures, "p99_ms": load.p99_ms, "new_share": opened / load.requests}

    def _replay(self) -> dict[str, float]:
        url = self.ground.copy("ecif_floor")
        words = ["--url", url, "--tape", str(self.tape), "--count", str(self.extent.taped)]
        words += ["--warm", str(self.extent.warm_taped), "--connections", str(CONNECTIONS)]
        told = self._side("bench.replay", [*words, "--core", str(SERVER_CORE)])
        return {
            "per_second": told["requests"] / told["seconds"],
            "cpu_ms": told["cpu_seconds"] / told["requests"] * 1000,
            "busy_share": told["cpu_seconds"] / told["seconds"],
        }

    def _open_loop(self, rate: float, arrivals: str) -> dict[str, float]:
        self.ground.copy("ecif_writes")
        with self.product("ecif_writes") as (port, _):
            warm = write_load(
                self._target(port), self.posts, skip=0, seconds=self.extent.warm_seconds
            )
            skip = warm.requests + 2 * CONNECTIONS
            words = ["--port", str(port), "--records", str(self.posts), "--skip", str(skip)]
            words += ["--rate", str(rate), "--seconds", str(self.extent.loop_seconds)]
            told = self._side(
                "bench.open_loop", [*words, "--arrivals", arrivals, "--core", str(OTHER_CORE)]
            )
        return {**told, "rate": rate, "ratio": told["p99_ms"] / told["p50_ms"]}

    # Imports and talk

    def measure_import(self) -> None:
        """The records of the creates, as a file, on a fresh copy; the whole process counts."""
        self.tell("importing a file")
        self.ground.pin(list(range(os.cpu_count() or 1)))
        rounds = []
        for _ in range(max(1, self.extent.rounds // 2)):
            self.ground.copy("ecif_import")
            records = self.ground.world.mixed(
                known=self.extent.customers, count=self.extent.imported
            )
            seconds = self.ground.import_records("ecif_import", records)
            rounds.append({"per_second": self.extent.imported / seconds, "seconds": seconds})
        self.results["import"] = rounds

    def count_talks(self) -> None:
        """Statements and round trips by kind of request."""
        self.tell("counting statements")
        self.ground.copy("ecif_talks")
        some = list(self.ground.world.mixed(known=self.extent.customers, count=200))
        heard = talks(Place(self.ground, "ecif_talks", self.token), some)
        self.results["talk"] = [asdict(each) for each in heard]

    # Processes

    def _target(self, port: int) -> Target:
        return Target(port, self.token, OTHER_CORE)

    @contextmanager
    def product(self, database: str) -> Iterator[tuple[int, int]]:
        """The API alone on its core, as `ecif serve` starts it."""
        environment, log = self.ground.environment(database), self.ground.home / "serve.log"
        with serving(_PRODUCT, SERVER_CORE, environment, log) as served:
            yield served

    @contextmanager
    def bare(self, url: str) -> Iterator[tuple[int, int]]:
        """The bare handler on the same core."""
        words = ["-m", "bench.bare", "--url", url, "--port", "{port}"]
        with serving(words, SERVER_CORE, os.environ, self.ground.home / "bare.log") as served:
            yield served

    def _side(self, module: str, words: list[str]) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=CHECKOUT,
            env={**os.environ, "BENCH_TOKEN": self.token},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoLoad(f"{module}: {done.stderr[-2_000:]}")
        told: dict[str, float] = json.loads(done.stdout)
        return told


def _figures(requests: int, per_second: float, meter: Meter) -> dict[str, float]:
    used = meter.read()
    return {
        "per_second": per_second,
        "cpu_ms": used.cpu_seconds / requests * 1000,
        "busy_share": used.busy_share,
        "core_share": used.core_share,
    }


def _beside(ours: dict[str, float], floor: dict[str, float]) -> dict[str, float]:
    """One round: the product's figures, the floor's, and the ratios that count."""
    return {
        **ours,
        **{f"floor_{name}": value for name, value in floor.items()},
        "ratio": ours["per_second"] / floor["per_second"],
        "cpu_ratio": floor["cpu_ms"] / ours["cpu_ms"],
    }


def main() -> int:
    """Measure, print, write `bench/results/speed.json`; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5,000 customers, short rounds")
    parser.add_argument("--home", type=Path, help="keep the stored customers here for later runs")
    parser.add_argument("--only", help="some of talk,read,write,import")
    told = parser.parse_args()
    console = Console()
    extent = QUICK if told.quick else FULL
    with tempfile.TemporaryDirectory(prefix="ecif-bench-") as scratch:
        home = told.home or Path(scratch) / "home"
        home.parent.chmod(
            0o711
        )  # started by root, the server runs as another user and passes through
        bench = Bench(Ground(home, extent.customers), extent, console)
        try:
            ensure_wrk()
            bench.ground.start()
            bench.run(told.only.split(",") if told.only else [])
        except (NoLoad, EmbeddedPostgresError) as error:
            console.print(f"[red]Not measured:[/red] {error}")
            return 1
        finally:
            bench.ground.postgres.stop()
    report.show(console, bench.results)
    report.write(CHECKOUT / "bench" / "results" / "speed.json", bench.results, asdict(extent))
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
