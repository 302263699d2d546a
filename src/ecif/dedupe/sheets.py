"""The rows of one kind of a file, and what they say attribute by attribute."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import Codes, Rows, bags_of, distinct_rows, numbered, packed, read_all
from ecif.dedupe.hands import Readers
from ecif.dedupe.plain import plain_emails, plain_phones
from ecif.dedupe.rows import Text
from ecif.identity import PHONES, phone_of
from ecif.matching import Bags, email_form, nothing_told

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sheet:
    """Rows of one kind: `text` has those of all; `words` says which columns bear a word, in order."""

    kind: str
    text: Text
    rows: Rows
    words: Sequence[tuple[str, str]]
    readers: Readers

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def of(self, columns: Iterable[str]) -> pl.DataFrame:
        """What its rows say in some columns; taken only now, as all columns together are large."""
        return pl.DataFrame([self._told(column) for column in columns])

    def _told(self, column: str) -> pl.Series:
        told = self.text.of(column)
        return told if self.height == len(told) else told[self.rows]

    def columns(self, words: Iterable[str]) -> list[str]:
        """The columns of these words, in the order of the file."""
        wanted = set(words)
        return [column for word, column in self.words if word in wanted]

    def told(self, words: Iterable[str]) -> Marks:
        """Which rows tell something in a column of these words."""
        found = np.zeros(self.height, dtype=np.bool_)
        for column in self.columns(words):
            found |= self.text.is_told[column].to_numpy()[self.rows]
        return found

    def nothing(self) -> Bags:
        """What rows tell of an attribute that the file does not know."""
        return nothing_told(self.height)

    def read(
        self,
        columns: Sequence[str],
        read: Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]],
        how: Any = None,
    ) -> tuple[Codes, list[Any]]:
        """Read every distinct row of some columns; also which of the values every row has."""
        found = distinct_rows(self.of(columns))
        return found.codes, read_all(read, how, found.frame, self.readers)


def phones(sheet: Sheet) -> Bags:
    """Telephone numbers."""
    return _texts(sheet, sheet.columns(PHONES), plain_phones, _read_phones)


def emails(sheet: Sheet) -> Bags:
    """E-mail addresses."""
    return _texts(sheet, sheet.columns({"email"}), plain_emails, _read_emails)


def _texts(
    sheet: Sheet,
    columns: Sequence[str],
    plain: Callable[[pl.Series], pl.Series],
    read: Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]],
) -> Bags:
    """Bags of texts: most are read at a time, the others one by one."""
    if not columns:
        return sheet.nothing()
    codes, normals = [], []
    for column in columns:
        found = distinct_rows(sheet.of([column]))
        written = found.frame.to_series()
        normal = plain(written)
        rest = (written.is_not_null() & normal.is_null()).arg_true()
        slow = read_all(read, None, written[rest].to_frame(), sheet.readers)
        normals.append(normal.scatter(rest, pl.Series(slow, dtype=pl.String)))
        codes.append(found.codes)
    joined = pl.concat(normals).fill_null("")
    numbers, first = numbered(joined.hash().to_numpy())
    forms = joined[first]
    kept = (forms != "").to_numpy()
    shift = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    starts = np.cumsum([0, *(len(one) for one in normals)])
    sources = [
        shift[numbers[start : start + len(one)]][own]
        for start, one, own in zip(starts, normals, codes, strict=False)
    ]
    return bags_of(sources, packed(forms.filter(kept)))


def _read_phones(_: None, rows: Sequence[tuple[str]]) -> list[str]:
    return [phone_of(number).normal for (number,) in rows]


def _read_emails(_: None, rows: Sequence[tuple[str]]) -> list[str]:
    return [email_form(address) for (address,) in rows]
