"""What every measurement stands on: the ground, the extent, the servers, and one round beside its floor."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console

from bench.ground import CHECKOUT, Ground
from bench.load import Load, NoLoad, Target
from bench.pinned import Meter, serving

CORES: Final = sorted(os.sched_getaffinity(0))[:2]
"""The two cores on which everything is measured, on larger machines too."""

SERVER_CORE: Final = CORES[0]
OTHER_CORE: Final = CORES[-1]
_PRODUCT: Final = ["-m", "ecif.cli", "serve", "--port", "{port}"]

Figures = dict[str, float]
Rounds = list[Figures]


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
    delivered: int

    @property
    def long_rounds(self) -> int:
        """How often what takes long is measured."""
        return max(1, self.rounds // 2)


@dataclass(frozen=True, slots=True)
class Stand:
    """One run: where, how much, and as whom."""

    ground: Ground
    extent: Extent
    console: Console
    token: str

    def tell(self, doing: str) -> None:
        """Say what is being done."""
        self.console.print(f"[dim]… {doing}[/dim]")

    def target(self, port: int) -> Target:
        """A server as wrk sees it."""
        return Target(port, self.token, OTHER_CORE)

    @contextmanager
    def product(self, database: str) -> Iterator[tuple[int, int]]:
        """The API alone on its core, as `ecif serve` starts it: its port and process id."""
        environment, log = self.ground.environment(database), self.ground.home / "serve.log"
        with serving(_PRODUCT, SERVER_CORE, environment, log) as served:
            yield served

    @contextmanager
    def bare(self, database: str) -> Iterator[tuple[int, int]]:
        """The bare handler on the same core."""
        words = ["-m", "bench.bare", "--url", self.ground.url(database), "--port", "{port}"]
        with serving(words, SERVER_CORE, os.environ, self.ground.home / "bare.log") as served:
            yield served

    def beside(self, module: str, words: list[str], core: int) -> dict[str, Any]:
        """Run a module of the bench in a process of its own; what it prints.

        Raises:
            NoLoad: It failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", module, *words, "--core", str(core)],
            cwd=CHECKOUT,
            env={**os.environ, "BENCH_TOKEN": self.token},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoLoad(f"{module}: {done.stderr[-2_000:]}")
        told: dict[str, Any] = json.loads(done.stdout)
        return told


def figures(load: Load, meter: Meter) -> Figures:
    """What a server did under a load; its meter was started just before."""
    used = meter.read()
    return {
        "per_second": load.per_second,
        "cpu_ms": used.cpu_seconds / load.requests * 1000,
        "busy_share": used.cpu_seconds / load.seconds,
        "core_share": used.core_share,
    }


def round_of(ours: Figures, floor: Figures) -> Figures:
    """The product's figures, the floor's, and the ratios that count."""
    return {
        **ours,
        **{f"floor_{name}": value for name, value in floor.items()},
        "ratio": ours["per_second"] / floor["per_second"],
        "cpu_ratio": floor["cpu_ms"] / ours["cpu_ms"],
    }
