"""Names of persons in columns: every distinct pair of name parts is compared once, whoever bears them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.comparisons import NAME_LEVELS, best_names, is_turned
from ecif.matching.forms import PersonForm
from ecif.matching.resemblance import part_level

Numbers = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]

_NOT_SEEN = -1
_CODES: dict[str | None, int] = {level: code for code, level in enumerate(NAME_LEVELS)}
_CODES[None] = _NOT_SEEN
_SOUND = _CODES["sound"]
# The worth of a level grows towards exact; NOT_SEEN counts from the end and is worth nothing.
_WORTH = np.array([*range(len(NAME_LEVELS), 0, -1), 0])

Names = Sequence[tuple[PersonForm, ...]]


class NamesMet(NamedTuple):
    """What pairs of names show: levels of family and given name, whether crossed, and the parts that agree exactly."""

    family: Levels
    given: Levels
    crossed: npt.NDArray[np.bool_]
    agreed_family: list[str | None]
    agreed_given: list[str | None]


def names_met(names: Names, left: Numbers, right: Numbers) -> NamesMet:
    """Compare pairs of names, as `best_names` does.

    Args:
        names: The distinct names of records.
        left: Places in `names`.
        right: Places in `names`.
    """
    used, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    mine = [names[place] for place in used.tolist()]
    met = _single_met(mine, places[: len(left)], places[len(left) :])
    counts = np.fromiter(map(len, mine), np.int64, len(mine))
    several = (counts[places[: len(left)]] != 1) | (counts[places[len(left) :]] != 1)
    for at in np.nonzero(several)[0].tolist():
        _compare_all(names[int(left[at])], names[int(right[at])], met, at)
    return met


def _compare_all(
    left: tuple[PersonForm, ...], right: tuple[PersonForm, ...], met: NamesMet, at: int
) -> None:
    pair = best_names(left, right)
    met.family[at] = _CODES[pair.family] if pair else _NOT_SEEN
    met.given[at] = _CODES[pair.given] if pair else _NOT_SEEN
    met.crossed[at] = bool(pair and pair.crossed)
    met.agreed_family[at] = pair.families[0] if pair and pair.family == "exact" else None
    met.agreed_given[at] = pair.givens[0] if pair and pair.given == "exact" else None


_NO_NAME = PersonForm("", "", "", "", "", is_han=False)


def _single_met(names: list[tuple[PersonForm, ...]], left: Numbers, right: Numbers) -> NamesMet:
    """The first names of both sides: straight, and crosswise where one of them is written in letters."""
    forms = [forms[0] if forms else _NO_NAME for forms in names]
    family = _Parts.of([(form.family, form.family_sound) for form in forms])
    given = _Parts.of([(form.given, form.given_sound) for form in forms])
    han = np.array([form.is_han for form in forms], dtype=np.bool_)
    sounds = _Parts.of([(form.sound, "") for form in forms])
    reversed_sounds = [(form.given_sound + form.family_sound, "") for form in forms]

    mixed = han[left] != han[right]
    alike = mixed & (sounds.codes[left] == sounds.codes[right])
    straight = [np.where(alike, _SOUND, part.levels(part, left, right)) for part in (family, given)]
    crossing = ~(han[left] & han[right]) & (left != right)
    alike = mixed & (sounds.codes[left] == sounds.codes_of(reversed_sounds)[right])
    across = [
        np.where(alike, _SOUND, part.levels(other, left, right, only=crossing))
        for part, other in ((family, given), (given, family))
    ]
    crossed = crossing & (
        _WORTH[across[0]] + _WORTH[across[1]] > _WORTH[straight[0]] + _WORTH[straight[1]]
    )
    turned = crossed.copy()
    for at in np.nonzero(crossed)[0].tolist():
        turned[at] = is_turned(forms[int(left[at])], forms[int(right[at])])
    across = [np.where(turned, across[1], across[0]), np.where(turned, across[0], across[1])]
    levels = [
        np.where(crossed, other, own).astype(np.int8)
        for own, other in zip(straight, across, strict=True)
    ]
    teller = np.where(turned, right, left)
    return NamesMet(
        levels[0],
        levels[1],
        crossed,
        family.agreed(teller, levels[0]),
        given.agreed(teller, levels[1]),
    )


class _Parts(NamedTuple):
    """One part of every name: its code; `values` are distinct: as written, and its sound."""

    codes: Numbers
    values: list[tuple[str, str]]
    numbers: dict[tuple[str, str], int]

    @classmethod
    def of(cls, told: list[tuple[str, str]]) -> "_Parts":
        numbers: dict[tuple[str, str], int] = {}
        codes = [numbers.setdefault(one, len(numbers)) for one in told]
        return cls(np.array(codes, dtype=np.int64), list(numbers), numbers)

    def codes_of(self, told: list[tuple[str, str]]) -> Numbers:
        """The codes that other texts have here; -1 for those that no name has."""
        return np.array([self.numbers.get(one, -1) for one in told], dtype=np.int64)

    def levels(
        self,
        other: "_Parts",
        left: Numbers,
        right: Numbers,
        only: npt.NDArray[np.bool_] | None = None,
    ) -> Levels:
        """How near this part of the left names is to the other part of the right ones."""
        width = len(other.values)
        both = self.codes[left] * width + other.codes[right]
        found = np.full(len(left), _NOT_SEEN, dtype=np.int8)
        chosen = np.ones(len(left), dtype=np.bool_) if only is None else only
        distinct, inverse = np.unique(both[chosen], return_inverse=True)
        levels = []
        for pair in distinct.tolist():
            a, sound_a = self.values[pair // width]
            b, sound_b = other.values[pair % width]
            levels.append(_CODES[part_level(a, b, sound_a, sound_b)])
        found[chosen] = np.array(levels, dtype=np.int8)[inverse]
        return found

    def agreed(self, left: Numbers, levels: Levels) -> list[str | None]:
        """The part that both bear, where they agree in it."""
        texts = [text for text, _ in self.values]
        return [
            texts[code] if level == 0 else None
            for code, level in zip(self.codes[left].tolist(), levels.tolist(), strict=True)
        ]
