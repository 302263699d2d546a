"""How rows are read: as a whole, or made ready to be read column by column."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import distinct_rows
from ecif.dedupe.hands import Readers
from ecif.dedupe.reading import taken
from ecif.identity import (
    IGNORED,
    MAX_FIELD_CHARACTERS,
    NAME_WORDS,
    ColumnNames,
    Columns,
    Identity,
    RowRefused,
    kind_of,
)

_NO_NAME = {"full_name": "?", "org_name": "?"}
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_ABOUT_THE_RECORD = frozenset({"record_id", "source", "source_version", "changed_at"})
"""Words that say nothing about anybody."""
_NOT_TOLD = "\\N"
"""How database dumps write an empty value."""
_KINDS = {"person": 0, "organisation": 1}

Marks = npt.NDArray[np.bool_]


class Text:
    """The understood columns of a file as trimmed text, taken when they are asked for: all together are large.

    `is_told`: for every column that was looked at, which rows tell something in it.
    """

    def __init__(self, rows: pl.LazyFrame, columns: Sequence[str]) -> None:
        schema = rows.collect_schema()
        self._rows = rows
        self._written = {column: _written(column, schema[column]) for column in columns}
        self.is_told: dict[str, pl.Series] = {}

    def of(self, column: str) -> pl.Series:
        """What all rows say in one column; null where they tell nothing."""
        return taken(self._rows, self._written[column]).to_series()

    def look_at(self, column: str) -> Marks | None:
        """See what is to be trimmed and who tells something; also which rows are to be read as a whole, if any."""
        told = self.of(column)
        is_trimmed, is_odd = told.to_frame().select(*_looks(column)).row(0)
        if not is_trimmed:
            self._written[column] = _trimmed(self._written[column])
            told = told.to_frame().select(_trimmed(pl.col(column))).to_series()
        self.is_told[column] = told.is_not_null()
        return _are_odd(told) if is_odd else None


class RowReading:
    """Reads the rows of one file; a row without a name is read by what else it tells."""

    def __init__(self, header: list[str]) -> None:
        """Compile the columns.

        Raises:
            ColumnsNotUnderstood: No column is a name, or two bear one word.
        """
        self._columns = Columns(header)
        self._nameless = Columns(header, ColumnNames(constants=_NO_NAME))
        words = ((column, ColumnNames().word_of(column)) for column in header)
        self._words = {column: word for column, word in words if word and word != IGNORED}

    def identity(self, row: dict[str, Any]) -> Identity:
        """Read one row as a whole.

        Raises:
            RowRefused: A value cannot be read.
        """
        try:
            return self._columns.identity(row)
        except RowRefused as refusal:
            if refusal.field in _NO_NAME and refusal.reason == "is missing":
                return self._nameless.identity(row)
            raise

    @property
    def words(self) -> list[tuple[str, str]]:
        """(word, column) of the columns that are understood, in the order of the file."""
        return [(word, column) for column, word in self._words.items()]

    def prepared(self, rows: pl.LazyFrame, readers: Readers) -> tuple[Text, npt.NDArray[np.int8]]:
        """The understood columns as text, and the kind of every row: 0, 1, or -1 for one to read as a whole."""
        known = [column for column, word in self._words.items() if word not in _ABOUT_THE_RECORD]
        height = taken(rows, pl.len()).item()
        schema = rows.collect_schema()
        if any(schema[column].is_nested() for column in known):
            return Text(rows, ()), np.full(height, -1, dtype=np.int8)
        text = Text(rows, known)
        kinds = np.zeros(height, dtype=np.int8)
        looks = readers.side_by_side([partial(text.look_at, column) for column in known])
        for odd in looks:
            if odd is not None:
                kinds[odd] = -1
        return text, np.where(kinds < 0, kinds, self._kinds(text))

    def _kinds(self, text: Text) -> npt.NDArray[np.int8]:
        naming = [
            c for c, word in self._words.items() if word in NAME_WORDS or word == "entity_type"
        ]
        told = pl.DataFrame(
            [
                text.of(column)
                if self._words[column] == "entity_type"
                else text.is_told[column].alias(column)
                for column in naming
            ]
        )
        found = distinct_rows(told)
        kinds = [self._kind(dict(zip(naming, row, strict=True))) for row in found.frame.rows()]
        return found.at(np.array(kinds, dtype=np.int8))

    def _kind(self, told: dict[str, Any]) -> int:
        """The kind of rows that tell these; -1 when they tell no name, or a kind that is not known."""
        said = {
            self._words[column]: value if isinstance(value, str) else "x"
            for column, value in told.items()
            if value
        }
        try:
            kind = kind_of(said)
        except RowRefused:
            return -1
        named = NAME_WORDS - {"org_name"} if kind == "person" else NAME_WORDS
        return _KINDS[kind] if _has_name(said, named) else -1


def _has_name(said: Iterable[str], named: frozenset[str]) -> bool:
    return any(word in named for word in said)


def _written(column: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text: whole numbers without a point, days without a time."""
    told = pl.col(column)
    if dtype.is_float():
        whole = told.cast(pl.Int64, strict=False)
        return pl.when(whole == told).then(whole.cast(pl.String)).otherwise(told.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return told.dt.strftime("%Y-%m-%d")
    return told.cast(pl.String)


def _looks(column: str) -> tuple[pl.Expr, pl.Expr]:
    """Whether all of a column is trimmed and told, and whether something in it is odd."""
    told = pl.col(column)
    size = told.str.len_bytes()
    is_trimmed = told.str.strip_chars().str.len_bytes().sum() == size.sum()
    is_told = ~((size == 0) | (told == _NOT_TOLD)).any()
    # A character has a byte at least: they are only counted where there may be too many.
    is_odd = told.str.contains(_CONTROL).any() | (size > MAX_FIELD_CHARACTERS).any()
    return (is_trimmed & is_told).alias("is_trimmed"), is_odd.alias("is_odd")


def _trimmed(told: pl.Expr) -> pl.Expr:
    """The texts without blanks around them; null where they tell nothing."""
    trimmed = told.str.strip_chars()
    return pl.when(~trimmed.is_in(["", _NOT_TOLD])).then(trimmed)


def _are_odd(told: pl.Series) -> npt.NDArray[np.bool_]:
    """Which texts are to be read with their whole row."""
    odd = told.str.contains(_CONTROL) | (told.str.len_chars() > MAX_FIELD_CHARACTERS)
    return odd.fill_null(value=False).to_numpy()
