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
    return told._replace(keys=keys_of(told))


def forms_of(identity: Identity) -> Features:
    """The comparable forms of one record, without its blocking keys."""
    papers = papers_of(identity.documents)
    said = Features(
        kind=identity.kind,
        documents=papers.documents,
        phones=_distinct(phone_of(phone.number).normal for phone in identity.phones),
        emails=_distinct(email_form(email.address) for email in identity.emails),
        addresses=_distinct(address_form(address) for address in identity.addresses),
        weak=is_weak(identity),
    )
    if isinstance(identity, Organisation):
        return _with_organisation(said, identity)
    return _with_person(said, identity, papers)


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
        _distinct(_document_form(number) for number in numbers if number.flag != "placeholder"),
        tuple(sorted({number.birth_date for number in proven if number.birth_date})),
        next((number.sex for number in proven if number.sex), None),
    )


def births_of(told: str | None, proven: tuple[str, ...]) -> tuple[BirthForm, ...]:
    """The birth date that a record tells, and those that its valid documents tell, each once."""
    dates = dict.fromkeys(filter(None, (told, *proven)))
    return tuple(BirthForm(date, date == told, date in proven) for date in dates)


def email_form(address: str) -> str:
    """An e-mail address as it is compared; "" for what is none."""
    known = email_of(address)
    return known.normal if known.valid else ""


def _with_person(said: Features, person: Person, papers: Papers) -> Features:
    return said._replace(
        persons=_distinct(person_form(name) for name in person.names),
        births=births_of(person.birth_date, papers.births),
        sex=person.sex or papers.sex,
        sex_told=person.sex is not None,
        employer=organisation_form(Name(full=person.employer)) if person.employer else None,
    )


def _with_organisation(said: Features, organisation: Organisation) -> Features:
    head = organisation.legal_representative
    return said._replace(
        organisations=_distinct(organisation_form(name) for name in organisation.names),
        births=births_of(organisation.established_on, ()),
        representative=person_form(Name(full=head)) if head else None,
    )


def _document_form(number: DocumentNumber) -> DocumentForm:
    return DocumentForm(_SERIES.get(number.kind, number.kind), number.line, number.valid)


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
    return PersonForm(
        known.family, known.given, family_sound, given_sound, sound, is_han=bool(known.hanzi)
    )


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
