"""What a create costs whose bearer shares the name, and the town, with thousands, beside any other create.

`python -m bench.namesakes [--bearers 5000] [--customers 100000] [--home DIR]`: beside the stored customers, as many of
one name as a country's most frequent name has bearers among millions; then creates of that name and of everybody
alternate, one at a time.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from rich.console import Console

from bench.ground import Ground
from bench.speed import FULL
from bench.stand import CORES, Figures, Stand

GOAL: Final = 3.0
"""The worst surname costs no more than so many times the median create."""

NAME: Final = "王伟"
TOWN: Final = {"region": "广东省", "city": "深圳市", "district": "南山区"}
_DATABASE: Final = "ecif_namesakes"
_PAIRS: Final = 400
_WARM: Final = 50


def _bearers(ground: Ground, first: int) -> Iterator[dict[str, Any]]:
    """Persons of one name and one town, each with everything else of their own."""
    number = first
    while True:
        record = ground.world.first_record(number)
        number += 1
        if record["documents"][0]["kind"] != "cn_resident_id":
            continue
        record["names"] = [{"kind": "legal", "full": NAME}]
        record["addresses"] = [{**record["addresses"][0], **TOWN}]
        yield record


def _seconds_of(api: HTTPConnection, record: dict[str, Any], token: str) -> float:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(record)
    began = time.perf_counter()
    api.request("POST", "/v1/customers", body, headers)
    answer = api.getresponse()
    answer.read()
    seconds = time.perf_counter() - began
    if answer.status != 201:
        raise RuntimeError(f"a create was answered {answer.status}")
    return seconds


def measure(stand: Stand, bearers: int) -> Figures:
    """Store the bearers, then create by turns; milliseconds."""
    ground, stored = stand.ground, stand.extent.customers
    ground.copy(_DATABASE)
    source = _bearers(ground, 10 * stored)
    stand.tell(f"storing {bearers:,} customers of one name")
    ground.import_records(_DATABASE, (next(source) for _ in range(bearers)))
    everybody = (ground.world.first_record(stored + number) for number in range(10 * _PAIRS))
    usual, namesakes = [], []
    stand.tell("creating, by turns")
    with stand.product(_DATABASE) as (port, _):
        api = HTTPConnection("127.0.0.1", port)
        for _ in range(_PAIRS):
            usual.append(_seconds_of(api, next(everybody), stand.token) * 1000)
            namesakes.append(_seconds_of(api, next(source), stand.token) * 1000)
    usual, namesakes = usual[_WARM:], namesakes[_WARM:]
    return {
        "bearers": bearers,
        "usual_p50_ms": median(usual),
        "namesake_p50_ms": median(namesakes),
        "namesake_p95_ms": quantiles(namesakes, n=20)[-1],
        "usual_p95_ms": quantiles(usual, n=20)[-1],
        "ratio": median(namesakes) / median(usual),
        "goal": GOAL,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bearers", type=int, default=5_000)
    parser.add_argument("--customers", type=int, default=FULL.customers)
    parser.add_argument("--home", type=Path, help="keep the stored customers here for later runs")
    told = parser.parse_args()
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
            json.dump(measure(stand, told.bearers), sys.stdout, indent=2)
        finally:
            ground.postgres.stop()


if __name__ == "__main__":
    main()
