"""Rows of a file → tables of comparable forms, one for each kind; every distinct value is read once."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.births import births, sexes
from ecif.dedupe.hands import Readers
from ecif.dedupe.named import employers, organisation_names, person_names, representatives
from ecif.dedupe.papers import papers
from ecif.dedupe.places import addresses
from ecif.dedupe.reading import taken
from ecif.dedupe.rows import RowReading
from ecif.dedupe.sheets import Sheet, emails, phones
from ecif.identity import DOCUMENT_WORDS, PHONES, RowRefused
from ecif.matching import (
    Bags,
    Facet,
    Features,
    Table,
    coded,
    features_of,
    made_ready,
    table_of,
)

Marks = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

WORTH_PARTING_ROWS = 50_000
"""Fewer rows than this are read sooner by one process."""
_KINDS = ("person", "organisation")


@dataclass(frozen=True)
class Kind:
    """The records of one kind: `rows` are their rows in the file; the last `odd` of them were read as a whole."""

    rows: Rows
    table: Table
    odd: int = 0


@dataclass(frozen=True)
class Records:
    """All records of a file; `refused` rows could not be read as one, with the reason."""

    kinds: tuple[Kind, ...]
    refused: dict[int, str]


def records_of(
    rows: pl.DataFrame | pl.LazyFrame, reading: RowReading, *, processes: int
) -> Records:
    """Read every row: most of them part by part, odd ones as a whole.

    Raises:
        FileUnreadable: A column cannot be read.
    """
    rows = rows.lazy()
    height = taken(rows, pl.len()).item()
    with closing(Readers(processes if height >= WORTH_PARTING_ROWS else 1)) as readers:
        text, kinds = reading.prepared(rows, readers)
        odd, refused = _odd_ones(rows, reading, np.nonzero(kinds < 0)[0])
        sheets = [
            Sheet(kind, text, np.nonzero(kinds == number)[0], reading.words, readers)
            for number, kind in enumerate(_KINDS)
        ]
        tables = _tables([sheet for sheet in sheets if sheet.height], readers)
    found = []
    for sheet in sheets:
        others = {row: told for row, told in odd.items() if told.kind == sheet.kind}
        if sheet.height or others:
            table = tables.get(sheet.kind) or table_of(sheet.kind, ())
            table = _with_others(table, list(others.values()))
            made_ready(table)
            own = np.concatenate([sheet.rows, np.fromiter(others, np.int64, len(others))])
            found.append(Kind(own, table, len(others)))
    return Records(tuple(found), refused)


def _odd_ones(
    rows: pl.LazyFrame, reading: RowReading, odd: Rows
) -> tuple[dict[int, Features], dict[int, str]]:
    known: dict[int, Features] = {}
    refused: dict[int, str] = {}
    if not len(odd):
        return known, refused
    columns = rows.collect_schema().names()
    told = pl.DataFrame([taken(rows, column).to_series()[odd] for column in columns])
    for number, row in zip(odd.tolist(), told.iter_rows(named=True), strict=True):
        try:
            known[number] = features_of(reading.identity(row))
        except RowRefused as refusal:
            refused[number] = f"{refusal.field}: {refusal.reason}"
    return known, refused


def _papers(sheet: Sheet) -> tuple[Bags, tuple[Bags, Marks], Facet]:
    """Documents, births and sexes: what is told of the last two may be proven by the first."""
    documents, proven = papers(sheet)
    return documents, births(sheet, proven), sexes(sheet, proven)


_READINGS: tuple[Callable[[Sheet], Any], ...] = (
    addresses,
    person_names,
    employers,
    _papers,
    organisation_names,
    phones,
    representatives,
    emails,
)
"""What reads the attributes, the longest first."""


def _tables(sheets: Sequence[Sheet], readers: Readers) -> dict[str, Table]:
    """What the rows say, kind by kind; attributes are read side by side."""
    works = [partial(read, sheet) for read in _READINGS for sheet in sheets]
    found = readers.side_by_side(works)
    return {
        sheet.kind: _table(sheet, found[place :: len(sheets)]) for place, sheet in enumerate(sheets)
    }


def _table(sheet: Sheet, told: Sequence[Any]) -> Table:
    """The table of what was read, in the order of `_READINGS`."""
    (postal, is_placed), names, works_for, papers, bodies, dialled, head, mailed = told
    documents, (dates, is_dated), sex = papers
    bags = {
        "persons": names,
        "organisations": bodies,
        "documents": documents,
        "births": dates,
        "phones": dialled,
        "emails": mailed,
        "addresses": postal,
        "employer": works_for,
        "representative": head,
    }
    own = {"employer"} if sheet.kind == "person" else {"legal_rep"}
    tells = (
        sheet.told({*DOCUMENT_WORDS, "id_number", *PHONES, "email", *own}) | is_dated | is_placed
    )
    return Table(sheet.kind, bags, sex, ~tells)


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
