"""Derivation: records, pins and rules in; the golden record and where each value comes from out."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecif import identity
from ecif.customers.candidates import LISTS, Candidate, Plain
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
        elif telling := said.telling(field):
            ranked = sorted(_candidates(field, telling), key=_is_invalid)
            if field not in LISTS:
                values[field] = ranked[0].value
                provenance[field] = _sayers(ranked[0], ranked)
            elif len(ranked) == 1:
                values[field] = [ranked[0].value]
                provenance[f"{field}[0]"] = _sayers(ranked[0], ranked)
            else:
                _take_list(field, ranked, values, provenance)
    _read_from_document(values, provenance)
    return Golden(values, provenance)


def _candidates(field: str, records: Sequence[SourceRecord]) -> list[Candidate]:
    read = LISTS.get(field)
    if read is not None:
        return [candidate for record in records for candidate in read(record)]
    told = ((record, getattr(record.identity, field)) for record in records)
    return [
        Candidate(record, 0, value, value.casefold(), not _is_doubtful(field, value))
        for record, value in told
    ]


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
        self._ranked: dict[tuple[str, ...], list[SourceRecord]] = {}
        self._telling: dict[str, list[SourceRecord]] = {}
        for record in self._records:
            for field, value in vars(record.identity).items():
                if value:
                    self._telling.setdefault(field, []).append(record)

    def telling(self, field: str) -> list[SourceRecord]:
        """Those that tell something of a field."""
        telling = self._telling.get(field, [])
        if len(telling) < 2:
            return telling
        order = self._rules.survivorship.order_for(field)
        ranked = self._ranked.get(order)
        if ranked is None:
            ranked = sorted(self._records, key=lambda record: self._rank(record, order))
            self._ranked[order] = ranked
        return [record for record in ranked if record in telling]

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
    field: str, ranked: Sequence[Candidate], values: Plain, provenance: dict[str, tuple[int, ...]]
) -> None:
    """Keep the best of equal values; of one group (a kind) no invalid value beside a valid one."""
    taken: dict[Hashable, Candidate] = {}
    groups_with_valid = {candidate.group for candidate in ranked if candidate.is_valid}
    single: set[str] = set()
    for candidate in ranked:
        is_beaten = not candidate.is_valid and candidate.group in groups_with_valid
        if (
            is_beaten
            or candidate.group in single
            or (candidate.group, candidate.comparable) in taken
        ):
            continue
        taken[candidate.group, candidate.comparable] = candidate
        if _keeps_one(field, candidate.group):
            single.add(candidate.group)
    # The best first; but a legal name stands before the others, however they were won.
    winners = sorted(taken.values(), key=lambda winner: winner.group != "legal")
    values[field] = [winner.value for winner in winners]
    for place, candidate in enumerate(winners):
        provenance[f"{field}[{place}]"] = _sayers(candidate, ranked)


def _keeps_one(field: str, group: str) -> bool:
    """Of these a customer has one: a legal name, a home, a resident id."""
    if field == "documents":
        return identity.DOCUMENT_KINDS[group].single_valued
    return field == "addresses" or (field == "names" and group in ("legal", "latin", "short"))


def _sayers(winner: Candidate, ranked: Sequence[Candidate]) -> tuple[int, ...]:
    if len(ranked) == 1:
        return (winner.record.id,)
    others = (
        candidate.record.id
        for candidate in ranked
        if (candidate.group, candidate.comparable) == (winner.group, winner.comparable)
    )
    return tuple(dict.fromkeys([winner.record.id, *others]))


def _read_from_document(values: Plain, provenance: dict[str, tuple[int, ...]]) -> None:
    """A valid resident id tells birth date and sex where no record states them.

    Source: GB 11643-1999 clause 4: digits 7–14 are the birth date, digit 17 is odd for men.
    """
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
