"""Identity: what one record can say about a person or an organisation, frozen as it was said."""

import re
from calendar import monthrange
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ecif.identity.document_kinds import is_known_kind

MAX_FIELD_CHARACTERS = 1_000
MAX_LIST_ITEMS = 50

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("contains a control character")
    return text


def _calendar_date(text: str) -> str:
    found = _PARTIAL_DATE.fullmatch(text)
    if found is None:
        raise ValueError("is not a date of the form YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    if not (year >= 1000 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        raise ValueError("is not a day of the calendar")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_FIELD_CHARACTERS),
    AfterValidator(_without_control_characters),
]
"""One line of text as a source wrote it: trimmed, not empty, no control characters."""


def _kind_of_the_catalogue(slug: str) -> str:
    if not is_known_kind(slug):
        raise ValueError("is not a document kind of the catalogue")
    return slug


DocumentSlug = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64),
    AfterValidator(_kind_of_the_catalogue),
]
"""A kind of document, by its slug in the catalogue."""

PartialDate = Annotated[
    str,
    StringConstraints(max_length=10),
    AfterValidator(_calendar_date),
    Field(json_schema_extra={"pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}),
]
"""A calendar day, month or year as `YYYY-MM-DD`, `YYYY-MM` or `YYYY` (ISO 8601)."""

Sex = Literal["male", "female", "other"]


class Fact(BaseModel):
    """A frozen part of an identity; a word it does not know is refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Name(Fact):
    """One name: either written out in `full`, or in parts, or both."""

    kind: Literal["legal", "latin", "former", "alias", "short"] = "legal"
    full: Text | None = None
    given: Text | None = None
    middle: Text | None = None
    family: Text | None = None
    second_family: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Name":
        if not (self.full or self.given or self.family):
            raise ValueError("a name needs `full`, `given` or `family`")
        return self


class Document(Fact):
    """One identity document: a kind of the catalogue, its number as the source wrote it."""

    kind: DocumentSlug
    number: Text
    issuer: Text | None = None
    issued_on: PartialDate | None = None
    expires_on: PartialDate | None = None


class Phone(Fact):
    """A telephone number as the source wrote it."""

    kind: Literal["mobile", "home", "work", "fax", "other"] = "mobile"
    number: Text


class Email(Fact):
    """An e-mail address as the source wrote it."""

    kind: Literal["personal", "work", "other"] = "personal"
    address: Text


class Address(Fact):
    """A postal address: structured, or free in `line`, or both."""

    kind: Literal["home", "work", "registered", "mailing", "other"] = "home"
    country: Text | None = None
    region: Text | None = None
    city: Text | None = None
    district: Text | None = None
    street_no: Text | None = None
    line: Text | None = None
    line2: Text | None = None
    postcode: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Address":
        if not (
            self.line or self.city or self.region or self.district or self.postcode or self.line2
        ):
            raise ValueError("an address needs a line, a place or a postcode")
        return self


def _small(extra: dict[str, Any]) -> dict[str, Any]:
    if len(extra) > MAX_LIST_ITEMS:
        raise ValueError(f"has more than {MAX_LIST_ITEMS} entries")
    for key, value in extra.items():
        if not isinstance(value, (str, int, float, bool, type(None))):
            raise ValueError(f"{key!r} is neither text, number, true/false nor null")
        if len(key) > MAX_FIELD_CHARACTERS or (
            isinstance(value, str) and len(value) > MAX_FIELD_CHARACTERS
        ):
            raise ValueError(f"an entry is longer than {MAX_FIELD_CHARACTERS} characters")
        _without_control_characters(key)
        if isinstance(value, str):
            _without_control_characters(value)
    return extra


Extra = Annotated[dict[str, Any], AfterValidator(_small)]
"""What a source says beyond this model: kept, never matched. At most 50 plain values."""


class _Said(Fact):
    """What persons and organisations have in common."""

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_LIST_ITEMS)]
    documents: Annotated[tuple[Document, ...], Field(max_length=MAX_LIST_ITEMS)] = ()
    phones: Annotated[tuple[Phone, ...], Field(max_length=MAX_LIST_ITEMS)] = ()
    emails: Annotated[tuple[Email, ...], Field(max_length=MAX_LIST_ITEMS)] = ()
    addresses: Annotated[tuple[Address, ...], Field(max_length=MAX_LIST_ITEMS)] = ()
    extra: Extra = Field(default_factory=dict)


class Person(_Said):
    """What one record says about a natural person."""

    kind: Literal["person"] = "person"
    birth_date: PartialDate | None = None
    birth_date_raw: Text | None = None
    sex: Sex | None = None
    nationality: Text | None = None
    employer: Text | None = None
    occupation: Text | None = None


class Organisation(_Said):
    """What one record says about a company or another body."""

    kind: Literal["organisation"] = "organisation"
    established_on: PartialDate | None = None
    established_on_raw: Text | None = None
    legal_representative: Text | None = None
    industry: Text | None = None
    country: Text | None = None


Identity = Person | Organisation
"""What can be said about a customer."""


def identity_of(plain: dict[str, Any]) -> Identity:
    """Read an identity back from its plain form (`model_dump`); the plain form was validated before."""
    return (
        Organisation.model_validate(plain)
        if plain.get("kind") == "organisation"
        else Person.model_validate(plain)
    )
