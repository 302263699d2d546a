"""What records say, value by value: the words, the comparable form, and whether it is valid."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ecif import identity
from ecif.customers.records import SourceRecord
from ecif.identity import Address, Document, Email, Name, Phone

Plain = dict[str, Any]


Telling = tuple[SourceRecord, Any]
"""A record and what it tells of one field: a text, or a tuple of facts."""


class Candidate(NamedTuple):
    """One value: the ids of the records that say it so, its words, its comparable form, and whether it is valid."""

    sayers: tuple[int, ...]
    value: Any
    comparable: Hashable
    is_valid: bool
    group: str = ""


_candidate = partial(tuple.__new__, Candidate)
"""A `Candidate` of its five parts, without the round about names: every derivation makes some ten."""


def candidates_of(field: str, telling: Sequence[Telling]) -> list[Candidate]:
    """The values of a list that records tell; records that follow each other and tell the same are read once."""
    record, facts = telling[0]
    is_company_name = field == "names" and record.identity.kind == "organisation"
    read = _organisation_names if is_company_name else LISTS[field]
    if len(telling) == 1:
        return read((record.id,), facts)
    found, sayers = list[Candidate](), [record.id]
    for other, said in telling[1:]:
        if _are_equal(facts, said):
            sayers.append(other.id)
        else:
            found += read(tuple(sayers), facts)
            facts, sayers = said, [other.id]
    return found + read(tuple(sayers), facts)


def _are_equal(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return [*map(vars, some)] == [*map(vars, others)]


def _person_names(sayers: tuple[int, ...], names: Sequence[Name]) -> list[Candidate]:
    return [
        _candidate((sayers, _plain(name), identity.person_name_of(name).written, True, name.kind))
        for name in names
    ]


def _organisation_names(sayers: tuple[int, ...], names: Sequence[Name]) -> list[Candidate]:
    return [
        _candidate(
            (sayers, _plain(name), identity.organisation_name_of(name).normal, True, name.kind)
        )
        for name in names
    ]


def _documents(sayers: tuple[int, ...], documents: Sequence[Document]) -> list[Candidate]:
    found = []
    for document in documents:
        number = identity.document_number_of(document)
        value = _plain(document)
        value["number"] = _current_form(document, number)
        value["valid"] = number.valid
        found.append(_candidate((sayers, value, number.line, number.valid, document.kind)))
    return found


def _current_form(document: Document, number: identity.DocumentNumber) -> str:
    """A valid number in its normal form; a resident id of 15 digits in the 18 that succeeded it; else as written."""
    if not number.valid:
        return document.number
    return number.line if number.kind == "cn_resident_id" else number.normal


def _phones(sayers: tuple[int, ...], phones: Sequence[Phone]) -> list[Candidate]:
    found = []
    for phone in phones:
        number = identity.phone_of(phone.number)
        value = _plain(phone)
        if number.valid:
            value["number"] = number.normal
        found.append(_candidate((sayers, value, number.normal, number.valid, "")))
    return found


def _emails(sayers: tuple[int, ...], emails: Sequence[Email]) -> list[Candidate]:
    found = []
    for email in emails:
        read = identity.email_of(email.address)
        value = _plain(email)
        if read.valid:
            value["address"] = read.normal
        found.append(_candidate((sayers, value, read.normal, read.valid, "")))
    return found


def _addresses(sayers: tuple[int, ...], addresses: Sequence[Address]) -> list[Candidate]:
    return [
        _candidate(
            (sayers, _plain(address), identity.address_of(address).normal, True, address.kind)
        )
        for address in addresses
    ]


LISTS: Mapping[str, Callable[[tuple[int, ...], Sequence[Any]], list[Candidate]]] = {
    "names": _person_names,
    "documents": _documents,
    "phones": _phones,
    "emails": _emails,
    "addresses": _addresses,
}
"""Golden fields that are lists, and how each is read; names of organisations are read in their own way."""


def _plain(fact: Any) -> Plain:
    """Its words by field; every one of them is text."""
    return {name: value for name, value in vars(fact).items() if value is not None}
