"""Rows of a file → tables of comparable forms, one for each kind; every distinct value is read once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.hands import work_through
from ecif.dedupe.rows import PARTS, PartReading, RowReading
from ecif.identity import RowRefused
from ecif.matching import Bags, Facet, Features, Table, bagged, coded, features_of, table_of

Rows = npt.NDArray[np.int64]

_PIECE_VALUES = 4_000
_KINDS = ("person", "organisation")


@dataclass(frozen=True)
class Kind:
    """The records of one kind: `rows` are their rows in the file."""

    rows: Rows
    table: Table


@dataclass(frozen=True)
class Records:
    """All records of a file; `refused` rows could not be read as one, with the reason."""

    kinds: tuple[Kind, ...]
    refused: dict[int, str]


def records_of(frame: pl.DataFrame, reading: RowReading, *, processes: int) -> Records:
    """Read every row: most of them part by part, odd ones as a whole."""
    text, kinds = reading.prepared(frame)
    odd, refused = _odd_ones(frame, reading, np.nonzero(kinds < 0)[0])
    found = []
    for number, kind in enumerate(_KINDS):
        [rows] = np.nonzero(kinds == number)
        others = {row: told for row, told in odd.items() if told.kind == kind}
        if len(rows) or others:
            table = _table(
                text[rows] if len(rows) < frame.height else text, kind, reading, processes
            )
            table = _with_others(table, list(others.values()))
            own = np.concatenate([rows, np.fromiter(others, np.int64, len(others))])
            found.append(Kind(own, table))
    return Records(tuple(found), refused)


def _odd_ones(
    frame: pl.DataFrame, reading: RowReading, rows: Rows
) -> tuple[dict[int, Features], dict[int, str]]:
    known: dict[int, Features] = {}
    refused: dict[int, str] = {}
    for row in rows.tolist():
        try:
            known[row] = features_of(reading.identity(frame.row(row, named=True)))
        except RowRefused as refusal:
            refused[row] = f"{refusal.field}: {refusal.reason}"
    return known, refused


def _table(text: pl.DataFrame, kind: str, reading: RowReading, processes: int) -> Table:
    told: dict[str, Bags] = {}
    tells = np.zeros(text.height, dtype=np.bool_)
    for part in PARTS:
        mine = reading.part(part, kind)
        codes, values = _read_part(text, mine, processes)
        for place, attribute in enumerate(part.attributes):
            if attribute == "sexes":
                facet = coded([value[place] for value in values])
                sexes = Facet(facet.codes[codes], facet.values)
                continue
            mine_told = [value[place] for value in values]
            if attribute in ("employer", "representative"):
                mine_told = [(one,) if one else () for one in mine_told]
            told[attribute] = bagged(mine_told).at(codes)
        if part.tells:
            tells |= np.array([value[-1] for value in values], dtype=np.bool_)[codes]
    return Table(kind, told, sexes, ~tells)


def _read_part(
    text: pl.DataFrame, mine: PartReading, processes: int
) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Which distinct value of a part every row has, and what those values tell."""
    if not mine.columns:
        return np.zeros(text.height, dtype=np.int64), [mine.read({})]
    names = list(mine.columns)
    distinct = text.select(names).unique(maintain_order=True).with_row_index("\0code")
    codes = text.select(names).join(
        distinct, on=names, how="left", nulls_equal=True, maintain_order="left"
    )["\0code"]
    rows = distinct.select(names).rows()
    pieces = [rows[start : start + _PIECE_VALUES] for start in range(0, len(rows), _PIECE_VALUES)]
    values: list[Any] = []
    for piece in work_through(_read_values, mine, pieces, processes=processes):
        values += piece
    return codes.to_numpy().astype(np.int64), values


def _read_values(mine: PartReading, rows: list[tuple[Any, ...]]) -> list[Any]:
    return [mine.read(dict(zip(mine.columns, row, strict=True))) for row in rows]


def _with_others(table: Table, others: list[Features]) -> Table:
    """The table, and records that were read one by one behind it."""
    if not others:
        return table
    more = table_of(table.kind, others)
    bags = {name: one.followed_by(more.bags[name]) for name, one in table.bags.items()}
    sexes = coded([*table.sexes.values, *more.sexes.values])
    codes = np.concatenate([table.sexes.codes, more.sexes.codes + len(table.sexes.values)])
    weak = np.concatenate([table.weak, more.weak])
    return Table(table.kind, bags, Facet(sexes.codes[codes], sexes.values), weak)
