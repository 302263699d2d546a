"""Where it is measured: a private, durable PostgreSQL, the stored customers, and fresh copies of them."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from bench.people import World
from ecif.store import migrate
from ecif.store.embedded import EmbeddedPostgres

CHECKOUT: Final = Path(__file__).resolve().parents[1]
BASE: Final = "ecif_base"


@dataclass(slots=True)
class Ground:
    """One PostgreSQL for the whole run, with `customers` people stored in the database `BASE`."""

    home: Path
    customers: int
    world: World = field(default_factory=World)
    postgres: EmbeddedPostgres = field(init=False)

    def __post_init__(self) -> None:
        """Name the server; `start` starts it."""
        self.postgres = EmbeddedPostgres(self.home)

    def start(self) -> None:
        """Start PostgreSQL as it is shipped: fsync, full-page writes and synchronous commits are on."""
        self.postgres.start()
        settings = ("fsync", "full_page_writes", "synchronous_commit")
        assert all(self.ask(f"SHOW {name}", "postgres") == "on" for name in settings)

    def url(self, database: str, *, role: str = "ecif") -> str:
        """The address of a database."""
        found = self.postgres.url(database=database, role=role)
        assert found is not None
        return found

    def environment(self, database: str) -> dict[str, str]:
        """What a command needs to work on a database."""
        ours = {"ECIF_HOME": str(self.home), "ECIF_DATABASE_URL": self.url(database)}
        return {**{k: v for k, v in os.environ.items() if not k.startswith("ECIF_")}, **ours}

    def command(self, database: str, *words: str) -> str:
        """Run an `ecif` command; what it prints."""
        return self._run(database, "-m", "ecif.cli", *words)

    def _run(self, database: str, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            env=self.environment(database),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr[-2_000:]}")
        return done.stdout

    def token(self) -> str:
        """A bearer token of this installation that may read and write customers."""
        scopes = ("--scope", "customers:read", "--scope", "customers:write")
        return self.command("postgres", "token", *scopes, "--subject", "bench").strip()

    def store_customers(self) -> float:
        """Fill the base database unless a former run has; the seconds of its import."""
        names = self.ask("SELECT array_agg(datname::text) FROM pg_database", "postgres")
        if BASE in names and self.count_customers(BASE) >= self.customers * 0.95:
            migrate.upgrade(self.url(BASE))
            return 0.0
        self.say(
            f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)", f"CREATE DATABASE {BASE} OWNER ecif"
        )
        migrate.upgrade(self.url(BASE))
        people = (self.world.first_record(number) for number in range(self.customers))
        seconds = self.import_records(BASE, people)
        self.say("VACUUM (ANALYZE)", database=BASE)
        self.say("CHECKPOINT")
        return seconds

    def import_records(self, database: str, records: Iterable[dict[str, Any]]) -> float:
        """Import records with `ecif import`; the seconds of the whole process."""
        path = self.home / "import.ndjson"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        started = time.perf_counter()
        self.command(database, "import", str(path))
        return time.perf_counter() - started

    def copy(self, name: str) -> str:
        """A fresh copy of the base database under a name; its address."""
        self.say(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE {BASE} OWNER ecif STRATEGY file_copy",
            "CHECKPOINT",
        )
        return self.url(name)

    def count_customers(self, database: str) -> int:
        """How many customers a database has."""
        return int(self.ask("SELECT count(*) FROM customer", database))

    def some_numbers(self, count: int) -> list[str]:
        """Customer numbers of the base database, in no order."""
        return list(
            self.ask(
                "SELECT array_agg(customer_no) FROM (SELECT customer_no FROM customer"
                f" ORDER BY hashtext(customer_no) LIMIT {count}) AS numbers",
                BASE,
            )
        )

    def pin(self, cores: list[int]) -> None:
        """Keep PostgreSQL, with all its processes to come, on some cores."""
        assert self.postgres.pid is not None
        server = psutil.Process(self.postgres.pid)
        for process in (server, *server.children(recursive=True)):
            try:
                process.cpu_affinity(cores)
            except psutil.NoSuchProcess:
                continue

    def cpu_seconds(self) -> float:
        """What PostgreSQL has used so far, its ended sessions included."""
        assert self.postgres.pid is not None
        server = psutil.Process(self.postgres.pid)
        own = server.cpu_times()
        used = own.user + own.system + own.children_user + own.children_system
        for process in server.children():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            used += times.user + times.system
        return used

    def say(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the administrator, each for itself."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database, role="postgres"))
            for statement in statements:
                await connection.execute(statement, timeout=600)
            await connection.close()

        asyncio.run(run())

    def ask(self, question: str, database: str) -> Any:
        """One value of a database."""

        async def run() -> Any:
            connection = await asyncpg.connect(self.url(database, role="postgres"))
            answer = await connection.fetchval(question)
            await connection.close()
            return answer

        return asyncio.run(run())
