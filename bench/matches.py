"""What it costs to ask whose record this is, with few and with many customers stored, one question at a time.

`python -m bench.matches [--customers 100000] [--home DIR] [--splink RUNNER --peer-file FILE]`: questions about second
records of known customers and about new ones, of a base of some thousands and of the large one by turns, so that what
others do on this machine meets both. With a Splink runner and a file of about as many customers, each round is followed
by what Splink's `predict_between` takes for one record against that file (`bench/between.py`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from rich.console import Console

from bench.ground import BASE, Ground
from bench.growth import splink_python
from bench.speed import FULL, QUICK
from bench.stand import CORES, Figures, Stand
from bench.undisturbed import undisturbed
from ecif.store import migrate

GOALS_MS: Final = {92_000: 275 / 50, 921_000: 1_167 / 200}
"""By customers stored: 1/50 and 1/200 of what Splink's `predict_between` took on another machine; on this one, see
`peer_ratio`. Source: design of matching, 5."""

_FEW: Final = "ecif_few"
_MANY: Final = "ecif_many"
_QUESTIONS: Final = 600
_WARM: Final = 100


class Asking:
    """One kept connection, which asks one question after the other."""

    def __init__(self, port: int, token: str) -> None:
        """Connect with the first question."""
        self._api = HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def seconds_of(self, record: dict[str, Any]) -> float:
        """Ask whose record this is.

        Raises:
            RuntimeError: It was not answered.
        """
        body = json.dumps(record)
        began = time.perf_counter()
        self._api.request("POST", "/v1/matches", body, self._headers)
        answer = self._api.getresponse()
        answer.read()
        seconds = time.perf_counter() - began
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"a question was answered {answer.status}")
        return seconds


def prepare(stand: Stand) -> None:
    """Both databases: a copy of the stored customers, and the first few of them in one of their own."""
    ground = stand.ground
    ground.copy(_MANY)
    ground.say(f"DROP DATABASE IF EXISTS {_FEW} WITH (FORCE)", f"CREATE DATABASE {_FEW} OWNER ecif")
    migrate.upgrade(ground.url(_FEW))
    people = (ground.world.first_record(number) for number in range(QUICK.customers))
    ground.import_records(_FEW, people)
    ground.say("VACUUM (ANALYZE)", database=_FEW)


def measure(stand: Stand) -> Figures:
    """Milliseconds of each question, and how those of the large base compare with those of the small one."""
    asked = {_FEW: QUICK.customers, _MANY: stand.ground.count_customers(BASE)}
    took: dict[str, list[float]] = {name: [] for name in asked}
    with stand.product(_FEW) as (few, _), stand.product(_MANY) as (many, _):
        ways = {_FEW: Asking(few, stand.token), _MANY: Asking(many, stand.token)}
        questions = {
            name: list(islice(stand.ground.world.mixed(known=known, count=_QUESTIONS), _QUESTIONS))
            for name, known in asked.items()
        }
        for place in range(_QUESTIONS):
            for name, way in ways.items():
                took[name].append(way.seconds_of(questions[name][place]) * 1000)
    found: Figures = {"customers": asked[_MANY]}
    for name, label in ((_FEW, "few_"), (_MANY, "")):
        found[f"{label}p50_ms"] = median(took[name][_WARM:])
        found[f"{label}p95_ms"] = quantiles(took[name][_WARM:], n=20)[-1]
    return {**found, "ratio": found["p50_ms"] / found["few_p50_ms"]}


def beside_peer(python: Path, runner: Path, file: Path) -> Figures:
    """What Splink takes for one record against a file, now and here."""
    command = [str(python), str(Path(__file__).with_name("between.py")), str(runner), str(file)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {f"peer_{name}": value for name, value in json.loads(told.splitlines()[-1]).items()}


def _round(stand: Stand, told: argparse.Namespace) -> Figures:
    ours = undisturbed(partial(measure, stand))
    if not told.splink:
        return ours
    stand.tell("asking Splink")
    peer = beside_peer(splink_python(stand.console), told.splink, told.peer_file)
    return {**ours, **peer, "peer_ratio": peer["peer_p50_ms"] / ours["p50_ms"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=FULL.customers)
    parser.add_argument("--home", type=Path, help="keep the stored customers here for later runs")
    parser.add_argument("--splink", type=Path, help="a script that sets Splink up for a file")
    parser.add_argument("--peer-file", type=Path, help="the file that Splink is asked about")
    told = parser.parse_args()
    if bool(told.splink) != bool(told.peer_file):
        parser.error("--splink and --peer-file go together")
    os.sched_setaffinity(0, CORES)
    with tempfile.TemporaryDirectory(prefix="ecif-bench-") as scratch:
        home = told.home or Path(scratch) / "home"
        home.parent.chmod(0o711)  # PostgreSQL runs as another user and passes through
        ground = Ground(home, told.customers)
        try:
            ground.start()
            ground.store_customers()
            extent = replace(FULL, customers=told.customers)
            stand = Stand(ground, extent, Console(stderr=True), ground.token())
            prepare(stand)
            rounds = [_round(stand, told) for _ in range(3)]
            json.dump({"goals_ms": GOALS_MS, "rounds": rounds}, sys.stdout, indent=2)
        finally:
            ground.postgres.stop()


if __name__ == "__main__":
    main()
