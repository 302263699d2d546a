"""Identity → the forms that are compared, and its blocking keys; computed once per record."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from ecif.identity import (
    Address,
    Document,
    DocumentNumber,
    Identity,
    Name,
    Organisation,
    Person,
    address_of,
    document_number_of,
    email_of,
    is_weak,
    organisation_name_of,
    person_name_of,
    phone_of,
)
from ecif.matching.forms import (
    AddressForm,
    BirthForm,
    DocumentForm,
    Features,
    OrganisationForm,
    PersonForm,
)
from ecif.matching.keys import keys_of

_Value = TypeVar("_Value")

_SERIES = {"cn_org_code": "cn_uscc"}
"""A unified social credit code contains the organisation code it succeeds. Source: GB 32100-2015, clause 4."""


def features_of(identity: Identity) -> Features:
    """The comparable forms and blocking keys of one record.

    A birth date or sex that the record does not tell is taken from a valid identity number.
    """
    told = forms_of(identity)
    return tuple.__new__(Features, (*told[:-1], keys_of(told)))


def forms_of(identity: Identity) -> Features:
    """The comparable forms of one record, without its blocking keys."""
    if isinstance(identity, Organisation):
        return _of_organisation(identity)
    return _of_person(identity)


class Papers(NamedTuple):
    """What identity documents tell: their numbers as they are compared; dates of birth and a sex that are proven."""

    documents: tuple[DocumentForm, ...]
    births: tuple[str, ...]
    sex: str | None


def papers_of(documents: Iterable[Document]) -> Papers:
    """What the documents of one record tell; placeholders tell nothing."""
    numbers = [document_number_of(document) for document in documents]
    proven = [number for number in numbers if number.valid]
    return Papers(
        _distinct([_document_form(number) for number in numbers if number.flag != "placeholder"]),
        tuple(sorted({number.birth_date for number in proven if number.birth_date})),
        next((number.sex for number in proven if number.sex), None),
    )


def births_of(told: str | None, proven: tuple[str, ...]) -> tuple[BirthForm, ...]:
    """The birth date that a record tells, and those that its valid documents tell, each once."""
    dates = dict.fromkeys(filter(None, (told, *proven)))
    return tuple([tuple.__new__(BirthForm, (date, date == told, date in proven)) for date in dates])


def email_form(address: str) -> str:
    """An e-mail address as it is compared; "" for what is none."""
    known = email_of(address)
    return known.normal if known.valid else ""


def _of_person(person: Person) -> Features:
    papers, employer = papers_of(person.documents), person.employer
    return Features(
        kind=person.kind,
        persons=_distinct([person_form(name) for name in person.names]),
        documents=papers.documents,
        births=births_of(person.birth_date, papers.births),
        sex=person.sex or papers.sex,
        sex_told=person.sex is not None,
        phones=_phones(person),
        emails=_emails(person),
        addresses=_addresses(person),
        employer=organisation_form(Name(full=employer)) if employer else None,
        weak=is_weak(person),
    )


def _of_organisation(organisation: Organisation) -> Features:
    head = organisation.legal_representative
    return Features(
        kind=organisation.kind,
        organisations=_distinct([organisation_form(name) for name in organisation.names]),
        documents=papers_of(organisation.documents).documents,
        births=births_of(organisation.established_on, ()),
        phones=_phones(organisation),
        emails=_emails(organisation),
        addresses=_addresses(organisation),
        representative=person_form(Name(full=head)) if head else None,
        weak=is_weak(organisation),
    )


def _phones(identity: Identity) -> tuple[str, ...]:
    return _distinct([phone_of(phone.number).normal for phone in identity.phones])


def _emails(identity: Identity) -> tuple[str, ...]:
    return _distinct([email_form(email.address) for email in identity.emails])


def _addresses(identity: Identity) -> tuple[AddressForm, ...]:
    return _distinct([address_form(address) for address in identity.addresses])


def _document_form(number: DocumentNumber) -> DocumentForm:
    series = _SERIES.get(number.kind, number.kind)
    return tuple.__new__(DocumentForm, (series, number.line, number.valid))


def person_form(name: Name) -> PersonForm:
    """A name of a person as it is compared."""
    known = person_name_of(name)
    syllables = known.pinyin.split()
    if known.hanzi:
        family_sound = "".join(syllables[: len(known.family)])
        given_sound = "".join(syllables[len(known.family) :])
    else:
        family_sound, given_sound = _letters(known.family), _letters(known.given)
    sound = "".join(syllables) or family_sound + given_sound
    forms = known.family, known.given, family_sound, given_sound, sound, bool(known.hanzi)
    return tuple.__new__(PersonForm, forms)


def organisation_form(name: Name) -> OrganisationForm:
    """A name of an organisation as it is compared."""
    known = organisation_name_of(name)
    sound = "".join(known.pinyin.split())
    return OrganisationForm(
        known.normal, known.core, known.region, known.branch, sound, known.tokens
    )


def address_form(address: Address) -> AddressForm:
    """A postal address as it is compared."""
    known = address_of(address)
    forms = (
        known.region,
        known.city,
        known.district,
        known.street,
        known.numbers,
        known.normal,
        known.postcode,
        known.estate,
    )
    return tuple.__new__(AddressForm, forms)


def _letters(text: str) -> str:
    return text if text.isalpha() else "".join([letter for letter in text if letter.isalpha()])


def _distinct(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys([value for value in values if value]))
