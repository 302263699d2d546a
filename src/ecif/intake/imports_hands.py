"""Hands that take pieces of a file in: those of this process."""

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from ecif.errors import Busy, Refusal
from ecif.identity import Row, RowRefused
from ecif.intake.arriving import Prepared, prepare
from ecif.intake.imports import ImportTakenOver, Run
from ecif.intake.imports_lots import Lot, Tally, take_in
from ecif.intake.imports_pieces import Piece
from ecif.intake.messages import ReadingRules, RowReader
from ecif.intake.rejects import Reject
from ecif.security import Actor
from ecif.store import Database

_BUSY_SECONDS = (0.2, 0.5, 1, 2, 4, 8, 15)
"""How long a piece waits before each new try when the database does not answer or is too busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What stays the same for all pieces of one import."""

    run: Run
    actor: Actor
    rules: ReadingRules
    only_listed: bool = False


class Hands(Protocol):
    """Whoever takes pieces in; `count` of them at a time."""

    @property
    def count(self) -> int:
        """How many pieces they take in at a time."""

    async def take_in(self, piece: Piece) -> dict[str, int]:
        """Take one piece in; the counts of its outcomes."""


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
