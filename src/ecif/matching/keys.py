"""Blocking keys: conjunctions that a person would try; records that share none are never compared."""

from collections.abc import Iterator
from itertools import product

from ecif.matching.forms import AddressForm, Features, OrganisationForm, PersonForm

MAX_KEYS = 16


def keys_of(features: Features) -> tuple[str, ...]:
    """The blocking keys of one record, plain, distinct and sorted.

    Every key starts with the word of its kind, so keys of two kinds never collide. Every valid document
    has one. Beyond `MAX_KEYS` only documents add more.
    """
    documents = [f"document:{form.series}:{form.line}" for form in features.documents]
    other = (
        _organisation_keys(features) if features.kind == "organisation" else _person_keys(features)
    )
    room = max(0, MAX_KEYS - len(documents))
    return tuple(sorted({*documents, *list(dict.fromkeys(other))[:room]}))


def refined_keys(key: str, features: Features) -> tuple[str, ...]:
    """A key that too many records share, refined by one more attribute of this record, in several ways.

    Two records of an oversized block are compared when one of their refined keys agrees.
    """
    more = [f"born:{birth.date[:7]}" for birth in features.births]
    more += [f"phone:{phone[-4:]}" for phone in features.phones]
    more += [f"email:{email}" for email in features.emails]
    more += [
        f"number:{'-'.join(sorted(form.numbers))}" for form in features.addresses if form.numbers
    ]
    more += [f"document:{form.line}" for form in features.documents]
    more += [f"name:{_order_free(form.sound)}" for form in features.persons]
    more += [f"name:{form.core}" for form in features.organisations]
    return tuple(sorted({f"{key}|{attribute}" for attribute in more if attribute}))


def _person_keys(features: Features) -> Iterator[str]:
    yield from (f"email:{email}" for email in features.emails)
    for form in features.persons:
        yield from _name_and_contact_keys(form, features)
    for form, birth in product(features.persons, features.births):
        yield from _name_and_birth_keys(form, birth.date)
    for form in features.persons:
        if not features.births and not features.phones and not features.addresses:
            yield f"name:{_order_free(form.sound)}"


def _name_and_birth_keys(form: PersonForm, born_on: str) -> Iterator[str]:
    year, day = born_on[:4], born_on[5:]
    yield f"name+year:{_order_free(form.sound)}:{year}"
    yield from (f"initial+born:{initial}:{born_on}" for initial in _initials(form))
    if day:
        yield f"name+day:{_order_free(form.sound)}:{day}"


def _name_and_contact_keys(form: PersonForm, features: Features) -> Iterator[str]:
    parts = [part for part in dict.fromkeys((form.family_sound, form.given_sound)) if part]
    yield from (f"phone+part:{phone}:{part}" for phone, part in product(features.phones, parts))
    for address in features.addresses:
        yield from (
            f"address+part:{place}:{part}" for place, part in product(_places(address), parts)
        )
        if address.city:
            yield f"name+city:{_order_free(form.sound)}:{address.city}"
    if features.employer:
        yield f"name+employer:{_order_free(form.sound)}:{features.employer.core}"


def _organisation_keys(features: Features) -> Iterator[str]:
    yield from (f"phone:{phone}" for phone in features.phones)
    yield from (f"email:{email}" for email in features.emails)
    for form in features.organisations:
        yield from _organisation_name_keys(form, features)
    for address in features.addresses:
        yield from (f"address:{place}" for place in _places(address))


def _organisation_name_keys(form: OrganisationForm, features: Features) -> Iterator[str]:
    yield f"core:{form.core}"
    yield f"sound:{form.sound}"
    if features.representative:
        yield f"core+head:{form.core[:2]}:{features.representative.sound}"
    for address in features.addresses:
        if address.city:
            yield f"start+city:{form.core[:2]}:{address.city}"


def _places(address: AddressForm) -> Iterator[str]:
    if address.street and address.numbers:
        yield f"{address.street}:{address.numbers[0]}"


def _initials(form: PersonForm) -> list[str]:
    return [
        initial
        for initial in dict.fromkeys((form.family_sound[:1], form.given_sound[:1]))
        if initial
    ]


def _order_free(sound: str) -> str:
    """The letters in order of the alphabet: equal whichever part comes first and wherever it is split."""
    return "".join(sorted(sound))
