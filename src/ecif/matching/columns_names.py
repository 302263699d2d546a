"""Names of persons in columns: every distinct pair of name parts is compared once, whoever bears them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from ecif.matching.columns import NOT_SEEN, Bags, Codes, Levels, Rows
from ecif.matching.columns_meeting import Met, distinct_pairs, strongest
from ecif.matching.columns_named import NameColumn, Parts
from ecif.matching.columns_words import fit
from ecif.matching.name_pairs import NAME_LEVELS, is_turned
from ecif.matching.resemblance import (
    CLOSE_NAME_SIMILARITY,
    LONG_NAME_LETTERS,
    SHORT_NAME_LETTERS,
)

Marks = npt.NDArray[np.bool_]

_LEVEL = {level: code for code, level in enumerate(NAME_LEVELS)}
# The worth of a level grows towards exact; NOT_SEEN counts from the end and is worth nothing.
_WORTH = np.array([*range(len(NAME_LEVELS), 0, -1), 0])
_FIRST_ALIKE = 1_000


class NamesMet(NamedTuple):
    """What pairs of names show: levels of family and given name, whether crossed, and the parts that agree exactly.

    The parts are numbers of `Parts`, -1 where the two do not agree. `bearers`: of the names that fit
    best, the left one.
    """

    family: Levels
    given: Levels
    crossed: Marks
    agreed_family: Codes
    agreed_given: Codes
    bearers: Codes


class Glimpse(NamedTuple):
    """What is seen of one part of two names at a glance.

    `agreed`: the part in which both agree exactly, or -1. `sounds`: it is written otherwise, but sounds the same.
    `is_open`: only a closer look can tell.
    """

    agreed: Codes
    sounds: Marks
    is_open: Marks


def glimpsed(bags: Bags, left: Rows, right: Rows) -> tuple[Glimpse, Glimpse]:
    """Family and given names of pairs of records at a glance: of those who have one name in hanzi each."""
    names, parts = bags.names, bags.names.parts
    a, b = bags.firsts_of(left), bags.firsts_of(right)
    is_open = ~(names.is_han[a] & names.is_han[b])
    if bags.are_several is not None:
        is_open |= bags.are_several[left] | bags.are_several[right]
    found = []
    for part in (names.family, names.given):
        x, y = part[a], part[b]
        told = parts.is_told[x] & parts.is_told[y]
        agreed = np.where(told & ~is_open & (parts.text[x] == parts.text[y]), x, NOT_SEEN)
        sounds = told & (parts.sound[x] == parts.sound[y])
        found.append(Glimpse(agreed, sounds, is_open))
    return found[0], found[1]


def names_met(bags: Bags, left: Rows, right: Rows) -> NamesMet:
    """Compare the names of pairs of records, as `best_names` does."""
    size, names = len(left), bags.names
    met = _written(names, Met.of(bags, left, right), size)
    straight = _straight(names, met)
    key = 2 * (_WORTH[straight[0]] + _WORTH[straight[1]]) + 1
    key[met.is_first & (met.a == met.b)] = _FIRST_ALIKE
    best, at = strongest(met.pair, key, size)
    [maybe] = np.nonzero(
        ~(names.is_han[met.a] & names.is_han[met.b]) & (best[met.pair] < _FIRST_ALIKE)
    )
    across = _across(names, met.a[maybe], met.b[maybe])
    key = 2 * (_WORTH[across[0]] + _WORTH[across[1]])
    crossed_best, crossed_at = strongest(met.pair[maybe], key, size)
    return _told(names, met, straight, at, (maybe, across, crossed_at, crossed_best > best))


def _written(names: NameColumn, met: Met, size: int) -> Met:
    """The names in hanzi where both sides have some."""
    if len(met.pair) == size:
        return met
    han = names.is_han[met.a] & names.is_han[met.b]
    kept = met.only(han | ~(np.bincount(met.pair[han], minlength=size) > 0)[met.pair])
    return kept._replace(is_first=np.append(True, np.diff(kept.pair) > 0))


def _told(
    names: NameColumn,
    met: Met,
    straight: tuple[Levels, Levels],
    at: Rows,
    crossing: tuple[Rows, tuple[Levels, Levels], Rows, Marks],
) -> NamesMet:
    """What the best names of every pair show; of crossed ones, one says which part is the family name."""
    maybe, across, crossed_at, crossed = crossing
    levels = [np.append(level, np.int8(NOT_SEEN))[at] for level in straight]
    families = np.append(names.family[met.a], np.int32(NOT_SEEN))[at]
    givens = np.append(names.given[met.a], np.int32(NOT_SEEN))[at]
    bearers = np.append(met.a, np.int32(NOT_SEEN))[at]
    for pair in np.nonzero(crossed)[0].tolist():
        place = crossed_at[pair]
        a, b = int(met.a[maybe[place]]), int(met.b[maybe[place]])
        bearers[pair] = a
        turned = is_turned(names.forms[a], names.forms[b])
        levels[0][pair], levels[1][pair] = across[turned][place], across[not turned][place]
        families[pair], givens[pair] = (
            (names.given[a], names.family[a]) if turned else (names.family[a], names.given[a])
        )
    agreed = [
        np.where(level == 0, part, np.int32(NOT_SEEN))
        for level, part in zip(levels, (families, givens), strict=True)
    ]
    return NamesMet(levels[0], levels[1], crossed, agreed[0], agreed[1], bearers)


def _straight(names: NameColumn, met: Met) -> tuple[Levels, Levels]:
    alike = (names.is_han[met.a] != names.is_han[met.b]) & (
        names.sound[met.a] == names.sound[met.b]
    )
    return (
        _or_sound(alike, part_levels(names.parts, names.family[met.a], names.family[met.b])),
        _or_sound(alike, part_levels(names.parts, names.given[met.a], names.given[met.b])),
    )


def _across(names: NameColumn, a: Codes, b: Codes) -> tuple[Levels, Levels]:
    alike = (names.is_han[a] != names.is_han[b]) & (names.sound[a] == names.crossed_sound[b])
    return (
        _or_sound(alike, part_levels(names.parts, names.family[a], names.given[b])),
        _or_sound(alike, part_levels(names.parts, names.given[a], names.family[b])),
    )


def _or_sound(alike: Marks, levels: Levels) -> Levels:
    levels[alike] = _LEVEL["sound"]
    return levels


def part_levels(parts: Parts, a: Codes, b: Codes) -> Levels:
    """The level of `part_level` for many pairs of parts."""
    levels = np.full(len(a), NOT_SEEN, dtype=np.int8)
    told = parts.is_told[a] & parts.is_told[b]
    levels[told & (parts.sound[a] == parts.sound[b])] = _LEVEL["sound"]
    levels[told & (parts.text[a] == parts.text[b])] = _LEVEL["exact"]
    [rest] = np.nonzero(told & (levels == NOT_SEEN))
    x, y, inverse = distinct_pairs(a[rest], b[rest])
    han = ~(parts.is_ascii[x] | parts.is_ascii[y])
    found = np.full(len(x), _LEVEL["different"], dtype=np.int8)
    found[han] = _character_levels(parts, x[han], y[han])
    found[~han] = _letter_levels(parts, x[~han], y[~han])
    levels[rest] = found[inverse]
    return levels


def _character_levels(parts: Parts, a: Rows, b: Rows) -> Levels:
    """`_character_level` of texts that differ."""
    levels = np.full(len(a), _LEVEL["different"], dtype=np.int8)
    if not len(a):
        return levels
    long, other = parts.length[a], parts.length[b]
    x, y = parts.texts[a], parts.texts[b]
    near = cpdist(x.tolist(), y.tolist(), scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
    levels[near] = np.where(long[near] == other[near], _LEVEL["near"], _LEVEL["dropped"])
    levels[(long == 1) & (other == 1)] = _LEVEL["different"]
    jumbled = (parts.jumble[a] == parts.jumble[b]) & (long == other) & (long > 1)
    levels[jumbled] = _LEVEL["swapped"]
    [vague] = np.nonzero(parts.is_vague[a] | parts.is_vague[b])
    fitting = fit(x[vague], y[vague], "?")
    levels[vague] = np.where(fitting, _LEVEL["near"], _LEVEL["different"])
    return levels


def _letter_levels(parts: Parts, a: Codes | Rows, b: Codes | Rows) -> Levels:
    """`_letter_level` of sounds that differ."""
    shorter = np.minimum(parts.letters[a], parts.letters[b])
    same_initial = parts.initial[a] == parts.initial[b]
    levels = np.full(len(a), _LEVEL["different"], dtype=np.int8)
    levels[(shorter == 1) & same_initial] = _LEVEL["initial"]
    [rest] = np.nonzero(shorter > 1)
    x, y = parts.sounds[a[rest]].tolist(), parts.sounds[b[rest]].tolist()
    levels[rest[_are_close(x, y, shorter[rest])]] = _LEVEL["close"]
    for at in np.nonzero(same_initial & (shorter >= SHORT_NAME_LETTERS))[0].tolist():
        one, other = parts.sounds[a[at]], parts.sounds[b[at]]
        if one.startswith(other) or other.startswith(one):
            levels[at] = _LEVEL["short"]
    return levels


def _are_close(a: list[str], b: list[str], shorter: Rows) -> Marks:
    """Whether sounds differ by slips only."""
    if not a:
        return np.zeros(0, dtype=np.bool_)
    alike = cpdist(
        a,
        b,
        scorer=JaroWinkler.similarity,
        score_cutoff=CLOSE_NAME_SIMILARITY,
        dtype=np.float64,
    )
    close: Marks = alike >= CLOSE_NAME_SIMILARITY
    edits = cpdist(a, b, scorer=OSA.distance, score_cutoff=2, dtype=np.int32)
    close |= (edits == 1) & (shorter >= SHORT_NAME_LETTERS)
    close |= (edits <= 2) & (shorter >= LONG_NAME_LETTERS)
    return close
