"""Documents, dates and postal addresses in columns: the levels of `resemblance`, for many pairs at a time."""

from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import cpdist

from ecif.matching.columns import NOT_SEEN, Codes, Levels
from ecif.matching.columns_forms import MOST_NUMBERS, AddressColumn, BirthColumn, DocumentColumn
from ecif.matching.columns_meeting import distinct_pairs
from ecif.matching.columns_words import Texts, Words, edits_of, fit
from ecif.matching.comparisons import ADDRESS_LEVELS, BIRTH_LEVELS, DOCUMENT_LEVELS
from ecif.matching.resemblance import (
    ALIKE_PERCENT,
    LUNAR_DAYS,
    is_rewritten,
)

Marks = npt.NDArray[np.bool_]


def _codes(levels: tuple[str, ...]) -> dict[str | None, np.int8]:
    return {level: np.int8(code) for code, level in enumerate(levels)} | {None: np.int8(NOT_SEEN)}


_DOCUMENT = _codes(DOCUMENT_LEVELS)
_BIRTH = _codes(BIRTH_LEVELS)
_ADDRESS = _codes(ADDRESS_LEVELS)


_NEIGHBOURS = (0, 1, 2, 4, 6)
"""Digits of a day whose right neighbour belongs to the same part; only those change places in one slip."""


def document_levels(forms: DocumentColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `document_level`."""
    both_valid = forms.valid[a] & forms.valid[b]
    levels = np.full(len(a), NOT_SEEN, dtype=np.int8)
    comparable = forms.series.codes[a] == forms.series.codes[b]
    same = comparable & (forms.lines.codes[a] == forms.lines.codes[b])
    levels[same] = np.where(both_valid, _DOCUMENT["same"], _DOCUMENT["same_unproven"])[same]
    proven = comparable & ~same & both_valid & forms.is_for_life[a]
    levels[proven] = _DOCUMENT["different"]
    [rest] = np.nonzero(comparable & ~same & ~proven)
    x, y = a[rest], b[rest]
    lines = forms.lines
    edits = edits_of(lines.texts[lines.codes[x]], lines.texts[lines.codes[y]], 2)
    seen = _DOCUMENT["one_off"], _DOCUMENT["two_off"], _DOCUMENT["different"]
    for_life = np.array([seen[0], *seen], dtype=np.int8)[edits]
    other = np.where(forms.is_renewed[x], _DOCUMENT["another"], _DOCUMENT["different"])
    other = np.where(edits == 1, _DOCUMENT["one_off_unproven"], other)
    levels[rest] = np.where(forms.is_for_life[x], for_life, other)
    masked = rest[forms.is_masked[x] | forms.is_masked[y]]
    shown, other = (lines.texts[lines.codes[side[masked]]] for side in (a, b))
    levels[masked] = np.where(fit(shown, other, "*"), _DOCUMENT["masked"], _DOCUMENT["different"])
    return levels


def birth_levels(forms: BirthColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `birth_level`."""
    days = forms.is_day[a] & forms.is_day[b]
    same = forms.date[a] == forms.date[b]
    years = same | (forms.year[a] == forms.year[b])
    levels = np.where(years, _BIRTH["year"], _BIRTH["different"])
    levels[days & same] = _BIRTH["exact"]
    [rest] = np.nonzero(days & ~same)
    levels[rest] = _day_levels(forms, a[rest], b[rest])
    return levels


def _day_levels(forms: BirthColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `_days_level`, of days that differ."""
    x, y = forms.digits[a], forms.digits[b]
    differ = x != y
    parts = differ[:, :4].any(axis=1), differ[:, 4:6].any(axis=1), differ[:, 6:].any(axis=1)
    near = np.abs(forms.days[a] - forms.days[b]) < LUNAR_DAYS
    levels = np.where(near, _BIRTH["weeks"], _BIRTH["different"])
    levels[np.sum(parts, axis=0) == 1] = _BIRTH["two_parts"]
    edits = differ.sum(axis=1)
    one = edits == 1
    for place in _NEIGHBOURS:
        crossed = (x[:, place] == y[:, place + 1]) & (x[:, place + 1] == y[:, place])
        one |= (edits == 2) & differ[:, place] & crossed
    levels[one] = _BIRTH["one_digit"]
    turned = (x[:, 4:6] == y[:, 6:]).all(axis=1) & (x[:, 6:] == y[:, 4:6]).all(axis=1)
    levels[turned & ~parts[0]] = _BIRTH["swapped"]
    return levels


def address_levels(forms: AddressColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `address_level`."""
    has_street, has_city = forms.street.is_told, forms.city.is_told
    has_code = forms.postcode.is_told
    levels = np.full(len(a), NOT_SEEN, dtype=np.int8)
    streets = has_street[a] & has_street[b]
    levels[streets] = _street_levels(forms, a[streets], b[streets])
    cities = ~streets & has_city[a] & has_city[b]
    alike = _alike(forms.city, a[cities], b[cities])
    levels[cities] = np.where(alike, _ADDRESS["city_told"], _ADDRESS["different"])
    codes = ~streets & has_code[a] & has_code[b]
    levels[codes] = np.where(
        _same(forms.postcode, a[codes], b[codes]), _ADDRESS["area_told"], _ADDRESS["different"]
    )
    [rest] = np.nonzero(~streets & (forms.counts[a] > 0))
    same = forms.normals(a[rest]) == forms.normals(b[rest])
    levels[rest[same.astype(np.bool_)]] = _ADDRESS["same"]
    return levels


def _street_levels(forms: AddressColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `_street_level`."""
    alike = _alike(forms.street, a, b)
    [rest] = np.nonzero(~alike)
    alike[rest] = _are_rewritten(forms.street, a[rest], b[rest])
    shared, told_a, told_b = _shared_numbers(forms, a, b)
    fewer, more = np.minimum(told_a, told_b), np.maximum(told_a, told_b)
    codes = forms.postcode.codes[a] == forms.postcode.codes[b]
    districts = forms.district.codes[a] == forms.district.codes[b]
    area = (codes & forms.postcode.is_told[a]) | (districts & forms.district.is_told[a])
    city = _same(forms.city, a, b) & forms.city.is_told[a]
    levels = np.where(city, _ADDRESS["city"], _ADDRESS["different"])
    levels[area] = _ADDRESS["area"]
    levels[alike] = _ADDRESS["close"]
    [maybe] = np.nonzero(~alike & (shared > 1))
    texts = forms.normals(a[maybe]), forms.normals(b[maybe])
    levels[maybe[_texts_alike(*texts)]] = _ADDRESS["close"]
    [door] = np.nonzero(alike & (shared > 0) & ((shared == fewer) | (shared == more)))
    door = door[~_elsewhere(forms, a[door], b[door])]
    levels[door] = np.where((shared == more)[door], _ADDRESS["same"], _ADDRESS["building"])
    return levels


def _elsewhere(forms: AddressColumn, a: Codes, b: Codes) -> Marks:
    """`_elsewhere`, pair by pair."""
    has_city, has_code = forms.city.is_told, forms.postcode.is_told
    cities = has_city[a] & has_city[b]
    codes_differ = ~has_code[a] | ~_same(forms.postcode, a, b)
    apart = cities & ~_alike(forms.city, a, b) & codes_differ
    [rest] = np.nonzero(~cities & has_code[a] & has_code[b])
    texts = forms.postcode.texts
    codes = forms.postcode.codes
    apart[rest] = edits_of(texts[codes[a[rest]]], texts[codes[b[rest]]], 1) > 1
    return apart


def _same(words: Words, a: Codes, b: Codes) -> Marks:
    marks: Marks = words.codes[a] == words.codes[b]
    return marks


def _alike(words: Words, a: Codes, b: Codes) -> Marks:
    """Whether texts resemble each other, once for every distinct pair."""
    x, y, inverse = distinct_pairs(words.codes[a], words.codes[b])
    alike: Marks = x == y
    [rest] = np.nonzero(~alike)
    left, right = words.texts[x[rest]], words.texts[y[rest]]
    alike[rest] = _texts_alike(left, right)
    marks: Marks = alike[inverse]
    return marks


def _texts_alike(a: Texts, b: Texts) -> Marks:
    if not len(a):
        return np.zeros(0, dtype=np.bool_)
    percent = cpdist(
        a.tolist(), b.tolist(), scorer=ratio, score_cutoff=ALIKE_PERCENT, dtype=np.float64
    )
    marks: Marks = (percent > 0) | (a == b).astype(np.bool_)
    return marks


def _are_rewritten(streets: Words, a: Codes, b: Codes) -> Marks:
    """`is_rewritten`, once for every distinct pair: only what has several words can be."""
    rewritten = np.zeros(len(a), dtype=np.bool_)
    [maybe] = np.nonzero(streets.has_words[a] | streets.has_words[b])
    x, y, inverse = distinct_pairs(streets.codes[a[maybe]], streets.codes[b[maybe]])
    found = map(is_rewritten, streets.texts[x], streets.texts[y])
    rewritten[maybe] = np.fromiter(found, np.bool_, len(x))[inverse]
    return rewritten


def _shared_numbers(
    forms: AddressColumn, a: Codes, b: Codes
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """How many distinct numbers two addresses share, and how many each tells."""
    laid, counts = forms.distinct_numbers
    x, y = laid[a], laid[b]
    shared = np.zeros(len(a), dtype=np.int64)
    for mine in x.T:
        for other in y.T:
            shared += (mine >= 0) & (mine == other)
    for at in np.nonzero(np.maximum(counts[a], counts[b]) > MOST_NUMBERS)[0].tolist():
        told = (set(forms.form(int(side[at])).numbers) for side in (a, b))
        shared[at] = len(next(told) & next(told))
    return shared, counts[a], counts[b]
