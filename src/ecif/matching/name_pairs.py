"""Which names of two records belong side by side: straight, or keyed in crossways."""

from typing import NamedTuple

from ecif.matching.forms import PersonForm
from ecif.matching.resemblance import part_level

NAME_LEVELS = (
    "exact", "sound", "swapped", "close", "dropped", "near", "short", "initial", "different",
)  # fmt: skip


class NamePair(NamedTuple):
    """The two names, one of each record, that fit each other best: levels of their parts, and the parts that met.

    Of names that fit crossways, one of the two says which part is the family name: the same one whichever record
    is asked about first.
    """

    a: PersonForm
    b: PersonForm
    family: str | None
    given: str | None
    crossed: bool

    @property
    def families(self) -> tuple[str, str]:
        """What met as family names, the part of `a` first."""
        if not self.crossed:
            return self.a.family, self.b.family
        if is_turned(self.a, self.b):
            return self.a.given, self.b.family
        return self.a.family, self.b.given

    @property
    def givens(self) -> tuple[str, str]:
        """What met as given names, the part of `a` first."""
        if not self.crossed:
            return self.a.given, self.b.given
        if is_turned(self.a, self.b):
            return self.a.family, self.b.given
        return self.a.given, self.b.family


def is_turned(a: PersonForm, b: PersonForm) -> bool:
    """Whether, of two names that fit crossways, the second says which part is the family name.

    Any rule does that gives the two records the same answer in either order.
    """
    return (b.family, b.given) < (a.family, a.given)


def best_names(left: tuple[PersonForm, ...], right: tuple[PersonForm, ...]) -> NamePair | None:
    """The two names, one of each side, that fit each other best; None when a side has none."""
    if not (left and right):
        return None
    if len(left) > 1 or len(right) > 1:
        left, right = _written(left, right)
    one, other = left[0], right[0]
    if one == other:
        return _straight(one, other)
    if len(left) == 1 == len(right) and one.is_han and other.is_han:
        return _straight(one, other)
    pairs = [_straight(a, b) for a in left for b in right]
    # Chinese names keep their order whatever the system; Latin ones are often keyed in crossways.
    pairs += [_crossed(a, b) for a in left for b in right if not (a.is_han and b.is_han)]
    return max(pairs, key=_fit)


def _written(
    left: tuple[PersonForm, ...], right: tuple[PersonForm, ...]
) -> tuple[tuple[PersonForm, ...], tuple[PersonForm, ...]]:
    """The names in hanzi where both sides have some: equal spellings beside them tell no more than equal sounds."""
    han = tuple(form for form in left if form.is_han), tuple(form for form in right if form.is_han)
    return han if all(han) else (left, right)


def _straight(a: PersonForm, b: PersonForm) -> NamePair:
    if a.is_han != b.is_han and a.sound == b.sound:
        return tuple.__new__(NamePair, (a, b, "sound", "sound", False))
    family = part_level(a.family, b.family, a.family_sound, b.family_sound)
    given = part_level(a.given, b.given, a.given_sound, b.given_sound)
    return tuple.__new__(NamePair, (a, b, family, given, False))


def _crossed(a: PersonForm, b: PersonForm) -> NamePair:
    family = part_level(a.family, b.given, a.family_sound, b.given_sound)
    given = part_level(a.given, b.family, a.given_sound, b.family_sound)
    if a.is_han != b.is_han and a.sound == b.given_sound + b.family_sound:
        family = given = "sound"
    if is_turned(a, b):
        family, given = given, family
    return tuple.__new__(NamePair, (a, b, family, given, True))


_WORTH = {level: len(NAME_LEVELS) - place for place, level in enumerate(NAME_LEVELS)}


def _fit(pair: NamePair) -> tuple[int, bool]:
    return _WORTH.get(pair.family or "", 0) + _WORTH.get(pair.given or "", 0), not pair.crossed
