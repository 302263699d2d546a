"""Names of rows, laid out: most are read a column at a time, all others one by one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from ecif.dedupe.bodies import plain_bodies
from ecif.dedupe.distinct import Codes, Distinct, Rows, bags_of, distinct_rows, numbered, read_all
from ecif.dedupe.names import plain_names
from ecif.dedupe.sheets import Sheet
from ecif.identity import NAME_PARTS, OTHER_NAMES, bare_name
from ecif.matching import (
    Bags,
    BodyColumn,
    PersonColumn,
    TextShelf,
    organisation_form,
    person_form,
)

Read = Callable[[Any, Sequence[tuple[Any, ...]]], list[Any]]
Pieces = Sequence[tuple[Rows, TextShelf]]


class _Told(NamedTuple):
    """What some columns tell: for every row the number of a value, for every value that of a form, or -1."""

    codes: Codes
    own: Rows
    forms: TextShelf


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


def organisation_names(sheet: Sheet) -> Bags:
    """The names of organisations: the legal one, in whichever column, and others."""
    if sheet.kind != "organisation":
        return sheet.nothing()
    legal = [*sheet.columns({"org_name"}), *sheet.columns({"full_name"})]
    found = [_bodies(sheet, legal)] if legal else []
    for column in sheet.columns(OTHER_NAMES):
        found.append(_bodies(sheet, [column]))
    return _bags(sheet, found)


def employers(sheet: Sheet) -> Bags:
    """For whom persons work."""
    columns = sheet.columns({"employer"}) if sheet.kind == "person" else []
    return _bags(sheet, [_bodies(sheet, [column]) for column in columns])


def representatives(sheet: Sheet) -> Bags:
    """Who signs for organisations."""
    columns = sheet.columns({"legal_rep"}) if sheet.kind == "organisation" else []
    return _bags(sheet, [_names(sheet, [column], ("full",)) for column in columns])


def _names(sheet: Sheet, columns: Sequence[str], parts: tuple[str, ...]) -> _Told:
    """Names of persons: whole ones that are plain at a time, all others one by one."""
    found = distinct_rows(sheet.of(columns))
    plain = plain_names(found.frame.to_series()) if parts == ("full",) else []
    rest = _rest(found, plain)
    slow = read_all(_person_forms, parts, found.frame[rest], sheet.readers)
    return _told(found, plain, (rest, slow), PersonColumn)


def _bodies(sheet: Sheet, columns: Sequence[str]) -> _Told:
    """Names of organisations: the first one that a row tells in some columns."""
    found = distinct_rows(sheet.of(columns).select(pl.coalesce(columns)))
    plain = plain_bodies(found.frame.to_series())
    rest = _rest(found, plain)
    slow = read_all(_organisation_forms, None, found.frame[rest], sheet.readers)
    return _told(found, plain, (rest, slow), BodyColumn)


def _rest(found: Distinct, plain: Pieces) -> Rows:
    """The values that are not plain."""
    is_plain = np.zeros(found.frame.height, dtype=np.bool_)
    for rows, _ in plain:
        is_plain[rows] = True
    return np.nonzero(~is_plain)[0]


def _told(
    found: Distinct,
    plain: Pieces,
    slow: tuple[Rows, list[Any]],
    laid_out: type[PersonColumn] | type[BodyColumn],
) -> _Told:
    """What was read in pieces as one."""
    rest, read = slow
    is_told = np.array([form is not None for form in read], dtype=np.bool_)
    last = (rest[is_told], laid_out.of([form for form in read if form is not None]))
    own = np.full(found.frame.height, -1, dtype=np.int64)
    forms: TextShelf = laid_out.of(())
    for rows, some in (*plain, last):
        own[rows] = len(forms) + np.arange(len(rows))
        forms = forms.followed_by(some)
    return _Told(found.codes, own, forms)


def _bags(sheet: Sheet, found: Sequence[_Told]) -> Bags:
    """Bags of what was read from several columns; equal forms are one."""
    if not found:
        return sheet.nothing()
    forms, owns = found[0].forms, [found[0].own]
    for one in found[1:]:
        owns.append(np.where(one.own >= 0, one.own + len(forms), -1))
        forms = forms.followed_by(one.forms)
    told = np.concatenate(owns)
    told = told[told >= 0]
    codes, first = numbered(forms.numbers[told])
    # The last one stands for no form, which counts from the end.
    distinct = np.full(len(forms) + 1, -1, dtype=np.int32)
    distinct[told] = codes
    sources = [distinct[own][one.codes] for own, one in zip(owns, found, strict=True)]
    return bags_of(sources, forms.at(told[first]))


def _person_forms(parts: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> list[Any]:
    return [
        person_form(bare_name(dict(zip(parts, row, strict=True)))) if any(row) else None
        for row in rows
    ]


def _organisation_forms(_: None, rows: Sequence[tuple[str | None]]) -> list[Any]:
    return [organisation_form(bare_name({"full": name})) if name else None for (name,) in rows]
