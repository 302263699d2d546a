"""Records side by side as columns: what each says, as numbers of distinct forms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns_contacts import EmailColumn, PhoneColumn
from ecif.matching.columns_forms import AddressColumn, BirthColumn, DocumentColumn
from ecif.matching.columns_named import BodyColumn, NameColumn
from ecif.matching.columns_words import starts_of
from ecif.matching.comparisons import ORGANISATION_COMPARISONS, PERSON_COMPARISONS
from ecif.matching.forms import Features

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]

_ALL = slice(None)

NOT_SEEN = -1
"""The level of a comparison that could not be made."""

MANY = ("persons", "organisations", "documents", "births", "phones", "emails", "addresses")
"""Attributes of which a record may tell several."""
ATTRIBUTES = (*MANY, "employer", "representative")


class Facet(NamedTuple):
    """One value for every record: its code; `values` are distinct."""

    codes: Codes
    values: tuple[Any, ...]


class Scripts(NamedTuple):
    """The script of names, by record: any in hanzi; all in hanzi without a family part; the first in hanzi, or none."""

    has_han: npt.NDArray[np.bool_]
    is_whole: npt.NDArray[np.bool_]
    is_first_han: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bags:
    """One attribute of all records: `codes` says which bag a record has; a bag holds the numbers of distinct `forms`.

    The forms of bag b are `items[starts[b] : starts[b] + counts[b]]`, in the order in which they were told;
    bags lie in their own order.
    """

    codes: Codes
    starts: Codes
    counts: Codes
    items: Codes
    forms: Sequence[Any]

    def of_record(self, row: int) -> tuple[Any, ...]:
        """What one record tells."""
        bag = self.codes[row]
        start = self.starts[bag]
        return tuple(
            self.forms[item] for item in self.items[start : start + self.counts[bag]].tolist()
        )

    def at(self, codes: Rows | Codes) -> "Bags":
        """The bags of other records, each of which has the bag of one of these."""
        return Bags(self.codes[codes], self.starts, self.counts, self.items, self.forms)

    def followed_by(self, more: "Bags") -> "Bags":
        """The bags of these records, and of more records behind them."""
        if not len(more.forms):
            more = nothing_told(len(more.codes))
        told = [
            tuple(bags.forms[item] for item in bags.items[start : start + count].tolist())
            for bags in (self, more)
            for start, count in zip(bags.starts.tolist(), bags.counts.tolist(), strict=True)
        ]
        return bagged(told).at(np.concatenate([self.codes, more.codes + len(self.counts)]))

    @cached_property
    def is_told(self) -> npt.NDArray[np.bool_]:
        """For every record, whether it tells any."""
        told: npt.NDArray[np.bool_] = (self.counts > 0)[self.codes]
        return told

    @cached_property
    def are_several(self) -> npt.NDArray[np.bool_] | None:
        """For every record, whether it tells more than one form; None if no record does."""
        several: npt.NDArray[np.bool_] = self.counts > 1
        return several[self.codes] if several.any() else None

    @property
    def firsts(self) -> Codes:
        """For every record, its first form; -1 for none."""
        return self.firsts_of(_ALL)

    def firsts_of(self, records: Rows | Codes | slice) -> Codes:
        """The same of some records."""
        first = self._first_in_bags
        bags = self.codes[records]
        return bags - np.int32(1) if first is None else first[bags]

    @cached_property
    def _first_in_bags(self) -> Codes | None:
        """For every bag, its first form; -1 for none. None where bag 0 is empty and all others have the form before."""
        told = np.append(self.items, np.int32(NOT_SEEN))
        first: Codes = np.where(self.counts > 0, told[self.starts], np.int32(NOT_SEEN))
        return None if np.array_equal(first, np.arange(-1, len(first) - 1)) else first

    @cached_property
    def phones(self) -> PhoneColumn:
        """The forms, if they are telephone numbers, as they are compared."""
        return PhoneColumn.of(self.forms)

    @cached_property
    def documents(self) -> DocumentColumn:
        """The forms, if they are documents, as they are compared."""
        return (
            self.forms if isinstance(self.forms, DocumentColumn) else DocumentColumn.of(self.forms)
        )

    @cached_property
    def emails(self) -> EmailColumn:
        """The forms, if they are e-mail addresses, as they are compared."""
        return EmailColumn.of(self.forms)

    @cached_property
    def births(self) -> BirthColumn:
        """The forms, if they are dates, as they are compared."""
        return BirthColumn.of(self.forms)

    @cached_property
    def addresses(self) -> AddressColumn:
        """The forms, if they are addresses, as they are compared."""
        return self.forms if isinstance(self.forms, AddressColumn) else AddressColumn.of(self.forms)

    @cached_property
    def scripts(self) -> Scripts:
        """For every record, what `holds_of` asks of its names, if the forms are names of persons."""
        bag = np.repeat(np.arange(len(self.counts)), self.counts)
        is_han = self.names.is_han[self.items]
        han = np.bincount(bag, is_han, minlength=len(self.counts))
        alone = np.bincount(bag, is_han & self.names.is_whole[self.items], len(self.counts))
        first = np.append(self.names.is_han, True)[self.firsts]
        return Scripts(
            (han > 0)[self.codes], (alone == self.counts)[self.codes], first.astype(np.bool_)
        )

    @cached_property
    def bodies(self) -> BodyColumn:
        """The forms, if they are names of organisations, as they are compared."""
        return self.forms if isinstance(self.forms, BodyColumn) else BodyColumn.of(self.forms)

    @cached_property
    def names(self) -> NameColumn:
        """The forms, if they are names of persons, as they are compared."""
        return NameColumn.of(self.forms)


@dataclass(frozen=True)
class Table:
    """All records of one kind, attribute by attribute; `weak` as in `Features`, `sexes` holds sex and who told it."""

    kind: str
    bags: dict[str, Bags]
    sexes: Facet
    weak: npt.NDArray[np.bool_]

    @property
    def comparisons(self) -> tuple[str, ...]:
        """What is compared, in the order of the table of comparisons."""
        return tuple(comparison.name for comparison in comparisons_of(self.kind))

    def features(self, row: int) -> Features:
        """One record as `compare` and `score` read it, without its blocking keys."""
        told: dict[str, Any] = {name: bags.of_record(row) for name, bags in self.bags.items()}
        for name in ATTRIBUTES[len(MANY) :]:
            told[name] = told[name][0] if told[name] else None
        sex, is_told = self.sexes.values[self.sexes.codes[row]]
        return Features(self.kind, **told, sex=sex, sex_told=is_told, weak=bool(self.weak[row]))


def table_of(kind: str, records: Iterable[Features]) -> Table:
    """Lay records of one kind out in columns."""
    rows = list(records)
    bags = {}
    for name in ATTRIBUTES:
        told = [getattr(row, name) for row in rows]
        bags[name] = bagged(told if name in MANY else [(one,) if one else () for one in told])
    sexes = coded([(row.sex, row.sex_told) for row in rows])
    return Table(kind, bags, sexes, np.array([row.weak for row in rows], dtype=np.bool_))


def coded(values: Sequence[Any]) -> Facet:
    """Number distinct values in the order of their first appearance."""
    numbers: dict[Any, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(value, len(numbers)) for value in values), np.int32, len(values)
    )
    return Facet(codes, tuple(numbers))


def bagged(values: Sequence[tuple[Any, ...]]) -> Bags:
    """Bags of what was told, one value for each record."""
    told = coded(values)
    counts = np.fromiter(map(len, told.values), np.int32, len(told.values))
    items = coded([form for value in told.values for form in value])
    return Bags(told.codes, starts_of(counts), counts, items.codes, items.values)


def nothing_told(size: int) -> Bags:
    """The bags of an attribute that no record tells."""
    none = np.zeros(1, dtype=np.int32)
    return Bags(np.zeros(size, dtype=np.int32), none, none, np.zeros(0, dtype=np.int32), ())


def level_names(kind: str) -> dict[str, tuple[str, ...]]:
    """The levels of each comparison, in order; codes count from 0."""
    return {comparison.name: comparison.levels for comparison in comparisons_of(kind)}


def comparisons_of(kind: str) -> tuple[Any, ...]:
    """The table of comparisons of a kind."""
    return ORGANISATION_COMPARISONS if kind == "organisation" else PERSON_COMPARISONS
