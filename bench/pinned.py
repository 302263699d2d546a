"""Servers and other processes on one core, and how much of it they used."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from bench.ground import CHECKOUT

_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Used:
    """What a process used while something was measured.

    `busy_share` is its own share of one core; `core_share` how busy that core was with everything on it.
    """

    cpu_seconds: float
    wall_seconds: float
    core_share: float

    @property
    def busy_share(self) -> float:
        """CPU seconds by seconds."""
        return self.cpu_seconds / self.wall_seconds


class Meter:
    """Measures one process and its core from its making until `read`."""

    def __init__(self, pid: int, core: int) -> None:
        """Begin."""
        self._process, self._core = psutil.Process(pid), core
        self._cpu, self._idle, self._at = self._read()

    def read(self) -> Used:
        """What was used since the beginning."""
        cpu, idle, at = self._read()
        wall = at - self._at
        return Used(cpu - self._cpu, wall, max(0.0, 1 - (idle - self._idle) / wall))

    def _read(self) -> tuple[float, float, float]:
        times = self._process.cpu_times()
        core = psutil.cpu_times(percpu=True)[self._core]
        return times.user + times.system, core.idle + core.iowait, time.perf_counter()


def start_pinned(
    words: list[str], core: int, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a Python process of this checkout on one core; it inherits nothing else."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, *words],
            env=dict(environment),
            cwd=CHECKOUT,
            stdout=out,
            stderr=out,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )


@contextmanager
def serving(
    words: list[str], core: int, environment: Mapping[str, str], log: Path
) -> Iterator[tuple[int, int]]:
    """A server on one core: its port and process id. `{port}` in its words stands for the port."""
    port = _free_port()
    process = start_pinned([word.format(port=port) for word in words], core, environment, log)
    try:
        _wait_until_ready(process, port, log)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')[-2_000:]}")
