"""What records say, value by value: the words, the comparable form, and whether it is valid."""

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ecif import identity
from ecif.customers.records import SourceRecord
from ecif.identity import Document, Name

Plain = dict[str, Any]


class Candidate(NamedTuple):
    """One value that one record says: its words, its comparable form, and whether it is valid."""

    record: SourceRecord
    place: int
    value: Any
    comparable: Hashable
    is_valid: bool
    group: str = ""


_candidate = partial(tuple.__new__, Candidate)
"""A `Candidate` of its six parts, without the round about names: every derivation makes some twenty."""


def _names(record: SourceRecord) -> list[Candidate]:
    return [
        _candidate((record, place, _plain(name), _comparable_name(record, name), True, name.kind))
        for place, name in enumerate(record.identity.names)
    ]


def _comparable_name(record: SourceRecord, name: Name) -> str:
    if record.identity.kind == "organisation":
        return identity.organisation_name_of(name).normal
    return identity.person_name_of(name).written


def _documents(record: SourceRecord) -> list[Candidate]:
    found = []
    for place, document in enumerate(record.identity.documents):
        number = identity.document_number_of(document)
        value = _plain(document)
        value["number"] = _current_form(document, number)
        value["valid"] = number.valid
        found.append(_candidate((record, place, value, number.line, number.valid, document.kind)))
    return found


def _current_form(document: Document, number: identity.DocumentNumber) -> str:
    """A valid number in its normal form; a resident id of 15 digits in the 18 that succeeded it; else as written."""
    if not number.valid:
        return document.number
    return number.line if number.kind == "cn_resident_id" else number.normal


def _phones(record: SourceRecord) -> list[Candidate]:
    found = []
    for place, phone in enumerate(record.identity.phones):
        number = identity.phone_of(phone.number)
        value = _plain(phone)
        if number.valid:
            value["number"] = number.normal
        found.append(_candidate((record, place, value, number.normal, number.valid, "")))
    return found


def _emails(record: SourceRecord) -> list[Candidate]:
    found = []
    for place, email in enumerate(record.identity.emails):
        read = identity.email_of(email.address)
        value = _plain(email)
        if read.valid:
            value["address"] = read.normal
        found.append(_candidate((record, place, value, read.normal, read.valid, "")))
    return found


def _addresses(record: SourceRecord) -> list[Candidate]:
    return [
        _candidate(
            (
                record,
                place,
                _plain(address),
                identity.address_of(address).normal,
                True,
                address.kind,
            )
        )
        for place, address in enumerate(record.identity.addresses)
    ]


LISTS: Mapping[str, Callable[[SourceRecord], list[Candidate]]] = {
    "names": _names,
    "documents": _documents,
    "phones": _phones,
    "emails": _emails,
    "addresses": _addresses,
}
"""Golden fields that are lists, and how each is read from a record."""


def _plain(fact: Any) -> Plain:
    """Its words by field; every one of them is text."""
    return {name: value for name, value in vars(fact).items() if value is not None}
