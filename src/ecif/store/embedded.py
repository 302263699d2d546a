"""A private PostgreSQL from a wheel, for `ecif up` and the tests.

It listens on a socket in a folder that only its user may enter, and on no network address. All
settings are given at its start, so an installation follows the version that runs it. Its log takes
no statement, no parameter and no refused value: those may be personal data.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote

from ecif.store.embedded_cluster import make_cluster
from ecif.store.embedded_processes import end_servers, servers_in, status_of
from ecif.store.embedded_user import (
    EmbeddedPostgresError,
    ServerUser,
    as_user,
    check_reachable,
    make_home,
    make_private,
    programs,
    server_user,
)

MAJOR_VERSION = "18"
_PORT = 5432
# The shortest limit of the systems we run on, less the final zero.
# Source: sun_path in unix(7) of Linux, 108 bytes, and unix(4) of macOS, 104 bytes.
_SOCKET_PATH_BYTES = 103
_LOG_BYTES = 10_000_000
_START_SECONDS = (
    300.0  # a crash recovery replays up to max_wal_size; a server that dies is noticed at once
)
_TICK_SECONDS = 0.01

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",  # our statements are short; compiling them would take longer than running them
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # An error may quote a refused value, so errors go to the client alone.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One PostgreSQL of our own: its data in `HOME/postgres`, its log in `HOME/postgres.log`."""

    def __init__(
        self, home: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        """Name the place; nothing is touched before `start`.

        Args:
            home: Folder of the installation; it may hold other files.
            durable: A crash of the machine loses nothing; tests do without.
            settings: PostgreSQL settings on top of ours.
        """
        self.home = home.expanduser().resolve()
        self.data = self.home / "postgres"
        self.log = self.home / "postgres.log"
        self._durable = durable
        self._settings = {**_SETTINGS, **({} if durable else _NOT_DURABLE), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._short_socket: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of the server that `start` started; None before and after."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """The server that `start` started has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def programs(self) -> Path:
        """The folder of `psql`, `pg_dump`, `pgbench` and the others."""
        return programs(self.home, server_user(self.data))

    def start(self) -> str:
        """Start the server, on the data of last time or on new data, and wait until it answers.

        A server that outlived a killed `ecif` on the same data is ended first.

        Returns:
            The address of the database `ecif` for its role `ecif`.

        Raises:
            EmbeddedPostgresError: Somebody else uses this home, or PostgreSQL cannot run in it;
                the text says why and what to do.
        """
        user = server_user(self.data)
        check_reachable(self.home, user)
        make_home(self.home)
        self._take_lock()
        try:
            return self._start_locked(user)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what `start` started: sessions are closed, all is written. Twice is harmless."""
        if self._lock is None:
            return
        end_servers(self.data)
        if self._process is not None:
            self._process.wait()
            self._process = None
        if self._short_socket is not None:
            shutil.rmtree(self._short_socket, ignore_errors=True)
            self._short_socket = None
        os.close(self._lock)
        self._lock = None

    def end_leftover(self) -> None:
        """End a server on this home whose `ecif` is gone.

        Raises:
            EmbeddedPostgresError: Its `ecif` still runs.
        """
        if self.home.exists():
            self._take_lock()
            self.stop()

    def url(self, *, database: str = "ecif", role: str = "ecif") -> str | None:
        """The address of a database of the server that runs on this home, whoever started it.

        Args:
            database: Its name.
            role: `ecif`, or `postgres` who may do everything.

        Returns:
            None when no server runs there.
        """
        status = status_of(self.data)
        if status is None or not servers_in(self.data):
            return None
        return f"postgresql://{role}@/{database}?host={quote(status.socket_folder)}&port={_PORT}"

    def _take_lock(self) -> None:
        lock = os.open(self.home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise EmbeddedPostgresError(
                f"Another ecif already runs on {self.home}: stop it, or choose another --home."
            ) from None
        self._lock = lock

    def _start_locked(self, user: ServerUser) -> str:
        end_servers(self.data)
        if not self.data.exists():
            make_cluster(self.home, self.data, user, durable=self._durable)
        if (found := (self.data / "PG_VERSION").read_text().strip()) != MAJOR_VERSION:
            raise EmbeddedPostgresError(
                f"{self.data} was written by PostgreSQL {found}, this is {MAJOR_VERSION}: "
                "restore a dump into a new home."
            )
        self._launch(user)
        return self._wait_until_ready()

    def _launch(self, user: ServerUser) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._socket_folder(user))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C must reach `ecif` first, which then ends the database.
            self._process = subprocess.Popen(
                [str(programs(self.home, user) / "postgres"), "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_user(user),
            )

    def _socket_folder(self, user: ServerUser) -> Path:
        folder = self.home / "run"
        shutil.rmtree(folder, ignore_errors=True)  # a killed server leaves its socket's lock behind
        if len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) > _SOCKET_PATH_BYTES:
            folder = self._short_socket = Path(tempfile.mkdtemp(prefix="ecif-", dir="/tmp"))
        make_private(folder, user)
        return folder

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            status = status_of(self.data)
            if status is not None and status.pid == self.pid and (url := self.url()):
                return url
            time.sleep(_TICK_SECONDS)
        last_words = self.log.read_text(errors="replace").splitlines()[-5:]
        raise EmbeddedPostgresError("PostgreSQL did not start: " + " | ".join(last_words))
