"""A crew: processes that take the pieces of a large file in side by side."""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Literal

import uvloop

from ecif import policy
from ecif.collector import spare_the_collector
from ecif.errors import Busy
from ecif.intake.imports_hands import Hands, Job, OwnHands
from ecif.intake.imports_pieces import Piece
from ecif.security import MasterKeys, Vault
from ecif.store import Database, PoolLimits, open_database

Method = Literal["fork", "forkserver"]

_WORTH_A_CREW_BYTES = 200_000
_MAX_CREW = 4


class ImportInterrupted(Exception):
    """A process of the import has gone; what it did is committed, the rest can go on later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Where a process of its own finds the database, and what opens its seals."""

    database_url: str
    keys: MasterKeys


class Crew:
    """Processes that take pieces in, each on a connection of its own."""

    def __init__(self, premises: Premises, *, count: int, method: Method = "forkserver") -> None:
        """Start `count` processes; they end with this one, however it ends.

        Args:
            premises: Where they work.
            count: How many they are.
            method: `fork` has nothing to import again, and is for a process that has no threads yet.
        """
        self.count = count
        self._pool = ProcessPoolExecutor(
            count, mp_context=_processes(method), initializer=_begin, initargs=(premises,)
        )
        for _ in range(count):
            self._pool.submit(_make_ready)

    async def take_in(self, job: Job, piece: Piece) -> dict[str, int]:
        """Take one piece in.

        Raises:
            ImportTakenOver: Another run goes on with this import.
            ImportInterrupted: A process has gone.
            Busy: The database does not answer.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _take_in, job, piece)
        except BrokenProcessPool:
            raise ImportInterrupted("A process of the import has ended unexpectedly.") from None

    def close(self) -> None:
        """Let the processes finish the pieces they have begun, and end them."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def crew_for(premises: Premises, size_bytes: int, *, method: Method = "forkserver") -> Crew | None:
    """As many processes as a file of this size is worth; None for a small one."""
    if size_bytes < _WORTH_A_CREW_BYTES:
        return None
    return Crew(premises, count=max(1, min(_MAX_CREW, os.cpu_count() or 1)), method=method)


@dataclass(frozen=True, slots=True)
class CrewHands:
    """The hands of a crew, at one job."""

    crew: Crew
    job: Job

    @property
    def count(self) -> int:
        """As many as the crew has processes."""
        return self.crew.count

    async def take_in(self, piece: Piece) -> dict[str, int]:
        """Take one piece in, as `Crew.take_in`."""
        return await self.crew.take_in(self.job, piece)


def hands_of(database: Database, crew: Crew | None, job: Job) -> Hands:
    """The hands of a crew; without one, those of this process."""
    return OwnHands(database, job) if crew is None else CrewHands(crew, job)


def _processes(method: Method) -> BaseContext:
    """Processes forked from this one, or from one that has imported everything once."""
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["__main__", "ecif.intake"])
    return context


@dataclass(slots=True)
class _Place:
    """A process of a crew: its loop, its database once it has had a piece, and its hands at the job of the moment."""

    premises: Premises
    loop: asyncio.AbstractEventLoop
    database: Database | None = None
    job: Job | None = None
    hands: OwnHands | None = None

    async def opened(self) -> Database:
        if self.database is None:
            self.database = await open_database(
                self.premises.database_url,
                vault=Vault(self.premises.keys),
                moment_of=policy.moment_of,
                limits=PoolLimits(min_size=1, max_size=1),
            )
            spare_the_collector()
        return self.database

    async def take_in(self, job: Job, piece: Piece) -> dict[str, int]:
        database = await self.opened()
        if self.hands is None or job != self.job:
            self.job, self.hands = job, OwnHands(database, job)
        return await self.hands.take_in(piece)


_places: list[_Place] = []


def _begin(premises: Premises) -> None:
    # Ctrl-C reaches the whole terminal; the process that leads decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_leader, daemon=True).start()
    _places.append(_Place(premises, uvloop.new_event_loop()))


def _end_with_leader() -> None:
    leader = multiprocessing.parent_process()
    if leader is not None:
        leader.join()
        os._exit(1)


def _make_ready() -> None:
    """Open the database while the leader looks the file over; where that fails, the first piece tries again."""
    [place] = _places
    with suppress(Busy):
        place.loop.run_until_complete(place.opened())


def _take_in(job: Job, piece: Piece) -> dict[str, int]:
    [place] = _places
    return place.loop.run_until_complete(place.take_in(job, piece))
