"""The installation under torture: its own PostgreSQL, API and worker processes, started, killed and started again.

Nothing of the product is imported: it is driven by its commands, its HTTP interface and its tables.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import psutil

from tests.torture.postgres import postgres_command, way_of_postgres
from tests.torture.sinks import PORTS
from tests.torture.small_disk import SmallDisk

ECIF = (sys.executable, "-m", "ecif.cli")
APIS = ("api-1", "api-2")
WORKERS = ("worker-1", "worker-2")
POSTGRES = "postgres"
SINKS = "sinks"
REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@dataclass(frozen=True)
class Ways:
    """Ports: of each receiver as it is reached, and of the API through a bad network."""

    sinks: dict[str, int] = field(default_factory=dict)
    apis: list[int] = field(default_factory=list)


@dataclass
class System:
    """Processes by name; each writes to a log of its own in `home/logs`."""

    home: Path
    seed: int
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in APIS})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    ways: Ways = field(default_factory=Ways)
    token: str = ""
    disk: SmallDisk | None = None
    _turns: defaultdict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    @property
    def database_url(self) -> str:
        """Where the tables are."""
        return f"postgresql://ecif@/ecif?host={self.home / 'run'}&port=5432"

    @property
    def addresses(self) -> list[str]:
        """Where the API processes answer while they live."""
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    def install(self) -> None:
        """Make the cluster, the tables and the keys, by the product's own command; the cluster on a small disk."""
        (self.home / "logs").mkdir(parents=True)
        self.home.chmod(0o711)
        self._ecif("migrate", database=False)
        shutil.rmtree(self.home / "run", ignore_errors=True)
        self.disk = SmallDisk.under(self.home / "postgres")

    def _ecif(self, *words: str, database: bool = True) -> str:
        done = subprocess.run(
            [*ECIF, *words],
            env=self._environment(database=database),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"ecif {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def check_golden(self) -> None:
        """Every stored golden value is what is derived again, or this raises."""
        self._ecif("check-golden")

    def _environment(self, *, database: bool = True) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ECIF_")}
        plain |= {"ECIF_HOME": str(self.home), "ECIF_REQUEST_TIMEOUT_SECONDS": "10"}
        plain |= {"ECIF_WEBHOOK_NETWORKS": "127.0.0.0/8", "ECIF_WEBHOOK_HTTP": "true"}
        return plain | ({"ECIF_DATABASE_URL": self.database_url} if database else {})

    def start(self, name: str) -> None:
        """Start a process; it is not waited for."""
        with (self.home / "logs" / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self._command(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._way_to_run(name),
            )

    def start_all(self) -> None:
        """Start everything, take a token meanwhile, and wait until it answers."""
        for name in (SINKS, POSTGRES, *APIS, *WORKERS):
            self.start(name)
        self.token = self._ecif("token", "--scope", "admin", "--hours", "24").strip()
        self.wait_until_ready()
        _wait_until((self.home / PORTS).exists, "the sinks listen")
        self.ways = Ways(**json.loads((self.home / PORTS).read_text()))

    def wait_until_ready(self) -> None:
        """Wait until every API process answers and reaches its database."""
        for address in self.addresses:
            _wait_until(partial(_is_ready, address), f"{address} answers")

    def kill(self, name: str) -> float:
        """SIGKILL, the whole tree, at once; then start it again. When it was dead, by the monotonic clock."""
        with self._turns[name]:
            self._kill(name)
            dead = time.monotonic()
            self.kills[name] = self.kills.get(name, 0) + 1
            self.start(name)
        return dead

    def restart_postgres(self) -> None:
        """A fast shutdown, as for an update: whoever is connected is sent away; then it starts again."""
        with self._turns[POSTGRES]:
            process = self.running.pop(POSTGRES)
            process.send_signal(signal.SIGINT)
            process.wait(_START_SECONDS)
            self.start(POSTGRES)

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT later: a process that loses its leases without knowing."""
        process = self.running[name]
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)  # nothing happens to one that was killed meanwhile

    def carried_by(self, name: str) -> list[str]:
        """The receivers that a worker is connected to directly."""
        sinks = {port: sink for sink, port in self.ways.sinks.items()}
        try:
            lines = psutil.Process(self.running[name].pid).net_connections("tcp4")
        except psutil.Error:
            return []
        far = {line.raddr.port for line in lines if line.raddr and line.status == "ESTABLISHED"}
        return sorted(sinks[port] for port in far & sinks.keys())

    def heal(self) -> None:
        """From now on the network between them is good, and so are the receivers' moods."""
        self.running[SINKS].send_signal(signal.SIGUSR1)

    def close_sinks(self) -> None:
        """End the receivers; everything that they have noted is on the disk."""
        process = self.running.pop(SINKS)
        process.terminate()
        process.wait(_START_SECONDS)

    def stop(self) -> None:
        """Kill everything."""
        for name in list(self.running):
            self._kill(name)
        if self.disk is not None:
            self.disk.take_away()

    def ensure(self) -> None:
        """Start again what has ended by itself, as a supervisor would: an API gives up without a database.

        Not what is being killed or restarted: two would start what there may be only once.
        """
        for name in list(self.running):
            if self._turns[name].acquire(blocking=False):
                try:
                    self._ensure(name)
                finally:
                    self._turns[name].release()

    def _ensure(self, name: str) -> None:
        process = self.running.get(name)
        if process is not None and process.poll() is not None:
            if name == SINKS:
                raise RuntimeError("the sinks have ended: what they noted is not whole")
            self.start(name)

    def _kill(self, name: str) -> None:
        process = self.running.pop(name)
        try:
            children = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        # The parent first: PostgreSQL must not hear of its children's deaths and put things in order.
        process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):  # it heard of its parent's death and has ended
                child.kill()
        process.wait()
        psutil.wait_procs(children, timeout=10)

    def _command(self, name: str) -> list[str]:
        if name == POSTGRES:
            return postgres_command(self.home)
        if name == SINKS:
            ports = [str(port) for port in self.ports.values()]
            words = [str(self.home), str(self.seed), *ports]
            return [sys.executable, "-m", "tests.torture.sinks", *words]
        if name in WORKERS:
            return [*ECIF, "work"]
        return [*ECIF, "serve", "--port", str(self.ports[name])]

    def _way_to_run(self, name: str) -> dict[str, Any]:
        if name == SINKS:
            return {"cwd": REPOSITORY}
        if name == POSTGRES:
            return way_of_postgres(self.home)
        return {"env": self._environment()}


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {_START_SECONDS:.0f} seconds: {what}")
        time.sleep(0.05)


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
