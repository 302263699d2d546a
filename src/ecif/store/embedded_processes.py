"""The PostgreSQL processes that work in a data folder, and how they are ended."""

import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ecif.store.embedded_user import EmbeddedPostgresError

_TICK_SECONDS = 0.01
# Source: PostgreSQL 18, "Shutting Down the Server": INT fast, QUIT at once, KILL as a last resort.
_WAYS_TO_END = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What a server that accepts connections says of itself in its pid file."""

    pid: int
    socket_folder: str


def status_of(data: Path) -> ServerStatus | None:
    """What the pid file says; None unless it says that connections are accepted.

    Source: PostgreSQL 18, src/include/utils/pidfile.h: line 1 pid, 5 socket folder, 8 state.
    """
    try:
        lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return None
    if len(lines) < 8 or lines[7] != "ready":
        return None
    return ServerStatus(int(lines[0]), lines[4])


def servers_in(data: Path) -> list[psutil.Process]:
    """Every server process that works in `data`.

    Known by the folder they work in: a pid file may be stale and its number somebody else's.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and process.cwd() == str(data):
                found.append(process)
        except psutil.Error:  # ended meanwhile, ended and not yet reaped, or not ours to look at
            continue
    return found


def end_servers(data: Path) -> None:
    """End whatever works in `data`, as gently as it lets us, and clear its pid file away.

    Raises:
        EmbeddedPostgresError: Something does not end.
    """
    for how, patience_seconds in _WAYS_TO_END:
        deadline = time.monotonic() + patience_seconds
        servers = servers_in(data)
        _signal_the_eldest(servers, how)
        while servers and time.monotonic() < deadline:
            time.sleep(_TICK_SECONDS)
            servers = servers_in(data)
        if not servers:
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
    raise EmbeddedPostgresError(f"A PostgreSQL on {data} does not end.")


def _signal_the_eldest(servers: list[psutil.Process], how: signal.Signals) -> None:
    """The eldest of a family ends the others itself; orphans are told one by one."""
    family = {server.pid for server in servers}
    for server in servers:
        with suppress(psutil.NoSuchProcess):
            if server.ppid() not in family:
                server.send_signal(how)
