"""How rows are read: as a whole, or made ready to be read column by column."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import distinct_rows
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

    def prepared(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
        """The understood columns as trimmed text, and the kind of every row: 0, 1, or -1 for one to read as a whole."""
        known = [column for column, word in self._words.items() if word not in _ABOUT_THE_RECORD]
        if any(frame.schema[column].is_nested() for column in known):
            return frame.select(), np.full(frame.height, -1, dtype=np.int64)
        text = frame.select(_written(column, frame.schema[column]) for column in known)
        looks = [_Look(*marks) for marks in text.select(map(_look, known)).row(0)] if known else []
        is_odd = np.zeros(frame.height, dtype=np.bool_)
        for column, look in zip(known, looks, strict=True):
            if not look.is_trimmed:
                text = text.with_columns(_trimmed(text[column]))
            if look.is_odd:
                is_odd |= _are_odd(text[column])
        return text, np.where(is_odd, -1, self._kinds(text))

    def _kinds(self, text: pl.DataFrame) -> npt.NDArray[np.int64]:
        naming = [
            c for c, word in self._words.items() if word in NAME_WORDS or word == "entity_type"
        ]
        told = text.select(
            *(
                pl.col(column)
                if self._words[column] == "entity_type"
                else pl.col(column).is_not_null()
                for column in naming
            )
        )
        found = distinct_rows(told)
        kinds = [self._kind(dict(zip(naming, row, strict=True))) for row in found.frame.rows()]
        return found.at(np.array(kinds, dtype=np.int64))

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


class _Look(NamedTuple):
    """What one look at a column shows: whether all of it is trimmed and told, and whether something in it is odd."""

    is_trimmed: bool
    is_odd: bool


def _written(column: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text: whole numbers without a point, days without a time."""
    told = pl.col(column)
    if dtype.is_float():
        whole = told.cast(pl.Int64, strict=False)
        return pl.when(whole == told).then(whole.cast(pl.String)).otherwise(told.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return told.dt.strftime("%Y-%m-%d")
    return told.cast(pl.String)


def _look(column: str) -> pl.Expr:
    """The marks of `_Look`, as a list: several columns are looked at side by side."""
    told = pl.col(column)
    size = told.str.len_bytes()
    is_trimmed = told.str.strip_chars().str.len_bytes().sum() == size.sum()
    is_told = ~((size == 0) | (told == _NOT_TOLD)).any()
    # A character has a byte at least: they are only counted where there may be too many.
    is_odd = told.str.contains(_CONTROL).any() | (size > MAX_FIELD_CHARACTERS).any()
    return pl.concat_list(is_trimmed & is_told, is_odd).alias(column)


def _trimmed(told: pl.Series) -> pl.Series:
    """The texts without blanks around them; null where they tell nothing."""
    trimmed = told.str.strip_chars()
    said = ~trimmed.is_in(["", _NOT_TOLD])
    return trimmed.zip_with(said, pl.Series([None], dtype=pl.String))


def _are_odd(told: pl.Series) -> npt.NDArray[np.bool_]:
    """Which texts are to be read with their whole row."""
    odd = told.str.contains(_CONTROL) | (told.str.len_chars() > MAX_FIELD_CHARACTERS)
    return odd.fill_null(value=False).to_numpy()
