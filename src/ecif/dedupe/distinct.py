"""Distinct values of columns: what is read once, however many rows say it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.hands import Readers
from ecif.matching import Bags, PackedTexts, Words, mixed, scatter, starts_of, texts_of

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

_PIECE_VALUES = 2_000


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
    size = len(hashes)
    order, hashed = in_order(scatter(hashes.astype(np.uint64)))
    new = np.ones(size, dtype=np.bool_)
    np.not_equal(hashed[1:], hashed[:-1], out=new[1:])
    del hashed
    [starts] = np.nonzero(new)
    first = order[starts]
    appearance, _ = in_order(first.astype(np.uint64) << np.uint64(32))
    rank = np.empty(len(first), dtype=np.int32)
    rank[appearance] = np.arange(len(first), dtype=np.int32)
    codes = np.empty(size, dtype=np.int32)
    codes[order] = np.repeat(rank, np.diff(np.append(starts, size)))
    return codes, first[appearance]


def in_order(numbers: npt.NDArray[np.uint64]) -> tuple[Rows, npt.NDArray[np.uint64]]:
    """The places of numbers in ascending order, equal ones by their place; and the numbers in that order.

    Sorting numbers is much cheaper than sorting places by them, so the place takes the lower bits of its number.
    """
    size = len(numbers)
    bits = np.uint64(size.bit_length())
    both = numbers >> bits
    both <<= bits
    both |= np.arange(size, dtype=np.uint64)
    both.sort()
    order = (both & np.uint64((1 << int(bits)) - 1)).view(np.int64)
    both >>= bits
    alike = both[1:] == both[:-1]
    del both
    found = numbers[order]
    mixed_up = alike & (found[1:] < found[:-1])
    if mixed_up.any():
        run = np.append(0, np.cumsum(~alike))
        [again] = np.nonzero(np.isin(run, run[1:][mixed_up]))
        mine = order[again]
        order[again] = mine[np.lexsort((mine, numbers[mine]))]
        found = numbers[order]
    return order, found


def words_of(texts: pl.Series) -> Words:
    """Texts as numbers."""
    found = distinct_rows(texts.to_frame())
    distinct = found.frame.to_series().to_list() if len(texts) else []
    return Words(found.codes, texts_of(distinct))


def packed(texts: pl.Series) -> PackedTexts:
    """Texts in one piece of memory; none is null."""
    ends = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy()
    return PackedTexts((texts.str.join("").item() if len(texts) else "").encode(), ends)


def packed_words_of(texts: pl.Series) -> Words:
    """Texts as numbers, where most are distinct."""
    found = distinct_rows(texts.to_frame())
    return Words(found.codes, packed(found.frame.to_series()))


def read_all(
    read: Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]],
    how: Any,
    frame: pl.DataFrame,
    readers: Readers,
) -> list[Any]:
    """Read distinct rows one by one, in several processes."""
    rows = frame.rows()
    pieces = [rows[start : start + _PIECE_VALUES] for start in range(0, len(rows), _PIECE_VALUES)]
    return [value for piece in readers.read(read, how, pieces) for value in piece]


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
    counts = is_told.sum(axis=1, dtype=np.int32)
    return Bags(codes, starts_of(counts), counts, told[is_told], forms)


def _bags_of_one(source: Codes, forms: Sequence[Any]) -> Bags:
    """Bag 0 is empty, every other one holds the form before it."""
    items = np.arange(len(forms), dtype=np.int32)
    counts = np.append(np.int32(0), np.ones(len(forms), dtype=np.int32))
    return Bags(source + np.int32(1), starts_of(counts), counts, items, forms)
