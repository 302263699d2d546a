"""Records side by side as columns: distinct values once, coded, and levels for many pairs at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.comparisons import ORGANISATION_COMPARISONS, PERSON_COMPARISONS, compare
from ecif.matching.forms import DocumentForm, Features
from ecif.matching.scoring import score
from ecif.rules import default_rules

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
_SHOWN = DocumentForm("shown by both", "1", valid=True)


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


_PLAIN = ("organisations", "phones", "emails", "addresses", "employer", "representative")


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
        met = _Met.of(facet.codes[self._left], facet.codes[self._right])
        seen = np.full(met.size, NOT_SEEN, dtype=np.int8)
        against = np.zeros(met.size, dtype=np.bool_)
        for at, (a, b) in enumerate(met.values(facet.values)):
            if a and b:
                left, right = self._record(documents=a), self._record(documents=b)
                for observation in compare(left, right):
                    seen[at] = self._codes["document"][observation.level]
                against[at] = _contradict(left, right)
        levels[:, place["document"]] = seen[met.inverse]
        return against[met.inverse]

    def names(self, levels: Levels, place: dict[str, int]) -> dict[str, Facet]:
        facet = self._table.facets["persons"]
        if not any(facet.values):
            return {}
        met = _Met.of(facet.codes[self._left], facet.codes[self._right])
        agreed: dict[str, list[str | None]] = {name: [None] * met.size for name in NAMED}
        seen = {name: np.full(met.size, NOT_SEEN, dtype=np.int8) for name in (*NAMED, "name_order")}
        for at, (a, b) in enumerate(met.values(facet.values)):
            for about, level, values in compare(self._record(persons=a), self._record(persons=b)):
                seen[about][at] = self._codes[about][level]
                if level == "exact" and about in NAMED:
                    agreed[about][at] = values[0]
        for about, column in seen.items():
            levels[:, place[about]] = column[met.inverse]
        facets = {name: coded(told) for name, told in agreed.items()}
        return {name: Facet(one.codes[met.inverse], one.values) for name, one in facets.items()}

    def plain(self, levels: Levels, place: dict[str, int]) -> None:
        for attribute in _PLAIN:
            facet = self._table.facets[attribute]
            if len(facet.values) > 1 or any(facet.values):
                met = _Met.of(facet.codes[self._left], facet.codes[self._right])
                self._fill(levels, place, met, [{attribute: value} for value in facet.values])

    def told_twice(self, levels: Levels, place: dict[str, int]) -> None:
        """What an identity number tells besides is no further evidence where both show that number."""
        document = levels[:, place["document"]]
        same = np.isin(
            document, [self._codes["document"][level] for level in ("same", "same_unproven")]
        )
        births = self._table.facets["births"]
        sexes = self._table.sexes
        for told, facet in (
            ([{"births": value} for value in births.values], births),
            ([{"sex": sex, "sex_told": told} for sex, told in sexes.values], sexes),
        ):
            shown = [{**one, "documents": (_SHOWN,)} for one in told]
            met = _Met.of(
                facet.codes[self._left] + same * np.int32(len(told)),
                facet.codes[self._right] + same * np.int32(len(told)),
            )
            self._fill(levels, place, met, told + shown)

    def emails_named_after(self, levels: Levels, place: dict[str, int]) -> None:
        """An address that is the holder's name tells little that the name does not: look at equal ones again."""
        column = levels[:, place["email"]]
        [again] = np.nonzero(column == self._codes["email"]["same"])
        emails, persons = self._table.facets["emails"], self._table.facets["persons"]
        for at in again.tolist():
            a, b = (
                self._record(
                    emails=emails.values[emails.codes[row]],
                    persons=persons.values[persons.codes[row]],
                )
                for row in (self._left[at], self._right[at])
            )
            for observation in compare(a, b):
                if observation.about == "email":
                    column[at] = self._codes["email"][observation.level]

    def _fill(
        self, levels: Levels, place: dict[str, int], met: "_Met", told: list[dict[str, Any]]
    ) -> None:
        seen: dict[str, Levels] = {}
        for at, (a, b) in enumerate(met.values(told)):
            for observation in compare(self._record(**a), self._record(**b)):
                about = observation.about
                if about == "document":
                    continue
                if about not in seen:
                    seen[about] = np.full(met.size, NOT_SEEN, dtype=np.int8)
                seen[about][at] = self._codes[about][observation.level]
        for about, column in seen.items():
            levels[:, place[about]] = column[met.inverse]

    def _record(self, **told: Any) -> Features:
        return Features(self._table.kind, **told)


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


def _contradict(a: Features, b: Features) -> bool:
    return bool(score(a, b, default_rules().matching).vetoes)


def _table_of(kind: str) -> tuple[Any, ...]:
    return ORGANISATION_COMPARISONS if kind == "organisation" else PERSON_COMPARISONS
