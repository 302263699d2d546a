"""Distinct values of columns: what is read once, however many rows say it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.hands import work_through
from ecif.matching import Bags, Words, mixed, texts_of

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

_PIECE_VALUES = 8_000


class Distinct(NamedTuple):
    """The distinct rows of a frame, in the order of their first appearance; `codes` says which of them a row is."""

    codes: Codes
    frame: pl.DataFrame

    def at(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """For every row what was found for its distinct one."""
        return values[self.codes]


def distinct_rows(frame: pl.DataFrame) -> Distinct:
    """Find them by hashes of 64 bits: two of ten million values fall together once in a million files."""
    if not frame.width or not frame.height:
        return Distinct(np.zeros(frame.height, dtype=np.int32), frame.head(1))
    codes, first = numbered(frame.hash_rows().to_numpy())
    return Distinct(codes, frame[first])


def numbered(hashes: npt.NDArray[Any]) -> tuple[Codes, Rows]:
    """Number distinct hashes in the order of their first appearance; also where each appears first."""
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int32)
    rank[order] = np.arange(len(first), dtype=np.int32)
    return rank[inverse], first[order]


def words_of(texts: pl.Series) -> Words:
    """Texts as numbers."""
    found = distinct_rows(texts.to_frame())
    distinct = found.frame.to_series().to_list() if len(texts) else []
    return Words(found.codes, texts_of(distinct))


def read_all(
    read: Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]],
    how: Any,
    frame: pl.DataFrame,
    *,
    processes: int,
) -> list[Any]:
    """Read distinct rows one by one, in several processes."""
    rows = frame.rows()
    pieces = [rows[start : start + _PIECE_VALUES] for start in range(0, len(rows), _PIECE_VALUES)]
    return [
        value for piece in work_through(read, how, pieces, processes=processes) for value in piece
    ]


def bags_of(sources: Sequence[Codes], forms: Sequence[Any]) -> Bags:
    """What every record tells, from one or several columns.

    Args:
        sources: For each column the form that each record tells in it, or -1.
        forms: All forms.
    """
    if len(sources) == 1:
        return _bags_of_one(sources[0], forms)
    key = np.zeros(len(sources[0]), dtype=np.uint64)
    for source in sources:
        key = mixed(key, source.astype(np.uint64))
    codes, first = numbered(key)
    told = np.stack([source[first] for source in sources], axis=1)
    for place in range(1, told.shape[1]):
        again = (told[:, :place] == told[:, place : place + 1]).any(axis=1)
        told[again, place] = -1
    is_told = told >= 0
    counts = is_told.sum(axis=1)
    return Bags(codes, np.cumsum(counts) - counts, counts, told[is_told], forms)


def _bags_of_one(source: Codes, forms: Sequence[Any]) -> Bags:
    """Bag 0 is empty, every other one holds the form before it."""
    items = np.arange(len(forms), dtype=np.int32)
    starts = np.append(0, items).astype(np.int64)
    counts = np.append(0, np.ones(len(forms), dtype=np.int64))
    return Bags(source + np.int32(1), starts, counts, items, forms)
