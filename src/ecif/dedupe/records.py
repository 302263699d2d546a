"""Rows of a file → tables of comparable forms, one for each kind; every distinct value is read once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.births import births, sexes
from ecif.dedupe.named import employers, organisation_names, person_names, representatives
from ecif.dedupe.papers import papers
from ecif.dedupe.places import addresses
from ecif.dedupe.rows import RowReading
from ecif.dedupe.sheets import Sheet, emails, phones
from ecif.identity import DOCUMENT_WORDS, PHONES, RowRefused
from ecif.matching import Facet, Features, Table, coded, features_of, made_ready, table_of

Rows = npt.NDArray[np.int64]

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


def records_of(frame: pl.DataFrame, reading: RowReading, *, processes: int) -> Records:
    """Read every row: most of them part by part, odd ones as a whole."""
    text, kinds = reading.prepared(frame)
    odd, refused = _odd_ones(frame, reading, np.nonzero(kinds < 0)[0])
    found = []
    for number, kind in enumerate(_KINDS):
        [rows] = np.nonzero(kinds == number)
        others = {row: told for row, told in odd.items() if told.kind == kind}
        if len(rows) or others:
            table = _table(Sheet(kind, text, rows, reading.words, processes))
            table = _with_others(table, list(others.values()))
            made_ready(table)
            own = np.concatenate([rows, np.fromiter(others, np.int64, len(others))])
            found.append(Kind(own, table, len(others)))
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


def _table(sheet: Sheet) -> Table:
    documents, proven = papers(sheet)
    dates, is_dated = births(sheet, proven)
    postal, is_placed = addresses(sheet)
    bags = {
        "persons": person_names(sheet),
        "organisations": organisation_names(sheet),
        "documents": documents,
        "births": dates,
        "phones": phones(sheet),
        "emails": emails(sheet),
        "addresses": postal,
        "employer": employers(sheet),
        "representative": representatives(sheet),
    }
    own = {"employer"} if sheet.kind == "person" else {"legal_rep"}
    tells = (
        sheet.told({*DOCUMENT_WORDS, "id_number", *PHONES, "email", *own}) | is_dated | is_placed
    )
    return Table(sheet.kind, bags, sexes(sheet, proven), ~tells)


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
