"""What callers send: source records in the shape of the contract, and the bodies that several doors share."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from ecif.customers import NewRecord, is_customer_number
from ecif.identity import Identity, Organisation, Person

_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MAX_VERSION: Final = 2**63 - 1


def _moment(written: Any) -> Any:
    if isinstance(written, datetime):
        return written
    # A plus sign that was not escaped in a query arrives as a blank.
    text = written.replace(" ", "+") if isinstance(written, str) else ""
    if _RFC3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("is not a time such as 2026-01-31T12:00:00Z")


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("contains a control character")
    return text


def _number(text: str) -> str:
    if not is_customer_number(text):
        raise ValueError("is not a customer number: eleven digits, the last one checks the others")
    return text


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A moment as RFC 3339 writes it, with its offset; read as UTC."""

SystemName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
"""How a source system is called: a word of letters, digits and `._-`."""

SourceKey = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_without_control_characters),
]
"""What a source system calls one of its records."""

Sentence = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=1_000),
    AfterValidator(_without_control_characters),
]
"""Why somebody does something, in words of their own."""

OneLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_without_control_characters),
]
"""A short text, such as a name or a number as somebody wrote it."""

CustomerNumber = Annotated[
    str, AfterValidator(_number), WithJsonSchema({"type": "string", "pattern": r"^[12]\d{10}$"})
]
"""Eleven digits: kind, sequence, check digit."""

SearchLimit = Annotated[int, Field(strict=True, ge=1, le=50)]
"""How many customers a search answers at most."""

SourceVersion = Annotated[int, Field(strict=True, ge=0, le=_MAX_VERSION)]


class Body(BaseModel):
    """What a caller sends; a field it does not know is refused, never dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Sent(BaseModel):
    """Who sends a record, under which key, and which version of it this is."""

    source_system: Annotated[SystemName, Field(examples=["core"])]
    source_key: Annotated[SourceKey, Field(examples=["C0001234"])]
    source_version: Annotated[SourceVersion | None, Field(examples=[17])] = None
    changed_at: Annotated[Moment | None, Field(examples=["2026-01-31T12:00:00Z"])] = None


class _Version(BaseModel):
    """Which version of a record this is; its names stand in the address and may be repeated here."""

    source_system: SystemName | None = None
    source_key: SourceKey | None = None
    source_version: Annotated[SourceVersion | None, Field(examples=[17])] = None
    changed_at: Annotated[Moment | None, Field(examples=["2026-01-31T12:00:00Z"])] = None


EXAMPLE_PERSON: Final = {
    "source_system": "core",
    "source_key": "C0001234",
    "source_version": 17,
    "kind": "person",
    "names": [
        {"kind": "legal", "full": "张伟"},
        {"kind": "latin", "given": "Wei", "family": "Zhang"},
    ],
    "birth_date": "1990-03-07",
    "sex": "male",
    "nationality": "CN",
    "documents": [
        {
            "kind": "cn_resident_id",
            "number": "110101199003070038",
            "issuer": "CN",
            "expires_on": "2035-01-01",
        }
    ],
    "phones": [{"kind": "mobile", "number": "+8613812345678"}],
    "emails": [{"address": "zhangwei@example.com"}],
    "addresses": [
        {
            "kind": "home",
            "country": "CN",
            "region": "北京市",
            "city": "北京市",
            "district": "海淀区",
            "line": "中关村大街1号",
        }
    ],
    "employer": "北京某某科技有限公司",
    "occupation": "engineer",
    "extra": {"branch": "0101"},
}
EXAMPLE_ORGANISATION: Final = {
    "source_system": "loans",
    "source_key": "L-77",
    "changed_at": "2026-01-31T12:00:00Z",
    "kind": "organisation",
    "names": [{"full": "杭州示例科技有限公司"}],
    "documents": [{"kind": "lei", "number": "5493001KJTIIGC8Y1R12"}],
    "established_on": "2012-05-18",
    "legal_representative": "王芳",
    "country": "CN",
}


class PersonRecord(_Sent, Person):
    """What a source system says about a person."""


class OrganisationRecord(_Sent, Organisation):
    """What a source system says about an organisation."""


class PersonSaid(_Version, Person):
    """What a source system says about a person; its own names may be left out."""


class OrganisationSaid(_Version, Organisation):
    """What a source system says about an organisation; its own names may be left out."""


class PersonLike(Person):
    """What is known about a person somebody looks for."""

    limit: SearchLimit = 10


class OrganisationLike(Organisation):
    """What is known about an organisation somebody looks for."""

    limit: SearchLimit = 10


SourceRecordBody = Annotated[PersonRecord | OrganisationRecord, Field(discriminator="kind")]
RecordBody = Annotated[PersonSaid | OrganisationSaid, Field(discriminator="kind")]
MatchBody = Annotated[PersonSaid | OrganisationSaid, Field(discriminator="kind")]
SearchBody = Annotated[PersonLike | OrganisationLike, Field(discriminator="kind")]


def new_record_of(body: PersonRecord | OrganisationRecord) -> NewRecord:
    """The record that a body says, ready for intake."""
    return NewRecord(
        source_system=body.source_system,
        source_key=body.source_key,
        identity=identity_of(body),
        source_version=body.source_version,
        changed_at=body.changed_at,
    )


def identity_of(body: Person | Organisation) -> Identity:
    """The identity within a body, which has been validated with it."""
    kind = Organisation if isinstance(body, Organisation) else Person
    return kind.model_construct(**{name: getattr(body, name) for name in kind.model_fields})
