"""Blocking keys: conjunctions that a person would try; records that share none are never compared."""

from collections.abc import Iterator
from itertools import chain, islice, product

from ecif.matching.forms import AddressForm, Features, OrganisationForm, PersonForm

MAX_KEYS = 16
STREET_LETTERS = 5


def keys_of(features: Features) -> tuple[str, ...]:
    """The blocking keys of one record, plain, distinct and sorted.

    Every key starts with the word of its kind, so keys of two kinds never collide. Every document has one,
    also beyond `MAX_KEYS`.
    """
    documents = dict.fromkeys(f"document:{form.series}:{form.line}" for form in features.documents)
    of_kind = _organisation_keys if features.kind == "organisation" else _person_keys
    other = dict.fromkeys(of_kind(features))
    room = max(0, MAX_KEYS - len(documents))
    return tuple(sorted(chain(documents, islice(other, room))))


def refined_keys(key: str, features: Features) -> tuple[str, ...]:
    """A key that too many records share, refined by one more attribute of this record, in several ways.

    Two records of an oversized block are compared when one of their refined keys agrees.
    """
    more = chain(
        (f"year:{birth.date[:4]}" for birth in features.births),
        (f"day:{birth.date[5:]}" for birth in features.births if birth.date[5:]),
        (f"phone:{phone}" for phone in features.phones),
        (f"email:{email}" for email in features.emails),
        (f"city:{form.city}" for form in features.addresses if form.city),
        (f"place:{place}" for form in features.addresses for place in places(form)),
        (f"document:{form.line}" for form in features.documents),
        (f"name:{order_free(form.sound)}" for form in features.persons),
        (f"name:{form.core}" for form in features.organisations),
        (f"employer:{features.employer.core}" for _ in range(1) if features.employer),
    )
    return tuple(sorted({f"{key}|{attribute}" for attribute in more}))


def _person_keys(features: Features) -> Iterator[str]:
    """The most telling first: `MAX_KEYS` cuts from the end."""
    for form, birth in product(features.persons, features.births):
        yield from [f"initial+born:{initial}:{birth.date}" for initial in initials(form)]
    for form in features.persons:
        told = name_parts(form)
        yield from [f"phone+part:{phone}:{part}" for phone in features.phones for part in told]
        yield f"name:{order_free(form.sound)}"
    yield from [f"email:{email}" for email in features.emails]
    for form in features.persons:
        yield from _name_and_birth_keys(form, features)
    for form, address in product(features.persons, features.addresses):
        yield from _name_and_address_keys(form, address)
    for form in features.persons:
        if not form.is_han:
            yield from _noisy_keys(form, features)
    yield from [f"local:{email.partition('@')[0]}" for email in features.emails]


def _name_and_birth_keys(form: PersonForm, features: Features) -> Iterator[str]:
    if form.is_han:
        kinds, parts = ("name+year", "name+day"), [order_free(form.sound)]
    else:
        kinds, parts = ("part+year", "part+day"), [skeleton(part) for part in name_parts(form)]
    for birth in features.births:
        year, day = birth.date[:4], birth.date[5:]
        for part in parts:
            yield f"{kinds[0]}:{part}:{year}"
            if day:
                yield f"{kinds[1]}:{part}:{day}"


def _name_and_address_keys(form: PersonForm, address: AddressForm) -> Iterator[str]:
    if form.is_han:
        yield from (
            f"place+part:{place}:{part}"
            for place, part in product(places(address), name_parts(form))
        )
        return
    yield from (f"place:{place}" for place in places(address))
    if address.postcode and address.numbers:
        yield f"postcode+number:{address.postcode}:{address.numbers[0]}"


def _noisy_keys(form: PersonForm, features: Features) -> Iterator[str]:
    """For names in letters, which are misspelt more often, left out by half, and keyed in with little else."""
    skeletons = sorted(map(skeleton, name_parts(form)))
    if len(skeletons) > 1:
        yield f"parts:{'+'.join(skeletons)}"
    for city in dict.fromkeys(address.city for address in features.addresses if address.city):
        yield from (f"born+city:{birth.date}:{city}" for birth in features.births)
        yield from (f"part+city:{told}:{city}" for told in skeletons)


def _organisation_keys(features: Features) -> Iterator[str]:
    yield from (f"phone:{phone}" for phone in features.phones)
    yield from (f"email:{email}" for email in features.emails)
    for form in features.organisations:
        yield from _organisation_name_keys(form, features)
    for address in features.addresses:
        yield from (f"place:{place}" for place in places(address))
        if address.postcode and address.numbers:
            yield f"postcode+number:{address.postcode}:{address.numbers[0]}"


def _organisation_name_keys(form: OrganisationForm, features: Features) -> Iterator[str]:
    start = form.tokens[0] if form.tokens else form.core[:2]
    yield f"core:{form.core}"
    yield f"sound:{form.sound}"
    if len(form.tokens) > 1:
        yield f"words:{'+'.join(sorted(form.tokens[:2]))}"
    if features.representative:
        yield f"start+head:{start}:{features.representative.sound}"
    for address in features.addresses:
        area = address.postcode or address.city
        if area:
            yield f"start+area:{start}:{area}"
        if address.city and area != address.city:
            yield f"start+area:{start}:{address.city}"


def places(address: AddressForm) -> Iterator[str]:
    """The door, in ways that survive a shortened address or a typing error in the street's end."""
    if not address.numbers:
        return
    if address.street:
        yield f"{address.street[:STREET_LETTERS]}:{address.numbers[-1]}"
    if address.estate and len(address.numbers) > 1:
        yield f"{address.estate}:{address.numbers[-1]}"


def name_parts(form: PersonForm) -> list[str]:
    """How the family name and the given name sound, as far as they are told."""
    family, given = form.family_sound, form.given_sound
    if family and given and family != given:
        return [family, given]
    return [family or given] if family or given else []


def initials(form: PersonForm) -> list[str]:
    """The first letters of both, distinct."""
    return list(dict.fromkeys(part[0] for part in name_parts(form)))


def order_free(sound: str) -> str:
    """The letters in order of the alphabet: equal whichever part comes first and wherever it is split."""
    return "".join(sorted(sound))


def skeleton(part: str) -> str:
    """First letter and consonants, doubled ones once: equal for most typing errors and spellings."""
    kept = [letter for letter in part[1:] if letter not in "aeiouhwy"]
    return part[0] + "".join(
        letter for place, letter in enumerate(kept) if place == 0 or letter != kept[place - 1]
    )
