"""Names of organisations, and employers, in columns: the levels of `resemblance_bodies`, for many pairs at a time."""

from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio, token_set_ratio
from rapidfuzz.process import cpdist

from ecif.matching.columns_meeting import distinct_pairs
from ecif.matching.columns_named import BodyColumn
from ecif.matching.columns_words import Codes, Marks, Rows, Texts, Words
from ecif.matching.comparisons import EMPLOYER_LEVELS, ORGANISATION_LEVELS
from ecif.matching.resemblance import ALIKE_PERCENT, LONG_NAME_LETTERS
from ecif.matching.resemblance_bodies import (
    CLOSE_CORE_PERCENT,
    CLOSE_SOUND_PERCENT,
    SAME_WORDS_PERCENT,
    are_ends,
    shared_start,
)

Levels = npt.NDArray[np.int8]

_LEVEL = {level: np.int8(code) for code, level in enumerate(ORGANISATION_LEVELS)}
_EMPLOYER = {level: np.int8(code) for code, level in enumerate(EMPLOYER_LEVELS)}


def organisation_levels(forms: BodyColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `organisation_level`."""
    x, y, inverse = distinct_pairs(a, b)
    levels = _nearness(forms, x, y)
    levels[_same(forms.sound, x, y)] = _LEVEL["sound"]
    cores = _same(forms.core, x, y)
    levels[cores] = _region_levels(forms, x[cores], y[cores])
    levels[cores & forms.branch.is_told[x]] = _LEVEL["core"]
    levels[_other_branch(forms.branch, x, y)] = _LEVEL["branch"]
    levels[_same(forms.normal, x, y)] = _LEVEL["exact"]
    found: Levels = levels[inverse]
    return found


def employer_levels(forms: BodyColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `employer_level`."""
    same = _same(forms.core, a, b) | _same(forms.sound, a, b)
    levels = np.where(same, _EMPLOYER["same"], _EMPLOYER["different"])
    [rest] = np.nonzero(~same)
    x, y, inverse = distinct_pairs(forms.core.codes[a[rest]], forms.core.codes[b[rest]])
    alike = _percent(forms.core, x, y, ratio, cutoff=ALIKE_PERCENT) > 0
    levels[rest[alike[inverse]]] = _EMPLOYER["close"]
    return levels


def _same(words: Words, a: Codes | Rows, b: Codes | Rows) -> Marks:
    marks: Marks = words.codes[a] == words.codes[b]
    return marks


def _region_levels(forms: BodyColumn, a: Rows, b: Rows) -> Levels:
    """The levels of `_region_level`."""
    told = forms.region.is_told[a] & forms.region.is_told[b]
    differ = np.where(told, _LEVEL["elsewhere"], _LEVEL["core"])
    return np.where(_same(forms.region, a, b), _LEVEL["core_and_region"], differ)


def _other_branch(branches: Words, a: Rows, b: Rows) -> Marks:
    """Whether the names are those of two branches, or of a branch and its head."""
    other = ~_same(branches, a, b)
    for at in np.nonzero(other & branches.is_told[a] & branches.is_told[b])[0].tolist():
        other[at] = not are_ends(*(branches.texts[branches.codes[side[at]]] for side in (a, b)))
    return other


def _nearness(forms: BodyColumn, a: Rows, b: Rows) -> Levels:
    """The levels of names of which no part is equal: by letters, by their start, by their words."""
    levels = np.full(len(a), _LEVEL["different"], dtype=np.int8)
    [worded] = np.nonzero(forms.words.is_told[a] & forms.words.is_told[b])
    words = _percents(forms.words, a[worded], b[worded], token_set_ratio)
    levels[worded[words >= SAME_WORDS_PERCENT]] = _LEVEL["part"]
    is_ascii = forms.core.is_ascii
    sounds = forms.sound
    for at in np.nonzero(is_ascii[a] != is_ascii[b])[0].tolist():
        heard = (sounds.texts[sounds.codes[side[at]]] for side in (a, b))
        if shared_start(*heard) >= LONG_NAME_LETTERS:
            levels[at] = _LEVEL["brand"]
    close = _percents(forms.core, a, b, ratio) >= CLOSE_CORE_PERCENT
    close |= _percents(sounds, a, b, ratio) >= CLOSE_SOUND_PERCENT
    levels[close] = _LEVEL["close"]
    return levels


def _percents(words: Words, a: Rows, b: Rows, scorer: Any) -> npt.NDArray[np.float64]:
    """How alike texts are, once for every distinct pair."""
    x, y, inverse = distinct_pairs(words.codes[a], words.codes[b])
    return _percent(words, x, y, scorer)[inverse]


def _percent(
    words: Words, a: Rows, b: Rows, scorer: Any, cutoff: float | None = None
) -> npt.NDArray[np.float64]:
    if not len(a):
        return np.zeros(0)
    texts: tuple[Texts, Texts] = words.texts[a], words.texts[b]
    found: npt.NDArray[np.float64] = cpdist(
        *(side.tolist() for side in texts), scorer=scorer, score_cutoff=cutoff, dtype=np.float64
    )
    return found
