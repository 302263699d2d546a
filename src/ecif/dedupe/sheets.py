"""The rows of one kind of a file, and what they say attribute by attribute."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.bodies import plain_bodies
from ecif.dedupe.distinct import (
    Codes,
    Distinct,
    Rows,
    bags_of,
    distinct_rows,
    numbered,
    read_all,
)
from ecif.dedupe.names import plain_names
from ecif.dedupe.plain import plain_emails, plain_phones
from ecif.identity import NAME_PARTS, OTHER_NAMES, PHONES, bare_name, phone_of
from ecif.matching import Bags, coded, email_form, nothing_told, organisation_form, person_form

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sheet:
    """Rows of one kind: `text` has those of all, trimmed or null; `words` says which columns bear a word, in order."""

    kind: str
    text: pl.DataFrame
    rows: Rows
    words: Sequence[tuple[str, str]]
    processes: int

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def of(self, columns: Iterable[str]) -> pl.DataFrame:
        """What its rows say in some columns; taken only now, as all columns together are large."""
        told = self.text.select(columns)
        return told if self.height == self.text.height else told[self.rows]

    def columns(self, words: Iterable[str]) -> list[str]:
        """The columns of these words, in the order of the file."""
        wanted = set(words)
        return [column for word, column in self.words if word in wanted]

    def told(self, words: Iterable[str]) -> Marks:
        """Which rows tell something in a column of these words."""
        found = np.zeros(self.text.height, dtype=np.bool_)
        for column in self.columns(words):
            found |= self.text[column].is_not_null().to_numpy()
        return found[self.rows]

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
        return found.codes, read_all(read, how, found.frame, processes=self.processes)


def person_names(sheet: Sheet) -> Bags:
    """The names of persons: the legal one from its parts, others from a column each."""
    if sheet.kind != "person":
        return sheet.nothing()
    legal = [(word, column) for word, column in sheet.words if word in NAME_PARTS]
    found = []
    if legal:
        parts = tuple(NAME_PARTS[word] for word, _ in legal)
        found.append(_names(sheet, [column for _, column in legal], parts))
    for column in sheet.columns(OTHER_NAMES):
        found.append(_names(sheet, [column], ("full",)))
    return _bags(sheet, found)


def _names(sheet: Sheet, columns: Sequence[str], parts: tuple[str, ...]) -> tuple[Codes, list[Any]]:
    """Names of persons: whole ones that are plain at a time, all others one by one."""
    if parts != ("full",):
        return sheet.read(columns, _person_forms, parts)
    return _read_rest(sheet, distinct_rows(sheet.of(columns)), plain_names, _whole_person_forms)


def _read_rest(
    sheet: Sheet,
    found: Distinct,
    plain: Callable[[pl.Series], list[Any]],
    read: Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]],
) -> tuple[Codes, list[Any]]:
    """Read plain names at a time, and all others one by one."""
    forms = plain(found.frame.to_series())
    rest = [place for place, form in enumerate(forms) if form is None]
    slow = read_all(read, None, found.frame[rest], processes=sheet.processes)
    for place, form in zip(rest, slow, strict=True):
        forms[place] = form
    return found.codes, forms


def organisation_names(sheet: Sheet) -> Bags:
    """The names of organisations: the legal one, in whichever column, and others."""
    if sheet.kind != "organisation":
        return sheet.nothing()
    legal = [*sheet.columns({"org_name"}), *sheet.columns({"full_name"})]
    found = [_bodies(sheet, legal)] if legal else []
    for column in sheet.columns(OTHER_NAMES):
        found.append(_bodies(sheet, [column]))
    return _bags(sheet, found)


def _bodies(sheet: Sheet, columns: Sequence[str]) -> tuple[Codes, list[Any]]:
    """The first name that a row tells in some columns."""
    found = distinct_rows(sheet.of(columns).select(pl.coalesce(columns)))
    return _read_rest(sheet, found, plain_bodies, _organisation_forms)


def employers(sheet: Sheet) -> Bags:
    """For whom persons work."""
    columns = sheet.columns({"employer"}) if sheet.kind == "person" else []
    return _bags(sheet, [_bodies(sheet, [column]) for column in columns])


def representatives(sheet: Sheet) -> Bags:
    """Who signs for organisations."""
    columns = sheet.columns({"legal_rep"}) if sheet.kind == "organisation" else []
    return _bags(sheet, [_names(sheet, [column], ("full",)) for column in columns])


def phones(sheet: Sheet) -> Bags:
    """Telephone numbers."""
    return _texts(sheet, sheet.columns(PHONES), plain_phones, _read_phones)


def emails(sheet: Sheet) -> Bags:
    """E-mail addresses."""
    return _texts(sheet, sheet.columns({"email"}), plain_emails, _read_emails)


def _bags(sheet: Sheet, found: Sequence[tuple[Codes, list[Any]]]) -> Bags:
    """Bags of what was read from several columns; equal forms are one."""
    if not found:
        return sheet.nothing()
    numbers = coded([form for _, forms in found for form in forms])
    known = [form for form in numbers.values if form is not None]
    shift = np.cumsum([form is not None for form in numbers.values], dtype=np.int32) - np.int32(1)
    shift = np.where([form is None for form in numbers.values], np.int32(-1), shift)
    sources, start = [], 0
    for codes, forms in found:
        own = shift[numbers.codes[start : start + len(forms)]].astype(np.int32)
        sources.append(own[codes] if len(forms) else np.full(sheet.height, -1, np.int32))
        start += len(forms)
    return bags_of(sources, known)


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
        slow = read_all(read, None, written[rest].to_frame(), processes=sheet.processes)
        normals.append(normal.scatter(rest, pl.Series(slow, dtype=pl.String)))
        codes.append(found.codes)
    joined = pl.concat(normals).fill_null("")
    numbers, first = numbered(joined.hash().to_numpy())
    forms = joined[first].to_list()
    nothing = forms.index("") if "" in forms else -1
    kept = np.array([place != nothing for place in range(len(forms))], dtype=np.bool_)
    shift = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    starts = np.cumsum([0, *(len(one) for one in normals)])
    sources = [
        shift[numbers[start : start + len(one)]][own]
        for start, one, own in zip(starts, normals, codes, strict=False)
    ]
    return bags_of(sources, [form for form in forms if form])


def _person_forms(parts: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> list[Any]:
    return [
        person_form(bare_name(dict(zip(parts, row, strict=True)))) if any(row) else None
        for row in rows
    ]


def _whole_person_forms(_: None, rows: Sequence[tuple[str | None]]) -> list[Any]:
    return _person_forms(("full",), rows)


def _organisation_forms(_: None, rows: Sequence[tuple[str | None]]) -> list[Any]:
    return [organisation_form(bare_name({"full": name})) if name else None for (name,) in rows]


def _read_phones(_: None, rows: Sequence[tuple[str]]) -> list[str]:
    return [phone_of(number).normal for (number,) in rows]


def _read_emails(_: None, rows: Sequence[tuple[str]]) -> list[str]:
    return [email_form(address) for (address,) in rows]
