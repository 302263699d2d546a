"""Running: the API, the worker, and both with their own PostgreSQL in one terminal."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import BinaryIO, Final

import uvicorn
import uvloop
from prometheus_client import CollectorRegistry

from ecif import api
from ecif.app import create_app
from ecif.cli.installation import Installation
from ecif.cli.refusing import CannotStart
from ecif.collector import spare_the_collector
from ecif.intake import Premises
from ecif.opening import opened
from ecif.settings import Settings
from ecif.worker import Worker

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_TICKS_PER_SECOND: Final = 10


class _Server(uvicorn.Server):
    """A server that leaves the signals to us, says when it is ready, and calls us every second."""

    on_started: Callable[[], None]
    every_second: Callable[[], None]

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            spare_the_collector()
            self.on_started()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SECOND == 0:
            self.every_second()
        return await super().on_tick(counter)


@contextmanager
def ending_at_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end what is within, however far it is, and everything it has opened be closed."""

    def end(number: int, _: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough: what follows closes everything
        raise _Ended(signal.Signals(number).name)

    # Set explicitly: a shell starts background jobs with SIGINT ignored.
    for number in STOP_SIGNALS:
        signal.signal(number, end)
    with suppress(_Ended):
        yield


class _Ended(BaseException):
    """A signal asked the process to end."""


def listen(settings: Settings) -> socket.socket:
    """Take the port; 0 takes any free one.

    Raises:
        CannotStart: Somebody else listens there.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart(
            f"Cannot listen on {settings.host}:{settings.port}: {reason}. Choose another --port; 0 takes any free one."
        ) from None


def serve_api(
    installation: Installation,
    *,
    log_to: BinaryIO,
    on_started: Callable[[socket.socket], None],
    every_second: Callable[[], None],
) -> None:
    """Serve the API until SIGINT or SIGTERM; requests that run may finish.

    Args:
        installation: Its database is migrated.
        log_to: Takes the access log.
        on_started: Called with the listening socket once requests are answered.
        every_second: Called while requests are answered.
    """
    settings = installation.settings
    listening = listen(settings)
    app = create_app(settings, installation.keys, installation.database_url, log_to=log_to)
    server = _Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.shutdown_seconds),
        )
    )

    server.on_started = partial(on_started, listening)
    server.every_second = every_second

    async def run() -> None:
        def stop() -> None:
            wiring = getattr(app.state, "wiring", None)
            if wiring is not None:
                wiring.stopping.set()
            server.force_exit = server.should_exit
            server.should_exit = True

        _on_stop(stop)
        await server.serve(sockets=[listening])

    try:
        uvloop.run(run())
    except SystemExit:
        raise CannotStart("The API did not start: the database cannot be reached.") from None
    finally:
        # The loop gave the signals their first meaning back; what is left to close must not be cut short.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def do_work(installation: Installation, *, supervised: bool) -> None:
    """Do the worker's duties until SIGINT or SIGTERM.

    Args:
        installation: Its database is migrated.
        supervised: Stop also when standard input ends: the process that started us is gone.
    """

    async def run() -> None:
        stopping = asyncio.Event()
        _on_stop(stopping.set)
        if supervised:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stopping.set)
        settings = installation.settings
        database = await opened(settings, installation.keys, installation.database_url)
        premises = Premises(database_url=installation.database_url, keys=installation.keys.master)
        registry = CollectorRegistry()
        api.ProcessFigures(database, registry)
        own_port = api.figures_served(
            database, registry, host=settings.host, port=settings.worker_metrics_port
        )
        with own_port:
            worker = asyncio.create_task(Worker(database, settings, premises).run())
            stop = asyncio.create_task(stopping.wait())
            await asyncio.wait([stop, worker], return_when=asyncio.FIRST_COMPLETED)
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
        await database.close()

    uvloop.run(run())


def _on_stop(stop: Callable[[], None]) -> None:
    # Set explicitly: a shell starts background jobs with SIGINT ignored.
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)


class WorkerProcess:
    """The worker beside the API: started again when it ends by itself, gone when we are."""

    def __init__(self, settings: Settings, database_url: str, log_to: BinaryIO) -> None:
        """Name what it works on; `start` starts it."""
        self._environment = {
            **os.environ,
            "ECIF_HOME": str(settings.home),
            "ECIF_DATABASE_URL": database_url,
        }
        self._log_to = log_to
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(  # our own program, arguments as a list
            [sys.executable, "-m", "ecif.cli", "work", "--supervised"],
            stdin=subprocess.PIPE,
            stdout=self._log_to,
            stderr=self._log_to,
            env=self._environment,
            start_new_session=True,
        )

    def ensure(self) -> None:
        """Start it again if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def stop(self, *, within_seconds: float) -> None:
        """Ask it to stop, and wait."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
