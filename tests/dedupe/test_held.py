"""What the records of a file hold for every row, counted array by array: it decides how large a file may be."""

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from ecif.dedupe import RowReading
from ecif.dedupe.plan import plan_pairs
from ecif.dedupe.records import records_of
from ecif.matching import PackedTexts, made_ready
from tests.dedupe.files import sample

ROWS = 4_000
MOST_BYTES = 560
"""For every row, of all attributes; what is told but once, as in a small file, weighs most."""


def parts(held: Any) -> Iterable[Any]:
    if isinstance(held, np.ndarray):
        return held.tolist() if held.dtype == object else ()
    if isinstance(held, dict):
        return held.values()
    if isinstance(held, list | tuple):
        return held
    return vars(held).values() if hasattr(held, "__dict__") else ()


def size(held: Any, known: set[int]) -> int:
    """The bytes of arrays and texts in something, each once; `known` are those that were counted."""
    if id(held) in known:
        return 0
    known.add(id(held))
    own = 0
    if isinstance(held, np.ndarray):
        base = held.base
        own = base.nbytes if isinstance(base, np.ndarray) else held.nbytes
    elif isinstance(held, str | bytes):
        own = sys.getsizeof(held)
    return own + sum(size(part, known) for part in parts(held))


def test_records_hold_little_for_every_row() -> None:
    frame = sample(rows=ROWS, seed=5)
    kinds = records_of(frame, RowReading(frame.columns), processes=1).kinds
    for kind in kinds:
        made_ready(kind.table)
    known: set[int] = set()

    held = sum(size(kind.table.bags, known) for kind in kinds)

    assert 50 < held / len(frame) < MOST_BYTES


def test_what_most_rows_tell_alone_is_packed() -> None:
    frame = sample(rows=ROWS, seed=5)
    for kind in records_of(frame, RowReading(frame.columns), processes=1).kinds:
        bags = kind.table.bags

        assert isinstance(bags["phones"].forms, PackedTexts)
        assert isinstance(bags["phones"].phones.texts, PackedTexts)
        assert isinstance(bags["emails"].forms, PackedTexts)
        assert isinstance(bags["documents"].documents.lines.texts, PackedTexts)


def test_pairs_are_kept_as_small_numbers() -> None:
    frame = sample(rows=ROWS, seed=5)
    for kind in records_of(frame, RowReading(frame.columns), processes=1).kinds:
        plan = plan_pairs(kind, np.arange(len(kind.rows)))

        assert plan.left.dtype == plan.right.dtype == np.int32


def test_a_lazy_file_is_grouped_like_a_whole_one() -> None:
    frame = sample(rows=300, seed=8)
    reading = RowReading(frame.columns)
    whole, lazy = (
        records_of(rows, reading, processes=1).kinds for rows in (frame, pl.LazyFrame(frame))
    )

    for one, other in zip(whole, lazy, strict=True):
        assert one.rows.tolist() == other.rows.tolist()
        places = range(len(one.rows))
        assert [one.table.features(row) for row in places] == [
            other.table.features(row) for row in places
        ]
