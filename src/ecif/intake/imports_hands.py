"""Hands that take pieces of a file in: those of this process, or those of a crew of processes."""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Protocol

import uvloop

from ecif import policy
from ecif.errors import Busy, Refusal
from ecif.identity import Row, RowRefused
from ecif.intake.arriving import Prepared, prepare
from ecif.intake.imports import ImportTakenOver, Lot, Run, Tally, take_in
from ecif.intake.imports_pieces import Piece
from ecif.intake.messages import ReadingRules, RowReader
from ecif.intake.rejects import Reject
from ecif.security import Actor, MasterKeys, Vault
from ecif.store import Database, PoolLimits, open_database

_BUSY_SECONDS = (0.2, 0.5, 1, 2, 4, 8, 15)
"""How long a piece waits before each new try when the database does not answer or is too busy."""


class ImportInterrupted(Exception):
    """A process of the import has gone; what it did is committed, the rest can go on later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What stays the same for all pieces of one import."""

    run: Run
    actor: Actor
    rules: ReadingRules
    only_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Where a process of its own finds the database, and what opens its seals."""

    database_url: str
    keys: MasterKeys


class Hands(Protocol):
    """Whoever takes pieces in; `count` of them at a time."""

    count: int

    async def take_in(self, piece: Piece) -> dict[str, int]:
        """Take one piece in; the counts of its outcomes."""

    def close(self) -> None:
        """Finish what is begun."""


class OwnHands:
    """This process, one piece at a time."""

    count = 1

    def __init__(self, database: Database, job: Job) -> None:
        """Work on `database`."""
        self._database, self._job = database, job
        self._reader = RowReader(job.rules)

    async def take_in(self, piece: Piece) -> dict[str, int]:
        """Take one piece in; a line that cannot be taken in is rejected, the others go on.

        Raises:
            ImportTakenOver: Another run goes on with this import.
            Busy: The database does not answer.
        """
        lot = self._lot_of(piece)
        for seconds in (*_BUSY_SECONDS, None):
            try:
                return await self._take_in(lot)
            except Busy:
                if seconds is None:
                    raise
                await asyncio.sleep(seconds)
        raise Busy

    def close(self) -> None:
        """The database belongs to the caller."""

    def _lot_of(self, piece: Piece) -> Lot:
        messages, rejects = [], []
        for row in piece.rows:
            read = row if isinstance(row, Reject) else self._prepared(*row)
            if isinstance(read, Reject):
                rejects.append(read)
            else:
                messages.append(read)
        return Lot(
            first=piece.first,
            behind=piece.behind,
            messages=messages,
            rejects=rejects,
            share=piece.share,
        )

    def _prepared(self, line: int, row: Row) -> tuple[int, Prepared] | Reject:
        vault, entity = self._database.vault, self._job.actor.legal_entity
        try:
            new = self._reader.message(row)
            return line, prepare(new, vault, entity, with_flags=False)
        except RowRefused as refused:
            return Reject(line, refused.field, refused.reason)
        except Exception as error:  # one strange line must not hold up the file
            return Reject(line, "", _fault(error))

    async def _take_in(self, lot: Lot) -> dict[str, int]:
        job = self._job
        try:
            return await self._database.run(
                job.actor,
                lambda work: take_in(work, job.run, lot, only_listed=job.only_listed),
            )
        except (ImportTakenOver, Busy):
            raise
        except Exception as error:
            if not lot.messages:
                raise
            parts = _halves(lot) if len(lot.messages) > 1 else [_without_its_message(lot, error)]
        tally = Tally()
        for part in parts:
            tally.add(await self._take_in(part))
        return tally.counts


def _halves(lot: Lot) -> list[Lot]:
    """The same lines as two lots, each with some of the messages."""
    middle = len(lot.messages) // 2
    cut = lot.messages[middle][0]
    return [
        replace(
            lot,
            behind=cut,
            messages=lot.messages[:middle],
            rejects=[each for each in lot.rejects if each.line < cut],
        ),
        replace(
            lot,
            first=cut,
            messages=lot.messages[middle:],
            rejects=[each for each in lot.rejects if each.line >= cut],
        ),
    ]


def _without_its_message(lot: Lot, error: Exception) -> Lot:
    """The only message of a lot cannot be taken in: it is rejected, with a reason that quotes nothing."""
    [(line, _)] = lot.messages
    if isinstance(error, Refusal):
        reject = Reject(line, str(error.facts.get("field", "")), error.detail)
    else:
        reject = Reject(line, "", _fault(error))
    return replace(lot, messages=(), rejects=[*lot.rejects, reject])


def _fault(error: Exception) -> str:
    return f"could not be taken in ({type(error).__name__})"


class Crew:
    """Processes that take pieces in side by side, each on a connection of its own."""

    def __init__(self, premises: Premises, job: Job, *, count: int) -> None:
        """Start `count` processes; they end with this one, however it ends."""
        self.count = count
        self._pool = ProcessPoolExecutor(
            count,
            mp_context=_processes(),
            initializer=_begin,
            initargs=(premises, job),
        )

    async def take_in(self, piece: Piece) -> dict[str, int]:
        """Take one piece in.

        Raises:
            ImportTakenOver: Another run goes on with this import.
            ImportInterrupted: A process has gone.
            Busy: The database does not answer.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _take_in, piece)
        except BrokenProcessPool:
            raise ImportInterrupted("A process of the import has ended unexpectedly.") from None

    def close(self) -> None:
        """Let the processes finish the pieces they have begun, and end them."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _processes() -> multiprocessing.context.ForkServerContext:
    """Processes forked from one that has imported everything once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "ecif.intake"])
    return context


_at_work: list[tuple[asyncio.AbstractEventLoop, OwnHands]] = []
"""In a process of a crew: its loop and its hands."""


def _begin(premises: Premises, job: Job) -> None:
    # Ctrl-C reaches the whole terminal; the process that leads decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_leader, daemon=True).start()
    loop = uvloop.new_event_loop()
    database = loop.run_until_complete(
        open_database(
            premises.database_url,
            vault=Vault(premises.keys),
            moment_of=policy.moment_of,
            limits=PoolLimits(min_size=1, max_size=1),
        )
    )
    _at_work.append((loop, OwnHands(database, job)))


def _end_with_leader() -> None:
    leader = multiprocessing.parent_process()
    if leader is not None:
        leader.join()
        os._exit(1)


def _take_in(piece: Piece) -> dict[str, int]:
    loop, hands = _at_work[0]
    return loop.run_until_complete(hands.take_in(piece))


def hands_for(database: Database, premises: Premises, job: Job, *, size_bytes: int) -> Hands:
    """Enough hands for a file: those of this process for a small one, a crew for others."""
    if size_bytes < _WORTH_A_CREW_BYTES:
        return OwnHands(database, job)
    return Crew(premises, job, count=max(1, min(_MAX_CREW, os.cpu_count() or 1)))


_WORTH_A_CREW_BYTES = 200_000
_MAX_CREW = 4
