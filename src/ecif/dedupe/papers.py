"""Identity documents of rows, and what their numbers prove."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ecif.dedupe.distinct import (
    Codes,
    Distinct,
    Rows,
    distinct_rows,
    numbered,
    packed_words_of,
    read_all,
)
from ecif.dedupe.numbers import SERIES, Judged, judged
from ecif.dedupe.sheets import Sheet
from ecif.identity import (
    DOCUMENT_WORDS,
    ColumnNames,
    Columns,
    bare_documents,
)
from ecif.matching import (
    Bags,
    DocumentColumn,
    DocumentForm,
    Papers,
    Words,
    coded,
    papers_of,
    starts_of,
)

SEXES = (None, "male", "female", "other")
"""Sexes by their numbers."""


class Proven(NamedTuple):
    """What the papers of rows prove: per row a number of `births` (none at 0), and a sex (0 for none)."""

    born: Codes
    births: Sequence[tuple[str, ...]]
    sex: Codes


def papers(sheet: Sheet) -> tuple[Bags, Proven]:
    """The documents of all rows, and what they prove."""
    columns = sheet.columns({*DOCUMENT_WORDS, "id_type", "id_number", "country"})
    if not columns:
        none = np.zeros(sheet.height, dtype=np.int32)
        return sheet.nothing(), Proven(none, [()], none)
    found = distinct_rows(sheet.of(columns))
    alone = _only_papers(sheet, found.frame)
    swift = judged(alone["slug"], alone["number"])
    is_slow = np.ones(found.frame.height, dtype=np.bool_)
    is_slow[swift.rows] = False
    [slow] = np.nonzero(is_slow)
    reader = Columns(columns, ColumnNames(constants={"alias": "?"}))
    read: list[Papers] = read_all(
        _read_papers, (reader, sheet.kind, columns), found.frame[slow], sheet.readers
    )
    return _laid_out(found, (slow, read), swift)


def _only_papers(sheet: Sheet, frame: pl.DataFrame) -> pl.DataFrame:
    """Kind (`slug`) and number of the documents of rows that tell one; null for others."""
    bearers = {column: word for word, column in sheet.words if column in frame.columns}
    told = [column for column, word in bearers.items() if word in {*DOCUMENT_WORDS, "id_number"}]
    known = [pl.struct(slug=pl.lit(None, dtype=pl.String), number=pl.lit(None, dtype=pl.String))]
    for column in told:
        only = pl.col(column).is_not_null()
        for other in told:
            only &= pl.col(other).is_null() if other != column else pl.lit(value=True)
        slug = pl.lit(DOCUMENT_WORDS.get(bearers[column]), dtype=pl.String)
        if bearers[column] == "id_number":
            slug = _slug_told(bearers)
        known.append(pl.when(only).then(pl.struct(slug=slug, number=column)))
    return frame.select(told=pl.coalesce(*reversed(known))).unnest("told")


def _slug_told(bearers: Mapping[str, str]) -> pl.Expr:
    """The kind that `id_type` tells."""
    types = [column for column, word in bearers.items() if word == "id_type"]
    if not types:
        return pl.lit(None, dtype=pl.String)
    return pl.col(types[0]).str.to_lowercase().replace_strict(dict(DOCUMENT_WORDS), default=None)


def _read_papers(
    how: tuple[Columns, str, Sequence[str]], rows: Sequence[tuple[str | None, ...]]
) -> list[Papers]:
    reader, kind, columns = how
    found = []
    for values in rows:
        row: Mapping[str, Any] = dict(zip(columns, values, strict=True))
        documents = reader.documents(row, reader.told(row), kind, {})
        found.append(papers_of(bare_documents(documents)))
    return found


def _laid_out(
    found: Distinct, slow: tuple[Rows, list[Papers]], swift: Judged
) -> tuple[Bags, Proven]:
    """Columns of documents: first those that were read one by one, then those that were judged at a time."""
    size = found.frame.height
    few = coded([form for paper in slow[1] for form in paper.documents])
    forms, own = _forms(few.values, swift)
    counts = np.ones(size, dtype=np.int32)
    counts[slow[0]] = [len(paper.documents) for paper in slow[1]]
    starts = starts_of(counts)
    of_slow = np.zeros(size, dtype=np.bool_)
    of_slow[slow[0]] = True
    items = np.empty(int(counts.sum()), dtype=np.int32)
    items[np.repeat(of_slow, counts)] = few.codes
    items[starts[swift.rows]] = own
    days, born = np.unique(swift.born, return_inverse=True)
    births = coded(
        [
            (),
            *((_day(day),) if day else () for day in days.tolist()),
            *(one.births for one in slow[1]),
        ]
    )
    proven = np.zeros(size, dtype=np.int32)
    proven[swift.rows] = births.codes[1 + born]
    proven[slow[0]] = births.codes[1 + len(days) :]
    sex = np.zeros(size, dtype=np.int32)
    sex[swift.rows] = swift.sex
    sex[slow[0]] = [SEXES.index(one.sex) for one in slow[1]]
    bags = Bags(found.codes, starts, counts, items, forms)
    return bags, Proven(found.at(proven), births.values, found.at(sex))


def _forms(few: Sequence[DocumentForm], swift: Judged) -> tuple[DocumentColumn, Codes]:
    """The forms that were read one by one, and behind them those that were judged; also which of them each is."""
    lines = packed_words_of(
        pl.concat([pl.Series("line", [form.line for form in few], dtype=pl.String), swift.lines])
    )
    series = Words.of([*(form.series for form in few), *SERIES])
    of_swift = series.codes[len(few) :][swift.series]
    behind = lines.codes[len(few) :]
    told = (behind.astype(np.int64) * len(series.texts) + of_swift) * 2 + swift.valid
    own, first = numbered(told)
    forms = DocumentColumn(
        Words(np.append(series.codes[: len(few)], of_swift[first]), series.texts),
        Words(np.append(lines.codes[: len(few)], behind[first]), lines.texts),
        np.append(np.array([form.valid for form in few], dtype=np.bool_), swift.valid[first]),
    )
    return forms, own + np.int32(len(few))


def _day(number: int) -> str:
    return f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"
