"""Speed, as ratios measured in one run: reads, creates, imports, deliveries, each beside its floor."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console

from bench import report
from bench.creates import Creates
from bench.deliveries import measure_deliveries, measure_latency
from bench.ground import BASE, CHECKOUT, Ground
from bench.load import NoLoad, ensure_wrk
from bench.reads import measure_reads
from bench.recording import Place, talks
from bench.stand import CORES, Extent, Figures, Rounds, Stand
from bench.undisturbed import undisturbed
from ecif.store.embedded_user import EmbeddedPostgresError

FULL: Final = Extent(
    customers=100_000,
    rounds=5,
    read_seconds=5,
    write_seconds=8,
    warm_seconds=3,
    taped=6_000,
    warm_taped=1_000,
    posts=40_000,
    loop_seconds=30,
    imported=20_000,
    delivered=20_000,
)
QUICK: Final = Extent(
    customers=5_000,
    rounds=3,
    read_seconds=2,
    write_seconds=2,
    warm_seconds=1,
    taped=900,
    warm_taped=150,
    posts=5_000,
    loop_seconds=5,
    imported=2_000,
    delivered=4_000,
)


def count_talks(stand: Stand) -> list[dict[str, Any]]:
    """Statements and round trips by kind of request."""
    stand.tell("counting statements")
    stand.ground.copy("ecif_talks")
    some = list(stand.ground.world.mixed(known=stand.extent.customers, count=200))
    heard = talks(Place(stand.ground, "ecif_talks", stand.token), some)
    return [asdict(each) for each in heard]


def measure_creates(stand: Stand, results: dict[str, Any]) -> Rounds:
    """Creates against their floor; the open loops at their maximum go to the results too."""
    creates = Creates.prepared(stand)
    rounds = creates.against_floor()
    results["write"] = rounds
    for arrivals in ("even", "random"):
        results[f"open_loop_{arrivals}"] = creates.in_open_loop(arrivals)
    return rounds


def measure_imports(stand: Stand) -> Rounds:
    """Records like those of the creates, as a file, on a fresh copy; the whole process counts.

    Beside each the creates of the same minutes: machines are faster in one minute than in another.
    """
    creates = Creates.prepared(stand)
    stand.tell("importing a file")
    beside = partial(_import_beside, stand, creates)
    return [undisturbed(beside) for _ in range(stand.extent.long_rounds)]


def _import_beside(stand: Stand, creates: Creates) -> Figures:
    stand.ground.copy("ecif_import")
    count = stand.extent.imported
    records = stand.ground.world.mixed(known=stand.extent.customers, count=count)
    seconds = stand.ground.import_records("ecif_import", records)
    posts = creates.in_closed_loop()
    return {"per_second": count / seconds, "seconds": seconds, "posts": posts}


def measure(stand: Stand, only: list[str], results: dict[str, Any]) -> list[str]:
    """Measure everything, or only some; the names of what could not be measured."""
    measures: dict[str, Callable[[], Any]] = {
        "talk": lambda: count_talks(stand),
        "read": lambda: measure_reads(stand),
        "write": lambda: measure_creates(stand, results),
        "import": lambda: measure_imports(stand),
        "deliveries": lambda: measure_deliveries(stand),
        "latency": lambda: measure_latency(stand),
    }
    failures = []
    for name in only or measures:
        try:
            results[name] = measures[name]()
        except (NoLoad, RuntimeError, httpx.HTTPError) as error:
            failures.append(name)
            stand.console.print(f"[red]{name}: not measured:[/red] {error}")
    return failures


def run(ground: Ground, extent: Extent, only: list[str], console: Console) -> int:
    """Prepare the ground, measure, print and write `bench/results/speed.json`; the exit code."""
    ensure_wrk()
    if len(CORES) < 2:
        raise NoLoad("two cores are needed: one for the server, one for everything else.")
    os.sched_setaffinity(0, CORES)  # PostgreSQL and the commands inherit it
    ground.start()
    console.print("[dim]… storing customers[/dim]")
    seconds = ground.store_customers()
    stored = {"customers": ground.count_customers(BASE), "seconds": seconds}
    results: dict[str, Any] = {"stored": stored}
    failures = measure(Stand(ground, extent, console, ground.token()), only, results)
    report.show(console, results)
    report.write(CHECKOUT / "bench" / "results" / "speed.json", results, asdict(extent))
    return 1 if failures else 0


def main() -> int:
    """Read the options and run; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5,000 customers, short rounds")
    parser.add_argument("--home", type=Path, help="keep the stored customers here for later runs")
    parser.add_argument(
        "--only", default="", help="some of talk,read,write,import,deliveries,latency"
    )
    told = parser.parse_args()
    console, extent = Console(), QUICK if told.quick else FULL
    with tempfile.TemporaryDirectory(prefix="ecif-bench-") as scratch:
        home = told.home or Path(scratch) / "home"
        home.parent.chmod(
            0o711
        )  # started by root, PostgreSQL runs as another user and passes through
        ground = Ground(home, extent.customers)
        try:
            return run(ground, extent, [name for name in told.only.split(",") if name], console)
        except (NoLoad, RuntimeError, EmbeddedPostgresError) as error:
            console.print(f"[red]Not measured:[/red] {error}")
            return 1
        finally:
            ground.postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
