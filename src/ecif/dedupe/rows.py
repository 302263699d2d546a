"""How rows are read: as a whole, or part by part, so that equal parts of many rows are read once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.identity import (
    MAX_FIELD_CHARACTERS,
    NAME_WORDS,
    WORDS_OF_PARTS,
    ColumnNames,
    Columns,
    Identity,
    RowRefused,
    bare_identity,
    kind_of,
)
from ecif.matching import forms_of

_NO_NAME = {"full_name": "?", "org_name": "?"}
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_KINDS = {"person": 0, "organisation": 1}


class Part(NamedTuple):
    """Columns that are read together: their words, the attributes they give, and whether they tell more than a name."""

    name: str
    attributes: tuple[str, ...]
    tells: bool = True


PARTS = (
    Part("names", ("persons", "organisations"), tells=False),
    Part("identity", ("documents", "births", "sexes")),
    Part("phones", ("phones",)),
    Part("emails", ("emails",)),
    Part("addresses", ("addresses",)),
    Part("employer", ("employer",)),
    Part("legal_rep", ("representative",)),
)


@dataclass(frozen=True)
class PartReading:
    """Reads one part of the rows of one kind; `columns` are the file's."""

    part: Part
    kind: str
    columns: tuple[str, ...]
    reader: Columns

    def read(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The attributes of the part, and at last whether it tells anything."""
        told = self.reader.told(row)
        names = self.reader.names(row, told, self.kind) if self.part.name == "names" else ()
        facts = self.reader.facts(row, told, self.kind, {}) if self.part.tells else {}
        forms = forms_of(bare_identity({**facts, "kind": self.kind, "names": names}))
        values = [
            (forms.sex, forms.sex_told) if attribute == "sexes" else getattr(forms, attribute)
            for attribute in self.part.attributes
        ]
        return (*values, not forms.weak)


class RowReading:
    """Reads the rows of one file; a row without a name is read by what else it tells."""

    def __init__(self, header: list[str]) -> None:
        """Compile the columns.

        Raises:
            ColumnsNotUnderstood: No column is a name, or two bear one word.
        """
        self._columns = Columns(header)
        self._nameless = Columns(header, ColumnNames(constants=_NO_NAME))
        self._words = {
            column: word
            for column in header
            if (word := ColumnNames().word_of(column)) not in (None, "ignore")
        }

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

    def part(self, part: Part, kind: str) -> PartReading:
        """How one part of the rows of one kind is read."""
        words = WORDS_OF_PARTS[part.name]
        columns = tuple(column for column, word in self._words.items() if word in words)
        return PartReading(part, kind, columns, Columns(columns, _UNNAMED))

    def prepared(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
        """The understood columns as trimmed text, and the kind of every row: 0, 1, or -1 for one to read as a whole."""
        known = [column for column in self._words if column in frame.columns]
        if any(frame.schema[column].is_nested() for column in known):
            return frame.select(), np.full(frame.height, -1, dtype=np.int64)
        text = frame.select(_as_text(frame, column) for column in known)
        odd = pl.any_horizontal(
            pl.col(pl.String).str.contains(_CONTROL),
            pl.col(pl.String).str.len_chars() > MAX_FIELD_CHARACTERS,
        )
        kinds = self._kinds(text)
        return text, np.where(
            text.select(odd.fill_null(value=False)).to_series().to_numpy(), -1, kinds
        )

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
        distinct = told.unique(maintain_order=True)
        kinds = [self._kind(dict(zip(naming, row, strict=True))) for row in distinct.rows()]
        coded = distinct.with_columns(pl.Series("\0kind", kinds, dtype=pl.Int64))
        found = told.join(coded, on=naming, how="left", nulls_equal=True, maintain_order="left")
        return found["\0kind"].to_numpy()

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


def _as_text(frame: pl.DataFrame, column: str) -> pl.Expr:
    """What `text_of` gives: trimmed, whole numbers without a point, null where it tells nothing."""
    told = pl.col(column)
    dtype = frame.schema[column]
    if dtype.is_float():
        whole = told.cast(pl.Int64, strict=False)
        told = pl.when(whole == told).then(whole.cast(pl.String)).otherwise(told.cast(pl.String))
    elif isinstance(dtype, pl.Datetime):
        told = told.dt.strftime("%Y-%m-%d")
    trimmed = told.cast(pl.String).str.strip_chars()
    return pl.when(~trimmed.is_in(["", "\\N"])).then(trimmed).alias(column)


_UNNAMED = ColumnNames(constants={"alias": "?"})
