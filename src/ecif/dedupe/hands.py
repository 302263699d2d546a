"""Work for several processes: each takes a piece at a time; what they read is shared, not copied."""

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")

_shared: list[Any] = []
"""What the processes that are being forked inherit."""


def work_through(
    work: Callable[[Any, _Piece], _Result],
    shared: Any,
    pieces: Sequence[_Piece],
    *,
    processes: int,
) -> Iterator[_Result]:
    """Do `work(shared, piece)` for every piece; results come in the order of the pieces.

    Args:
        work: A function of a module, pure.
        shared: What every piece needs; forked processes inherit it.
        pieces: One call each.
        processes: How many processes; with one, or one piece, this process does it all.
    """
    if processes < 2 or len(pieces) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (work(shared, piece) for piece in pieces)
        return
    _shared.append((work, shared))
    # What is inherited stays as it is: walking it for cycles would copy it into every process.
    gc.freeze()
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=gc.disable) as pool:
            yield from pool.map(_do, pieces)
    finally:
        gc.unfreeze()
        _shared.pop()


def _do(piece: Any) -> Any:
    work, shared = _shared[-1]
    return work(shared, piece)
