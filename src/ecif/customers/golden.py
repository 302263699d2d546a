"""Derivation: records, pins and rules in; the golden record and where each value comes from out."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecif import identity
from ecif.customers.candidates import LISTS, Candidate, Plain, Telling, candidates_of
from ecif.customers.records import SourceRecord
from ecif.identity import Document
from ecif.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Golden:
    """The best current values of a customer, in the shape of a record.

    `provenance` names for each value, as `birth_date` or `phones[0]`, the ids of the records that say it, the
    one whose words were taken first; an empty tuple stands for a steward's pin.
    """

    values: Plain
    provenance: Mapping[str, tuple[int, ...]]


_PERSON_SCALARS = ("birth_date", "sex", "nationality", "employer", "occupation")
_ORGANISATION_SCALARS = ("established_on", "legal_representative", "industry", "country")
GOLDEN_FIELDS = (
    "names",
    *_PERSON_SCALARS,
    *_ORGANISATION_SCALARS,
    "documents",
    "phones",
    "emails",
    "addresses",
)
"""Every field a golden record can have; a pin names one of these."""


def derive(records: Iterable[SourceRecord], pins: Mapping[str, Any], rules: RuleSet) -> Golden:
    """Derive the golden record of one customer.

    A pin outranks everything; then a valid value beats an invalid one, whatever its source; then the rules
    say whether trust or recency decides; ties fall to trust, the source's own order, its name and its key. So
    the result does not depend on the order in which the records came or stand.

    Args:
        records: All of one kind; none gives an empty golden record.
        pins: Field → plain value.
        rules: Whose survivorship decides.
    """
    said = _Ranking(records, rules)
    values: Plain = {}
    provenance: dict[str, tuple[int, ...]] = {}
    for field in GOLDEN_FIELDS:
        if field in pins:
            values[field] = pins[field]
            provenance[field] = ()
        elif field in said.told:
            take = _take_list if field in LISTS else _take_one
            take(field, said.telling(field), values, provenance)
    _read_from_document(values, provenance)
    return Golden(values, provenance)


def _take_one(
    field: str,
    telling: Sequence[Telling],
    values: Plain,
    provenance: dict[str, tuple[int, ...]],
) -> None:
    """Keep the best of the values that records tell."""
    first: str = telling[0][1]
    if len(telling) == 1 or len({value for _, value in telling}) == 1:
        values[field], provenance[field] = first, tuple([record.id for record, _ in telling])
        return
    ranked = sorted(
        [
            Candidate((record.id,), value, value.casefold(), not _is_doubtful(field, value))
            for record, value in telling
        ],
        key=_is_invalid,
    )
    values[field] = ranked[0].value
    provenance[field] = _sayers(
        [each for each in ranked if each.comparable == ranked[0].comparable]
    )


def _is_doubtful(field: str, value: str) -> bool:
    """A day that forms are filled with when nobody knows is worth less than a real one."""
    return field.endswith(("_date", "_on")) and (
        len(value) < 10 or identity.is_placeholder_date(value)
    )


def _is_invalid(candidate: Candidate) -> bool:
    return not candidate.is_valid


class _Ranking:
    """The records of a customer, the one to be believed first in front; ranked once per order of the rules."""

    def __init__(self, records: Iterable[SourceRecord], rules: RuleSet) -> None:
        self._records, self._rules = list(records), rules
        self._places: dict[tuple[str, ...], dict[int, int]] = {}
        self.told: dict[str, list[Telling]] = {}
        """Field → the records that tell something of it, and what, in no order."""
        for record in self._records:
            for field, value in vars(record.identity).items():
                if value and field in self.told:
                    self.told[field].append((record, value))
                elif value:
                    self.told[field] = [(record, value)]

    def telling(self, field: str) -> list[Telling]:
        """Those that tell something of a field, in order."""
        telling = self.told[field]
        if len(telling) == 1:
            return telling
        order = self._rules.survivorship.order_for(field)
        places = self._places.get(order)
        if places is None:
            ranked = sorted(self._records, key=lambda record: self._rank(record, order))
            places = self._places[order] = {each.id: place for place, each in enumerate(ranked)}
        if len(telling) > 2:
            return sorted(telling, key=lambda told: places[told[0].id])
        one, other = telling
        return telling if places[one[0].id] < places[other[0].id] else [other, one]

    def _rank(self, record: SourceRecord, order: tuple[str, ...]) -> tuple[Any, ...]:
        trust = -self._rules.trust_of(record.source_system)
        by = {"trust": trust, "recency": -record.said_at.timestamp()}
        return (
            *(by[word] for word in order),
            trust,
            -(record.source_version or 0),
            record.source_system,
            record.stored_key,
        )


def _take_list(
    field: str,
    telling: Sequence[Telling],
    values: Plain,
    provenance: dict[str, tuple[int, ...]],
) -> None:
    """Keep the best of equal values; of one group (a kind) no invalid value beside a valid one."""
    found = candidates_of(field, telling)
    if len(found) == 1:
        values[field], provenance[f"{field}[0]"] = [found[0].value], found[0].sayers
        return
    equal: dict[tuple[str, Hashable], list[Candidate]] = {}
    for candidate in sorted(found, key=_is_invalid):
        equal.setdefault((candidate.group, candidate.comparable), []).append(candidate)
    # The best first; but a legal name stands before the others, however they were won.
    winners = sorted(_winners(field, equal.values()), key=lambda same: same[0].group != "legal")
    values[field] = [same[0].value for same in winners]
    for place, same in enumerate(winners):
        provenance[f"{field}[{place}]"] = _sayers(same)


def _sayers(same: Sequence[Candidate]) -> tuple[int, ...]:
    """Who says one value, the one whose words were taken first."""
    if len(same) == 1:
        return same[0].sayers
    return tuple(dict.fromkeys([sayer for candidate in same for sayer in candidate.sayers]))


def _winners(field: str, equal: Collection[list[Candidate]]) -> Iterator[list[Candidate]]:
    """Of candidates that are equal to each other, the best first, those that stay."""
    groups_with_valid = {same[0].group for same in equal if same[0].is_valid}
    single: set[str] = set()
    for same in equal:
        best = same[0]
        is_beaten = not best.is_valid and best.group in groups_with_valid
        if is_beaten or best.group in single:
            continue
        if _keeps_one(field, best.group):
            single.add(best.group)
        yield same


def _keeps_one(field: str, group: str) -> bool:
    """Of these a customer has one: a legal name, a home, a resident id."""
    if field == "documents":
        return identity.DOCUMENT_KINDS[group].single_valued
    return field == "addresses" or (field == "names" and group in ("legal", "latin", "short"))


def _read_from_document(values: Plain, provenance: dict[str, tuple[int, ...]]) -> None:
    """A valid resident id tells birth date and sex where no record states them.

    Source: GB 11643-1999 clause 4: digits 7–14 are the birth date, digit 17 is odd for men.
    """
    if "birth_date" in values and "sex" in values:
        return
    for place, document in enumerate(values.get("documents", ())):
        if document["kind"] != "cn_resident_id" or not document.get("valid"):
            continue
        number = identity.document_number_of(
            Document(kind=document["kind"], number=document["number"])
        )
        for field, told in (("birth_date", number.birth_date), ("sex", number.sex)):
            if told is not None and field not in values:
                values[field] = told
                provenance[field] = provenance.get(f"documents[{place}]", ())
