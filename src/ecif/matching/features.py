"""Identity → the forms that are compared, and its blocking keys; computed once per record."""

from collections.abc import Iterable
from typing import TypeVar

from ecif.identity import (
    Address,
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
    return told._replace(keys=keys_of(told))


def forms_of(identity: Identity) -> Features:
    """The comparable forms of one record, without its blocking keys."""
    numbers = tuple(document_number_of(document) for document in identity.documents)
    emails = [email_of(email.address) for email in identity.emails]
    said = Features(
        kind=identity.kind,
        documents=_distinct(
            _document_form(number) for number in numbers if number.flag != "placeholder"
        ),
        phones=_distinct(phone_of(phone.number).normal for phone in identity.phones),
        emails=_distinct(email.normal for email in emails if email.valid),
        addresses=_distinct(_address_form(address) for address in identity.addresses),
        weak=is_weak(identity),
    )
    if isinstance(identity, Organisation):
        return _with_organisation(said, identity)
    return _with_person(said, identity, numbers)


def _with_person(said: Features, person: Person, numbers: tuple[DocumentNumber, ...]) -> Features:
    proven = [number for number in numbers if number.valid]
    shown = {number.birth_date for number in proven if number.birth_date}
    dates = dict.fromkeys(filter(None, (person.birth_date, *sorted(shown))))
    return said._replace(
        persons=_distinct(_person_form(name) for name in person.names),
        births=tuple(BirthForm(date, date == person.birth_date, date in shown) for date in dates),
        sex=person.sex or next((number.sex for number in proven if number.sex), None),
        sex_told=person.sex is not None,
        employer=_organisation_form(Name(full=person.employer)) if person.employer else None,
    )


def _with_organisation(said: Features, organisation: Organisation) -> Features:
    head = organisation.legal_representative
    return said._replace(
        organisations=_distinct(_organisation_form(name) for name in organisation.names),
        births=_established(organisation.established_on),
        representative=_person_form(Name(full=head)) if head else None,
    )


def _established(date: str | None) -> tuple[BirthForm, ...]:
    return (BirthForm(date, told=True, proven=False),) if date else ()


def _document_form(number: DocumentNumber) -> DocumentForm:
    return DocumentForm(_SERIES.get(number.kind, number.kind), number.line, number.valid)


def _person_form(name: Name) -> PersonForm:
    known = person_name_of(name)
    syllables = known.pinyin.split()
    if known.hanzi:
        family_sound = "".join(syllables[: len(known.family)])
        given_sound = "".join(syllables[len(known.family) :])
    else:
        family_sound, given_sound = _letters(known.family), _letters(known.given)
    sound = "".join(syllables) or family_sound + given_sound
    return PersonForm(
        known.family, known.given, family_sound, given_sound, sound, is_han=bool(known.hanzi)
    )


def _organisation_form(name: Name) -> OrganisationForm:
    known = organisation_name_of(name)
    sound = "".join(known.pinyin.split())
    return OrganisationForm(
        known.normal, known.core, known.region, known.branch, sound, known.tokens
    )


def _address_form(address: Address) -> AddressForm:
    known = address_of(address)
    return AddressForm(
        known.region,
        known.city,
        known.district,
        known.street,
        known.numbers,
        known.normal,
        known.postcode,
        known.estate,
    )


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


def _distinct(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
