"""What the words of a file mean: a sex, a kind of customer, a fact, an address, a permit."""

from collections.abc import Mapping
from typing import Any

from ecif.identity.column_texts import RowRefused
from ecif.identity.column_words import (
    ADDRESS_PARTS,
    NAME_PARTS,
    ORGANISATION_FACTS,
    PERSON_FACTS,
)
from ecif.identity.documents import document_number_of
from ecif.identity.profile import Document

_KINDS = {
    "person": "person",
    "individual": "person",
    "org": "organisation",
    "organisation": "organisation",
    "organization": "organisation",
    "company": "organisation",
}
_SEXES = {
    "m": "male",
    "male": "male",
    "男": "male",
    "1": "male",
    "f": "female",
    "female": "female",
    "女": "female",
    "2": "female",
    "other": "other",
}
"""Source: ISO/IEC 5218 and GB/T 2261.1 for the digits."""


def sex_of(text: str) -> str | None:
    """A sex as files write it; None for another word."""
    return _SEXES.get(text.lower())


def kind_of(told: Mapping[str, str]) -> str:
    """Whether a row tells of a person or an organisation.

    Raises:
        RowRefused: Its `entity_type` is no word for either.
    """
    word = told.get("entity_type")
    if word is None:
        is_person = not told.keys().isdisjoint(NAME_PARTS)
        return "organisation" if "org_name" in told and not is_person else "person"
    kind = _KINDS.get(word.lower())
    if kind is None:
        raise RowRefused("entity_type", "is neither `person` nor `org`")
    return kind


def tell_person(told: Mapping[str, str], plain: dict[str, Any], extra: dict[str, Any]) -> None:
    """Write down what a row tells about a person besides names, days and what can be told several times.

    Args:
        told: Word → text.
        plain: Receives the facts, not yet validated.
        extra: Receives what is kept but not understood.
    """
    for word, field in PERSON_FACTS.items():
        if word in told:
            plain[field] = told[word]
    if "gender" in told:
        sex = sex_of(told["gender"])
        if sex is None:
            extra["gender"] = told["gender"]
        plain["sex"] = sex
    if "birth_date_raw" in told:
        plain["birth_date_raw"] = told["birth_date_raw"]


def tell_organisation(told: Mapping[str, str], plain: dict[str, Any]) -> None:
    """The same about an organisation."""
    for word, field in ORGANISATION_FACTS.items():
        if word in told:
            plain[field] = told[word]


def addresses_told(told: Mapping[str, str], kind: str) -> list[dict[str, str]]:
    """The postal address that a row tells, plain and not yet validated; none where it tells no place and no line."""
    address: dict[str, str] = {}
    for word, part in ADDRESS_PARTS.items():
        if word in told:
            address.setdefault(part, told[word])
    if not address.keys() - {"country", "street_no"}:
        return []
    if "address" in told and "street" in told:
        address["line2"] = " ".join(filter(None, (told["street"], told.get("address2"))))
    return [{"kind": "home" if kind == "person" else "registered", **address}]


def is_of_taiwan(number: str) -> bool:
    """A travel permit whose number only a resident of Taiwan can hold."""
    permits = (
        document_number_of(Document.model_construct(kind=kind, number=number))
        for kind in ("taiwan_permit", "hk_macao_permit")
    )
    return next(permits).valid and not next(permits).valid
