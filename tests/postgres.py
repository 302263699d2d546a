"""The PostgreSQL of a test run: started by the first test that needs it, ended after the last.

All workers of a run share one server and one folder, which the environment names to them. The
folder is locked as long as its run lives; a later run clears away what a killed one left.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from ecif.store import migrate
from ecif.store.embedded import EmbeddedPostgres
from ecif.store.embedded_user import EmbeddedPostgresError

ANOTHER_SERVER = "ECIF_TEST_DATABASE_URL"
_FOLDER = "ECIF_TEST_FOLDER"
_PREFIX = "ecif-tests-"

Answer = TypeVar("Answer")
_START = """
import os, pathlib, sys
from ecif.store.embedded import EmbeddedPostgres

settings = {"max_connections": "200"}
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False, settings=settings)
server.start()
os._exit(0)
"""


def begin_run() -> Path:
    """Make the folder of this run and tell the workers; a worker finds it made."""
    if _FOLDER in os.environ:
        return run_folder()
    _clear_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))
    folder.chmod(0o711)  # started by root, the server runs as another user and must pass through
    _locked(folder / "run.lock")
    os.environ[_FOLDER] = str(folder)
    (folder / "logs").mkdir()
    return folder


def run_folder() -> Path:
    """Where this run keeps everything it leaves behind."""
    return Path(os.environ[_FOLDER])


def stop_server() -> None:
    """End the server of this run, if a test has started one, and remove its template elsewhere."""
    EmbeddedPostgres(run_folder() / "home").end_leftover()
    if another := os.environ.get(ANOTHER_SERVER):
        execute(another, f"DROP DATABASE IF EXISTS {_template_name()}")


def end_run() -> None:
    """Remove the folder of this run."""
    shutil.rmtree(os.environ.pop(_FOLDER), ignore_errors=True)


def server_url() -> str:
    """The address of a database whose role may create others."""
    if another := os.environ.get(ANOTHER_SERVER):
        return another
    home = run_folder() / "home"
    with _turn():
        url = EmbeddedPostgres(home).url()
        if url is None:
            # By a process that leaves at once: no worker owns the server, so none takes it along.
            subprocess.run([sys.executable, "-c", _START, str(home)], check=True)
            url = EmbeddedPostgres(home).url()
    assert url
    return url


def template_database() -> str:
    """The name of a database with all migrations applied, made once per run; none may connect."""
    name, server, made = _template_name(), server_url(), run_folder() / "template"
    with _turn():
        if not made.exists():
            execute(server, f"CREATE DATABASE {name}")
            migrate.upgrade(address(server, name))
            execute(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            made.touch()
    return name


@contextmanager
def fresh_copy(template: str | None) -> Iterator[str]:
    """A database of its own, gone afterwards: a copy of the template, or empty."""
    server, name = server_url(), f"ecif_test_{uuid4().hex}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
    try:
        yield address(server, name)
    finally:
        _drop(server, name)


def _drop(server: str, name: str) -> None:
    try:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")
    except asyncpg.InsufficientPrivilegeError:
        # An autovacuum worker is in it: no role of ours may end it; without force PostgreSQL sends it away itself.
        execute(server, f"DROP DATABASE {name}")


def address(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def execute(url: str, *statements: str) -> None:
    """Run statements, each for itself."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    outside_the_loop(run())


def outside_the_loop(story: Coroutine[Any, Any, Answer]) -> Answer:
    """Await in a thread: fixtures that are no coroutines stand beside the test's own loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


def _template_name() -> str:
    return f"ecif_template_{run_folder().name.removeprefix(_PREFIX).lower()}"


@contextmanager
def _turn() -> Iterator[None]:
    with (run_folder() / "turn.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def _clear_leftovers() -> None:
    for folder in Path("/tmp").glob(f"{_PREFIX}*"):
        try:
            os.close(_locked(folder / "run.lock"))
            EmbeddedPostgres(folder / "home").end_leftover()
            shutil.rmtree(folder)
        except (OSError, EmbeddedPostgresError):
            continue  # its run still lives, or belongs to somebody else
