"""Derivation: records, pins and rules in; the golden record and where each value comes from out."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecif import identity
from ecif.customers.records import SourceRecord
from ecif.identity import Document, Name
from ecif.rules import RuleSet

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Golden:
    """The best current values of a customer, in the shape of a record.

    `provenance` names for each value, as `birth_date` or `phones[0]`, the ids of the records that say it, the
    one whose words were taken first; an empty tuple stands for a steward's pin.
    """

    values: Plain
    provenance: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One value that one record says: its words, its comparable form, and whether it is valid."""

    record: SourceRecord
    place: int
    value: Any
    comparable: Hashable
    is_valid: bool
    group: str = ""


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
    said = list(records)
    values: Plain = {}
    provenance: dict[str, tuple[int, ...]] = {}
    for field in GOLDEN_FIELDS:
        if field in pins:
            values[field] = pins[field]
            provenance[field] = ()
            continue
        ranked = _rank(_candidates(field, said), field, rules)
        if field in _LISTS:
            _take_list(field, ranked, values, provenance)
        elif ranked:
            values[field] = ranked[0].value
            provenance[field] = _sayers(ranked[0], ranked)
    _read_from_document(values, provenance)
    return Golden(values, provenance)


def _candidates(field: str, records: Sequence[SourceRecord]) -> list[_Candidate]:
    read = _LISTS.get(field)
    if read is not None:
        return [candidate for record in records for candidate in read(record)]
    found = ((record, getattr(record.identity, field, None)) for record in records)
    return [
        _Candidate(record, 0, value, value.casefold(), not _is_doubtful(field, value))
        for record, value in found
        if value is not None
    ]


def _is_doubtful(field: str, value: str) -> bool:
    """A day that forms are filled with when nobody knows is worth less than a real one."""
    return field.endswith(("_date", "_on")) and (
        len(value) < 10 or identity.is_placeholder_date(value)
    )


def _rank(candidates: list[_Candidate], field: str, rules: RuleSet) -> list[_Candidate]:
    order = rules.survivorship.order_for(field)

    def rank(candidate: _Candidate) -> tuple[Any, ...]:
        record = candidate.record
        trust = -rules.trust_of(record.source_system)
        by = {"trust": trust, "recency": -record.said_at.timestamp()}
        return (
            not candidate.is_valid,
            *(by[word] for word in order),
            trust,
            -(record.source_version or 0),
            record.source_system,
            record.stored_key,
            candidate.place,
        )

    return sorted(candidates, key=rank)


def _take_list(
    field: str, ranked: Sequence[_Candidate], values: Plain, provenance: dict[str, tuple[int, ...]]
) -> None:
    """Keep the best of equal values; of one group (a kind) no invalid value beside a valid one."""
    taken: dict[Hashable, _Candidate] = {}
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
    if taken:
        # Valid before invalid and the best first; the kinds in the order in which they were won.
        values[field] = [candidate.value for candidate in taken.values()]
        for place, candidate in enumerate(taken.values()):
            provenance[f"{field}[{place}]"] = _sayers(candidate, ranked)


def _keeps_one(field: str, group: str) -> bool:
    """Of these a customer has one: a legal name, a home, a resident id."""
    if field == "documents":
        return identity.DOCUMENT_KINDS[group].single_valued
    return field == "addresses" or (field == "names" and group in ("legal", "latin", "short"))


def _sayers(winner: _Candidate, ranked: Sequence[_Candidate]) -> tuple[int, ...]:
    others = (
        candidate.record.id
        for candidate in ranked
        if (candidate.group, candidate.comparable) == (winner.group, winner.comparable)
    )
    return tuple(dict.fromkeys([winner.record.id, *others]))


def _names(record: SourceRecord) -> list[_Candidate]:
    return [
        _Candidate(
            record,
            place,
            _plain(name),
            _comparable_name(record, name),
            is_valid=True,
            group=name.kind,
        )
        for place, name in enumerate(record.identity.names)
    ]


def _comparable_name(record: SourceRecord, name: Name) -> str:
    if record.identity.kind == "organisation":
        return identity.organisation_name_of(name).normal
    return identity.person_name_of(name).written


def _documents(record: SourceRecord) -> list[_Candidate]:
    found = []
    for place, document in enumerate(record.identity.documents):
        number = identity.document_number_of(document)
        value = _plain(document) | {
            "number": _current_form(document, number),
            "valid": number.valid,
        }
        found.append(
            _Candidate(record, place, value, number.line, number.valid, group=document.kind)
        )
    return found


def _current_form(document: Document, number: identity.DocumentNumber) -> str:
    """A valid number in its normal form; a resident id of 15 digits in the 18 that succeeded it; else as written."""
    if not number.valid:
        return document.number
    return number.line if number.kind == "cn_resident_id" else number.normal


def _phones(record: SourceRecord) -> list[_Candidate]:
    found = []
    for place, phone in enumerate(record.identity.phones):
        number = identity.phone_of(phone.number)
        value = _plain(phone) | ({"number": number.normal} if number.valid else {})
        found.append(_Candidate(record, place, value, number.normal, number.valid))
    return found


def _emails(record: SourceRecord) -> list[_Candidate]:
    found = []
    for place, email in enumerate(record.identity.emails):
        read = identity.email_of(email.address)
        value = _plain(email) | ({"address": read.normal} if read.valid else {})
        found.append(_Candidate(record, place, value, read.normal, read.valid))
    return found


def _addresses(record: SourceRecord) -> list[_Candidate]:
    return [
        _Candidate(
            record,
            place,
            _plain(address),
            identity.address_of(address).normal,
            is_valid=True,
            group=address.kind,
        )
        for place, address in enumerate(record.identity.addresses)
    ]


_LISTS: Mapping[str, Callable[[SourceRecord], list[_Candidate]]] = {
    "names": _names,
    "documents": _documents,
    "phones": _phones,
    "emails": _emails,
    "addresses": _addresses,
}


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


def _plain(fact: Any) -> Plain:
    plain: Plain = fact.model_dump(mode="json", exclude_none=True)
    return plain
