"""Rows of a file → tables of comparable forms, one for each kind, with the blocking keys of every record."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.hands import work_through
from ecif.dedupe.wider import wider_keys
from ecif.identity import ColumnNames, Columns, Identity, RowRefused
from ecif.matching import Features, Table, features_of, table_of

_PIECE_ROWS = 4_000


class Keys(NamedTuple):
    """Blocking keys of all records: hashes, the record each belongs to, and whether it is a wide one."""

    hashes: npt.NDArray[np.uint64]
    records: npt.NDArray[np.int64]
    wide: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """The records of one kind: `rows` are their rows in the file."""

    rows: npt.NDArray[np.int64]
    table: Table
    keys: Keys


@dataclass(frozen=True)
class Records:
    """All records of a file; `refused` rows could not be read as one, with the reason."""

    kinds: tuple[Kind, ...]
    refused: dict[int, str]


class RowReading:
    """Reads the rows of one file; a row without a name is read by what else it tells."""

    def __init__(self, header: list[str]) -> None:
        """Compile the columns.

        Raises:
            ColumnsNotUnderstood: No column is a name, or two bear one word.
        """
        self._columns = Columns(header)
        self._nameless = Columns(header, ColumnNames(constants=_NO_NAME))

    def identity(self, row: dict[str, Any]) -> Identity:
        """Read one row.

        Raises:
            RowRefused: A value cannot be read.
        """
        try:
            return self._columns.identity(row)
        except RowRefused as refusal:
            if refusal.field in _NO_NAME and refusal.reason == "is missing":
                return self._nameless.identity(row)
            raise


_NO_NAME = {"full_name": "?", "org_name": "?"}


def records_of(frame: pl.DataFrame, columns: RowReading, *, processes: int) -> Records:
    """Read every row, once."""
    pieces = [
        range(start, min(start + _PIECE_ROWS, frame.height))
        for start in range(0, frame.height, _PIECE_ROWS)
    ]
    read: list[tuple[int, Features | str]] = []
    for piece in work_through(_read, (columns, frame.to_dicts()), pieces, processes=processes):
        read += piece
    refused = {row: told for row, told in read if isinstance(told, str)}
    kinds = []
    for kind in ("person", "organisation"):
        own = [(row, told) for row, told in read if not isinstance(told, str) and told.kind == kind]
        if own:
            features = [told for _, told in own]
            rows = np.array([row for row, _ in own], dtype=np.int64)
            kinds.append(Kind(rows, table_of(kind, features), _keys(features)))
    return Records(tuple(kinds), refused)


def _read(
    shared: tuple[RowReading, list[dict[str, Any]]], piece: range
) -> list[tuple[int, Features | str]]:
    columns, rows = shared
    found: list[tuple[int, Features | str]] = []
    for row in piece:
        try:
            found.append((row, features_of(columns.identity(rows[row]))))
        except RowRefused as refusal:
            found.append((row, f"{refusal.field}: {refusal.reason}"))
    return found


def _keys(features: list[Features]) -> Keys:
    told = [
        (_hashed(key), record, is_wide)
        for record, one in enumerate(features)
        for keys, is_wide in ((one.keys, False), (wider_keys(one), True))
        for key in keys
    ]
    hashes = np.array([one[0] for one in told], dtype=np.uint64)
    records = np.array([one[1] for one in told], dtype=np.int64)
    return Keys(hashes, records, np.array([one[2] for one in told], dtype=np.bool_))


def _hashed(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())
