"""Wider blocking keys for whole files: one attribute alone, worth it where few records share its value."""

from collections.abc import Iterator

from ecif.matching import Features


def wider_keys(features: Features) -> tuple[str, ...]:
    """Single attributes of one record, plain, distinct and sorted; blocks of them are used smallest first."""
    of_kind = _organisation_keys if features.kind == "organisation" else _person_keys
    return tuple(sorted(set(of_kind(features))))


def _person_keys(features: Features) -> Iterator[str]:
    yield from (f"born:{birth.date}" for birth in features.births)
    yield from (f"number:{phone}" for phone in features.phones)
    for form in features.persons:
        parts = [part for part in (form.family_sound, form.given_sound) if part]
        yield from (f"part:{part}" for part in parts)
        for address in features.addresses:
            if address.postcode:
                yield from (f"postcode+initial:{address.postcode}:{part[0]}" for part in parts)


def _organisation_keys(features: Features) -> Iterator[str]:
    for form in features.organisations:
        yield from (f"word:{token}" for token in form.tokens)
    for address in features.addresses:
        if address.street:
            yield f"street:{address.street[:5]}"
        if address.postcode:
            yield f"postcode:{address.postcode}"
