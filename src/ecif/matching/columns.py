"""Records side by side as columns: distinct values once, coded, and levels for many pairs at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns_names import names_met
from ecif.matching.comparisons import (
    ADDRESS_LEVELS,
    BIRTH_LEVELS,
    DOCUMENT_LEVELS,
    EMAIL_LEVELS,
    NUMBER_LEVELS,
    ORGANISATION_COMPARISONS,
    ORGANISATION_LEVELS,
    PERSON_COMPARISONS,
    compare,
)
from ecif.matching.forms import AddressForm, BirthForm, Features, OrganisationForm, PersonForm
from ecif.matching.resemblance import (
    address_level,
    best,
    birth_level,
    document_level,
    email_level,
    employer_level,
    number_level,
    organisation_level,
)
from ecif.matching.scoring import contradicting_kinds

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]

NOT_SEEN = -1
"""The level of a comparison that could not be made."""

ATTRIBUTES = (
    "persons",
    "organisations",
    "documents",
    "births",
    "phones",
    "emails",
    "addresses",
    "employer",
    "representative",
)


class Facet(NamedTuple):
    """One attribute of all records: per record the code of its value; `values` are distinct."""

    codes: Codes
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """All records of one kind, attribute by attribute; `weak` as in `Features`, `sexes` holds sex and who told it."""

    kind: str
    facets: dict[str, Facet]
    sexes: Facet
    weak: npt.NDArray[np.bool_]

    @property
    def comparisons(self) -> tuple[str, ...]:
        """What is compared, in the order of the table of comparisons."""
        return tuple(comparison.name for comparison in _table_of(self.kind))

    def features(self, row: int) -> Features:
        """One record as `compare` and `score` read it, without its blocking keys."""
        told = {name: facet.values[facet.codes[row]] for name, facet in self.facets.items()}
        sex, is_told = self.sexes.values[self.sexes.codes[row]]
        return Features(self.kind, **told, sex=sex, sex_told=is_told, weak=bool(self.weak[row]))


def table_of(kind: str, records: Iterable[Features]) -> Table:
    """Lay records of one kind out in columns."""
    rows = list(records)
    facets = {name: coded([getattr(row, name) for row in rows]) for name in ATTRIBUTES}
    sexes = coded([(row.sex, row.sex_told) for row in rows])
    return Table(kind, facets, sexes, np.array([row.weak for row in rows], dtype=np.bool_))


def coded(values: Sequence[Any]) -> Facet:
    """Number distinct values in the order of their first appearance."""
    numbers: dict[Any, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(value, len(numbers)) for value in values), np.int32, len(values)
    )
    return Facet(codes, tuple(numbers))


class Observed(NamedTuple):
    """What the comparisons saw for many pairs.

    `left`, `right`: the rows that met. `levels`: one column for each comparison of the table, `NOT_SEEN` where it says
    nothing. `contradicting`: valid numbers of one single-valued kind differ. `agreed`: by comparison, the name that
    both bear where they agree in it.
    """

    left: Rows
    right: Rows
    levels: Levels
    contradicting: npt.NDArray[np.bool_]
    agreed: dict[str, Facet]


def level_names(kind: str) -> dict[str, tuple[str, ...]]:
    """The levels of each comparison, in order; codes count from 0."""
    return {comparison.name: comparison.levels for comparison in _table_of(kind)}


def observe(table: Table, left: Rows, right: Rows) -> Observed:
    """Compare many pairs of rows: exactly the levels that `compare` gives, pair by pair."""
    look = _Look(table, left, right)
    names = table.comparisons
    levels = np.full((len(left), len(names)), NOT_SEEN, dtype=np.int8)
    place = {name: position for position, name in enumerate(names)}
    contradicting = look.documents(levels, place)
    agreed = look.names(levels, place)
    look.plain(levels, place)
    look.told_twice(levels, place)
    if table.kind == "person":
        look.emails_named_after(levels, place)
    return Observed(left, right, levels, contradicting, agreed)


NAMED = ("family_name", "given_name")


def joined(parts: Sequence[Observed]) -> Observed:
    """Several looks as one, in their order."""
    agreed = {}
    for name in {name for part in parts for name in part.agreed}:
        told = [part.agreed.get(name) for part in parts]
        agreed[name] = coded(
            [
                one.values[code] if one else None
                for part, one in zip(parts, told, strict=True)
                for code in (one.codes.tolist() if one else [0] * len(part.left))
            ]
        )
    return Observed(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.contradicting for part in parts]),
        agreed,
    )


_AGREEING = ("same", "same_unproven")


def _birth_level(a: Sequence[BirthForm], b: Sequence[BirthForm]) -> str | None:
    found = best(a, b, birth_level, BIRTH_LEVELS)
    return found[0] if found else None


def _sex_level(a: tuple[str | None, bool], b: tuple[str | None, bool]) -> str | None:
    if not (a[0] and b[0]):
        return None
    return "same" if a[0] == b[0] else "different"


def _phone_level(a: Sequence[str], b: Sequence[str]) -> str | None:
    found = best(a, b, number_level, NUMBER_LEVELS)
    return found[0] if found else None


def _email_level(a: Sequence[str], b: Sequence[str]) -> str | None:
    found = best(a, b, email_level, EMAIL_LEVELS)
    return found[0] if found else None


def _address_level(a: Sequence[AddressForm], b: Sequence[AddressForm]) -> str | None:
    found = best(a, b, address_level, ADDRESS_LEVELS)
    return found[0] if found else None


def _organisation_level(a: Sequence[OrganisationForm], b: Sequence[OrganisationForm]) -> str | None:
    found = best(a, b, organisation_level, ORGANISATION_LEVELS)
    return found[0] if found else None


def _employer_level(a: OrganisationForm | None, b: OrganisationForm | None) -> str | None:
    return employer_level(a, b) if a and b else None


def _representative_level(a: PersonForm | None, b: PersonForm | None) -> str | None:
    seen = compare(
        Features("organisation", representative=a), Features("organisation", representative=b)
    )
    return seen[0].level if seen else None


_PLAIN: dict[str, tuple[str, Callable[[Any, Any], str | None]]] = {
    "organisation_name": ("organisations", _organisation_level),
    "representative": ("representative", _representative_level),
    "phone": ("phones", _phone_level),
    "email": ("emails", _email_level),
    "address": ("addresses", _address_level),
    "employer": ("employer", _employer_level),
}


class _Look:
    """One look at many pairs, attribute by attribute: every distinct pair of values is compared once."""

    def __init__(self, table: Table, left: Rows, right: Rows) -> None:
        self._table = table
        self._left = left
        self._right = right
        self._codes = {
            comparison.name: {level: code for code, level in enumerate(comparison.levels)}
            for comparison in _table_of(table.kind)
        }

    def documents(self, levels: Levels, place: dict[str, int]) -> npt.NDArray[np.bool_]:
        facet = self._table.facets["documents"]
        met = self._met(facet)
        codes = self._codes["document"]
        seen = np.full(met.size, NOT_SEEN, dtype=np.int8)
        against = np.zeros(met.size, dtype=np.bool_)
        for at, (a, b) in enumerate(met.values(facet.values)):
            found = best(a, b, document_level, DOCUMENT_LEVELS)
            if found is not None:
                seen[at] = codes[found[0]]
                against[at] = bool(contradicting_kinds(a, b))
        levels[:, place["document"]] = seen[met.inverse]
        return against[met.inverse]

    def names(self, levels: Levels, place: dict[str, int]) -> dict[str, Facet]:
        facet = self._table.facets["persons"]
        if not any(facet.values):
            return {}
        met = self._met(facet)
        seen = names_met(facet.values, met.left, met.right)
        crossed = np.where(seen.crossed, 0, NOT_SEEN).astype(np.int8)
        for about, column in zip(
            (*NAMED, "name_order"), (seen.family, seen.given, crossed), strict=True
        ):
            levels[:, place[about]] = column[met.inverse]
        facets = {"family_name": coded(seen.agreed_family), "given_name": coded(seen.agreed_given)}
        return {name: Facet(one.codes[met.inverse], one.values) for name, one in facets.items()}

    def plain(self, levels: Levels, place: dict[str, int]) -> None:
        for about, (attribute, level_of) in _PLAIN.items():
            facet = self._table.facets[attribute]
            if about in place and any(facet.values):
                self._fill(levels, place[about], about, self._met(facet), facet.values, level_of)

    def told_twice(self, levels: Levels, place: dict[str, int]) -> None:
        """What an identity number tells besides is no further evidence where both show that number."""
        same = np.isin(
            levels[:, place["document"]], [self._codes["document"][one] for one in _AGREEING]
        )
        births = self._table.facets["births"]
        told = [tuple(birth for birth in value if birth.told) for value in births.values]
        met = self._met(births, same)
        self._fill(levels, place["born_on"], "born_on", met, [*births.values, *told], _birth_level)
        if "sex" in place:
            sexes = self._table.sexes
            said = [(sex if is_told else None, is_told) for sex, is_told in sexes.values]
            met = self._met(sexes, same)
            self._fill(levels, place["sex"], "sex", met, [*sexes.values, *said], _sex_level)

    def emails_named_after(self, levels: Levels, place: dict[str, int]) -> None:
        """An address that is the holder's name tells little that the name does not: look at equal ones again."""
        column = levels[:, place["email"]]
        [again] = np.nonzero(column == self._codes["email"]["same"])
        emails, persons = self._table.facets["emails"], self._table.facets["persons"]
        for at in again.tolist():
            a, b = (
                Features(
                    self._table.kind,
                    emails=emails.values[emails.codes[row]],
                    persons=persons.values[persons.codes[row]],
                )
                for row in (self._left[at], self._right[at])
            )
            for observation in compare(a, b):
                if observation.about == "email":
                    column[at] = self._codes["email"][observation.level]

    def _met(self, facet: Facet, shifted: npt.NDArray[np.bool_] | None = None) -> "_Met":
        """The pairs of values; where `shifted`, of those that stand as many places further."""
        left, right = facet.codes[self._left], facet.codes[self._right]
        if shifted is None:
            return _Met.of(left, right)
        step = shifted * np.int32(len(facet.values))
        return _Met.of(left + step, right + step)

    def _fill(  # noqa: PLR0913  # where to, what, and how
        self,
        levels: Levels,
        column: int,
        about: str,
        met: "_Met",
        values: Sequence[Any],
        level_of: Callable[[Any, Any], str | None],
    ) -> None:
        codes: dict[str | None, int] = {**self._codes[about], None: NOT_SEEN}
        seen = [codes[level_of(a, b)] for a, b in met.values(values)]
        levels[:, column] = np.array(seen, dtype=np.int8)[met.inverse]


class _Met(NamedTuple):
    """The distinct pairs of values among many pairs of records."""

    left: Rows
    right: Rows
    inverse: Rows

    @classmethod
    def of(cls, left: Codes, right: Codes) -> "_Met":
        width = int(max(left.max(initial=0), right.max(initial=0))) + 1
        both = left.astype(np.int64) * width + right
        distinct, inverse = np.unique(both, return_inverse=True)
        return cls(distinct // width, distinct % width, inverse)

    @property
    def size(self) -> int:
        return len(self.left)

    def values(self, values: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
        return (
            (values[a], values[b])
            for a, b in zip(self.left.tolist(), self.right.tolist(), strict=True)
        )


def _table_of(kind: str) -> tuple[Any, ...]:
    return ORGANISATION_COMPARISONS if kind == "organisation" else PERSON_COMPARISONS
