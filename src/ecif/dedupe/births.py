"""Birth dates (or days of foundation) and sexes of rows: what they tell themselves, and what their papers prove."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ecif.dedupe.distinct import Codes, Marks, Rows, bags_of, distinct_rows, numbered, read_all
from ecif.dedupe.papers import SEXES, Proven
from ecif.dedupe.sheets import Sheet
from ecif.identity import PLAIN, partial_date_of, sex_of
from ecif.matching import Bags, BirthForm, Facet, coded

_TOLD, _PROVEN = 2, 1


def births(sheet: Sheet, proven: Proven) -> tuple[Bags, Marks]:
    """The birth dates (or the days of foundation) that rows tell and prove; also for every row whether it tells one."""
    word = "birth_date" if sheet.kind == "person" else "established_on"
    codes, dates = np.zeros(sheet.height, dtype=np.int32), [None]
    if columns := sheet.columns({word}):
        codes, dates = _dates(sheet, columns)
    shown = proven.born if sheet.kind == "person" else np.zeros_like(proven.born)
    both, first = numbered(codes.astype(np.int64) * len(proven.births) + shown)
    numbers = _Numbers()
    told = numbers.of(dates)[codes[first]]
    width = max(map(len, proven.births))
    shows = [numbers.of(_at(place, proven.births))[shown[first]] for place in range(width)]
    bags = bags_of(*_forms(told, shows, list(numbers.known)[1:])).at(both)
    is_told: Marks = np.array([date is not None for date in dates], dtype=np.bool_)
    return bags, is_told[codes]


class _Numbers:
    """Dates as numbers; none is -1."""

    def __init__(self) -> None:
        self.known: dict[str | None, int] = {None: -1}

    def of(self, dates: Iterable[str | None]) -> Rows:
        known = self.known
        return np.array([known.setdefault(date, len(known) - 1) for date in dates], dtype=np.int64)


def _at(place: int, births: Sequence[tuple[str, ...]]) -> Iterable[str | None]:
    return (days[place] if place < len(days) else None for days in births)


def _forms(
    told: Rows, shows: Sequence[Rows], dates: Sequence[str | None]
) -> tuple[list[Codes], list[BirthForm]]:
    """Which form every row tells and proves, in the order of `births_of`, and all forms."""
    proven = np.zeros(len(told), dtype=np.bool_)
    for one in shows:
        proven |= one == told
    keys = [np.where(told >= 0, told * 4 + _TOLD + proven * _PROVEN, -1)]
    keys += [np.where((one >= 0) & (one != told), one * 4 + _PROVEN, -1) for one in shows]
    known, own = np.unique(np.concatenate([[-1], *keys]), return_inverse=True)
    forms = [
        BirthForm(dates[key // 4] or "", bool(key & _TOLD), bool(key & _PROVEN))
        for key in known[1:].tolist()
    ]
    return list((own[1:] - 1).astype(np.int32).reshape(len(keys), -1)), forms


def _dates(sheet: Sheet, columns: Sequence[str]) -> tuple[Codes, list[Any]]:
    """Dates as `partial_date_of` gives them: whole days at a time, all others one by one."""
    found = distinct_rows(sheet.of(columns))
    written = found.frame.to_series()
    is_plain = written.str.contains(PLAIN.day)
    is_plain &= written.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    dates = written.to_list()
    rest = (~is_plain.fill_null(value=False)).arg_true()
    slow = read_all(_read_dates, None, written[rest].to_frame(), sheet.readers)
    for place, date in zip(rest.to_list(), slow, strict=True):
        dates[place] = date
    return found.codes, dates


def sexes(sheet: Sheet, proven: Proven) -> Facet:
    """The sex of every row, and whether the row itself tells it."""
    if sheet.kind != "person":
        return Facet(np.zeros(sheet.height, dtype=np.int32), ((None, False),))
    codes, words = np.zeros(sheet.height, dtype=np.int32), [None]
    if columns := sheet.columns({"gender"}):
        codes, words = sheet.read(columns, _read_sexes)
    width = len(SEXES)
    told = np.array([SEXES.index(word) for word in words], dtype=np.int64)[codes]
    values = tuple(
        (SEXES[own] or SEXES[shown], own > 0) for own in range(width) for shown in range(width)
    )
    facet = coded(values)
    return Facet(facet.codes[told * width + proven.sex], facet.values)


def _read_dates(_: None, rows: Sequence[tuple[str | None]]) -> list[str | None]:
    return [partial_date_of(text) if text else None for (text,) in rows]


def _read_sexes(_: None, rows: Sequence[tuple[str | None]]) -> list[str | None]:
    return [sex_of(text) if text else None for (text,) in rows]
