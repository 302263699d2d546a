"""Work for several processes: each takes a piece at a time; what they read is shared, not copied."""

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")

_FEWEST_PIECES = 2
"""Fewer are read sooner by this process."""

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


def side_by_side(works: Sequence[Callable[[], _Result]], *, threads: int) -> list[_Result]:
    """Do several works in threads of this process: worth it where they compute with large arrays."""
    if threads < 2:
        return [work() for work in works]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_call, works))


def _call(work: Callable[[], _Result]) -> _Result:
    return work()


class Readers:
    """Processes that read values for this one: they part from it while it is small, and stay until all is read."""

    def __init__(self, processes: int) -> None:
        """Start them; with one, or none, this process reads by itself."""
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and "fork" in multiprocessing.get_all_start_methods():
            context = multiprocessing.get_context("fork")
            self._pool = ProcessPoolExecutor(processes, mp_context=context, initializer=gc.disable)
            # All of them start with the first work: now, and not when there is much to share.
            self._pool.submit(gc.disable).result()

    def read(
        self, read: Callable[[Any, _Piece], _Result], how: Any, pieces: Sequence[_Piece]
    ) -> list[_Result]:
        """Do `read(how, piece)` for every piece; results come in the order of the pieces."""
        if self._pool is None or len(pieces) < _FEWEST_PIECES:
            return [read(how, piece) for piece in pieces]
        return list(self._pool.map(partial(read, how), pieces))

    def side_by_side(self, works: Sequence[Callable[[], _Result]]) -> list[_Result]:
        """Do several works in threads of this process; what they wait for keeps nobody waiting but them."""
        return side_by_side(works, threads=self._processes if self._pool else 1)

    def close(self) -> None:
        """Let them go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _do(piece: Any) -> Any:
    work, shared = _shared[-1]
    return work(shared, piece)
