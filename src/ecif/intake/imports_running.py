"""An import from its first piece to its last: which pieces go side by side, and which must wait."""

import asyncio
from collections.abc import Callable, Iterator

from ecif.intake.files import Rows
from ecif.intake.imports import Import, end, lines_done
from ecif.intake.imports_hands import Hands, Job
from ecif.intake.imports_pieces import Piece, pieces_of, rows_per_piece
from ecif.intake.messages import RowReader
from ecif.store import Database

Watch = Callable[[dict[str, int], float], None]
"""Is told after each piece: the counts of its outcomes, and the share of the file that has been read."""


async def carry_out(database: Database, job: Job, rows: Rows, hands: Hands, watch: Watch) -> Import:
    """Take in what is left of a file, and end its import.

    Pieces go side by side; one that has a source key in common with another under way waits for it, so the lines
    of one key are applied in the order of the file.

    Raises:
        ImportTakenOver: Another run goes on with this import.
        ImportInterrupted: A process of the import has gone; the same import can go on.
        Busy: The database does not answer; the same import can go on.
    """
    done = await database.run(job.actor, lambda work: lines_done(work, job.run.import_id))
    pieces = pieces_of(rows, RowReader(job.rules), done, rows_per_piece(hands.count))
    under_way: dict[asyncio.Task[dict[str, int]], Piece] = {}
    try:
        while (piece := await asyncio.to_thread(_next, pieces)) is not None:
            while len(under_way) > hands.count or _shares_a_key(piece, under_way):
                await _settle_some(under_way, watch)
            under_way[asyncio.create_task(hands.take_in(piece))] = piece
        while under_way:
            await _settle_some(under_way, watch)
    finally:
        for task in under_way:
            task.cancel()
    return await database.run(job.actor, lambda work: end(work, job.run, state="done"))


def _next(pieces: Iterator[Piece]) -> Piece | None:
    return next(pieces, None)


def _shares_a_key(piece: Piece, under_way: dict[asyncio.Task[dict[str, int]], Piece]) -> bool:
    return any(not piece.keys.isdisjoint(other.keys) for other in under_way.values())


async def _settle_some(under_way: dict[asyncio.Task[dict[str, int]], Piece], watch: Watch) -> None:
    settled, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    for task in settled:
        piece = under_way.pop(task)
        watch(task.result(), piece.share)
