"""What is wrong with an identity, value by value: flagged, never dropped or corrected."""

from collections.abc import Iterator
from dataclasses import dataclass

from ecif.identity.contacts import email_of, phone_of
from ecif.identity.dates import is_placeholder_date
from ecif.identity.document_kinds import DOCUMENT_KINDS
from ecif.identity.document_numbers import DocumentNumber
from ecif.identity.documents import document_number_of
from ecif.identity.names import person_name_of
from ecif.identity.profile import Identity, Person

_MESSAGES = {
    "bad-form": "The number does not have the form of its kind.",
    "bad-region": "The number begins with a region that this kind does not have.",
    "bad-date": "The number contains a date that the calendar does not have.",
    "bad-check-digit": "The check digit does not fit the number.",
    "masked": "The value is masked.",
    "placeholder": "The value is one that stands for an unknown one.",
    "wrong-holder": "A document of this kind belongs to another kind of customer.",
    "bad-phone": "The number belongs to no numbering plan.",
    "bad-email": "The address does not have the form of an e-mail address.",
    "unread-date": "The date could not be read; it is kept as text and not matched.",
    "contradicts-document": "The value differs from what the resident id says.",
    "weak": "The record says a name alone; it is never linked automatically.",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One doubtful value: where it stands, what is the matter (a slug), and one sentence without personal values."""

    path: str
    flag: str
    message: str


def flags_of(identity: Identity) -> tuple[Flag, ...]:
    """Every value of an identity that is kept although it cannot be right, or cannot be used.

    Returns:
        Flags in the order of the fields; a record with a name alone ends with the flag `weak` at the path "".
    """
    numbers = tuple(map(document_number_of, identity.documents))
    found = [
        *_names(identity),
        *_documents(identity, numbers),
        *_contacts(identity),
        *_dates(identity),
    ]
    if isinstance(identity, Person):
        found += _contradictions(identity, numbers)
    if is_weak(identity):
        found.append(("", "weak"))
    return tuple(Flag(path, flag, _MESSAGES[flag]) for path, flag in found)


def is_weak(identity: Identity) -> bool:
    """Whether the identity says a name and nothing else that could tell two namesakes apart (D9)."""
    said = (identity.documents, identity.phones, identity.emails, identity.addresses)
    if isinstance(identity, Person):
        return not any((*said, identity.birth_date, identity.employer))
    return not any((*said, identity.established_on, identity.legal_representative))


def _names(identity: Identity) -> Iterator[tuple[str, str]]:
    if isinstance(identity, Person):
        for place, name in enumerate(identity.names):
            if person_name_of(name).wildcard:
                yield f"names[{place}]", "masked"


def _documents(
    identity: Identity, numbers: tuple[DocumentNumber, ...]
) -> Iterator[tuple[str, str]]:
    for place, (document, number) in enumerate(zip(identity.documents, numbers, strict=True)):
        if number.flag:
            yield f"documents[{place}].number", number.flag
        if DOCUMENT_KINDS[document.kind].holder not in ("both", identity.kind):
            yield f"documents[{place}].kind", "wrong-holder"


def _contacts(identity: Identity) -> Iterator[tuple[str, str]]:
    for place, phone in enumerate(identity.phones):
        if not phone_of(phone.number).valid:
            yield f"phones[{place}].number", "bad-phone"
    for place, email in enumerate(identity.emails):
        if not email_of(email.address).valid:
            yield f"emails[{place}].address", "bad-email"


def _dates(identity: Identity) -> Iterator[tuple[str, str]]:
    field = "birth_date" if isinstance(identity, Person) else "established_on"
    date: str | None = getattr(identity, field)
    # People are born, and companies founded, on 1 January: alone it is a doubt for matching, not a flag.
    if date and is_placeholder_date(date) and not "1902" < date < "2099":
        yield field, "placeholder"
    if getattr(identity, f"{field}_raw") and not date:
        yield f"{field}_raw", "unread-date"


def _contradictions(
    person: Person, numbers: tuple[DocumentNumber, ...]
) -> Iterator[tuple[str, str]]:
    """Where the record and the valid number of its own resident id tell two birth dates or two sexes."""
    told = [number for number in numbers if number.valid]
    born = [number.birth_date for number in told if number.birth_date]
    if person.birth_date and any(not date.startswith(person.birth_date) for date in born):
        yield "birth_date", "contradicts-document"
    if person.sex in ("male", "female") and any(
        number.sex not in (None, person.sex) for number in told
    ):
        yield "sex", "contradicts-document"
