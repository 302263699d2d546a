"""The table of comparisons: what is compared, on which levels, and what each level means."""

from collections.abc import Callable
from typing import NamedTuple

from ecif.matching.forms import BirthForm, DocumentForm, Features
from ecif.matching.name_pairs import NAME_LEVELS, NamePair, best_names
from ecif.matching.resemblance import (
    address_level,
    best,
    birth_level,
    document_level,
    email_level,
    is_named_after,
    number_level,
)
from ecif.matching.resemblance_bodies import employer_level, organisation_level


class Observation(NamedTuple):
    """What one comparison saw: its level and the two values that met."""

    about: str
    level: str
    values: tuple[str, str]


Seen = tuple[str, str, tuple[str, str]]
"""The same without names: of every pair that is scored there are ten, and most are looked at once."""


class Meeting(NamedTuple):
    """Two records side by side."""

    a: Features
    b: Features
    names: NamePair | None
    document: tuple[str, DocumentForm, DocumentForm] | None

    @property
    def same_document(self) -> bool:
        """Whether both show one number; what that number tells is then no further evidence."""
        return self.document is not None and self.document[0] in {"same", "same_unproven"}


class Comparison(NamedTuple):
    """One row of the table: `levels` from full agreement to disagreement; no level when a side tells nothing."""

    name: str
    levels: tuple[str, ...]
    function: Callable[[Meeting], Seen | None]
    doc: str


BIRTH_LEVELS = ("exact", "swapped", "one_digit", "year", "two_parts", "weeks", "different")
DOCUMENT_LEVELS = (
    "same",
    "same_unproven",
    "one_off",
    "one_off_unproven",
    "masked",
    "two_off",
    "another",
    "different",
)
NUMBER_LEVELS = ("same", "one_off", "different")
EMAIL_LEVELS = ("same", "same_named", "same_local", "close", "different")
ADDRESS_LEVELS = (
    "same", "building", "close", "area_told", "area", "city_told", "city", "different",
)  # fmt: skip
EMPLOYER_LEVELS = ("same", "close", "different")
ORGANISATION_LEVELS = (
    "exact", "core_and_region", "core", "sound", "close", "brand", "part", "branch", "elsewhere", "different",
)  # fmt: skip


def compare(a: Features, b: Features) -> tuple[Observation, ...]:
    """Everything that can be observed about two records of one kind, in the order of the table."""
    return tuple(Observation(*seen) for seen in seen_by(a, b))


def seen_by(a: Features, b: Features) -> list[Seen]:
    """What `compare` observes, without names."""
    functions = _ORGANISATION_FUNCTIONS if a.kind == "organisation" else _PERSON_FUNCTIONS
    document = best(a.documents, b.documents, document_level, DOCUMENT_LEVELS)
    names = best_names(a.persons, b.persons)
    meeting = tuple.__new__(Meeting, (a, b, names, document))
    return [seen for function in functions if (seen := function(meeting)) is not None]


def _family_name(meeting: Meeting) -> Seen | None:
    pair = meeting.names
    if pair is None or pair.family is None:
        return None
    return "family_name", pair.family, pair.families


def _given_name(meeting: Meeting) -> Seen | None:
    pair = meeting.names
    if pair is None or pair.given is None:
        return None
    return "given_name", pair.given, pair.givens


def _name_order(meeting: Meeting) -> Seen | None:
    pair = meeting.names
    if pair is None or not pair.crossed:
        return None
    written = (f"{pair.a.family} {pair.a.given}", f"{pair.b.family} {pair.b.given}")
    return "name_order", "swapped", written


def _born_on(meeting: Meeting) -> Seen | None:
    left, right = meeting.a.births, meeting.b.births
    if meeting.same_document:
        left, right = _told(left), _told(right)
    found = best(left, right, birth_level, BIRTH_LEVELS)
    return ("born_on", found[0], (found[1].date, found[2].date)) if found else None


def _told(births: tuple[BirthForm, ...]) -> tuple[BirthForm, ...]:
    """Those that the record itself tells."""
    return tuple([birth for birth in births if birth.told])


def _sex(meeting: Meeting) -> Seen | None:
    a, b = meeting.a, meeting.b
    if not (a.sex and b.sex) or (meeting.same_document and not (a.sex_told and b.sex_told)):
        return None
    return "sex", "same" if a.sex == b.sex else "different", (a.sex, b.sex)


def _document(meeting: Meeting) -> Seen | None:
    found = meeting.document
    return ("document", found[0], (found[1].line, found[2].line)) if found else None


def _phone(meeting: Meeting) -> Seen | None:
    found = best(meeting.a.phones, meeting.b.phones, number_level, NUMBER_LEVELS)
    return ("phone", found[0], found[1:]) if found else None


def _email(meeting: Meeting) -> Seen | None:
    found = best(meeting.a.emails, meeting.b.emails, email_level, EMAIL_LEVELS)
    if found is None:
        return None
    level, a, b = found
    if level == "same" and meeting.names and is_named_after(a, meeting.names.a.sound):
        level = "same_named"
    return "email", level, (a, b)


def _address(meeting: Meeting) -> Seen | None:
    found = best(meeting.a.addresses, meeting.b.addresses, address_level, ADDRESS_LEVELS)
    return ("address", found[0], (found[1].normal, found[2].normal)) if found else None


def _employer(meeting: Meeting) -> Seen | None:
    a, b = meeting.a.employer, meeting.b.employer
    if a is None or b is None:
        return None
    return "employer", employer_level(a, b), (a.normal, b.normal)


def _organisation_name(meeting: Meeting) -> Seen | None:
    found = best(
        meeting.a.organisations, meeting.b.organisations, organisation_level, ORGANISATION_LEVELS
    )
    if found is None:
        return None
    return "organisation_name", found[0], (found[1].normal, found[2].normal)


def _representative(meeting: Meeting) -> Seen | None:
    a, b = meeting.a.representative, meeting.b.representative
    if a is None or b is None:
        return None
    written = (a.family + a.given, b.family + b.given)
    if written[0] == written[1]:
        return "representative", "exact", written
    return "representative", "sound" if a.sound == b.sound else "different", written


_DOCUMENT = Comparison(
    "document",
    DOCUMENT_LEVELS,
    _document,
    "Numbers of one kind: equal after succession, one character off, equal where not masked.",
)
_PHONE = Comparison("phone", NUMBER_LEVELS, _phone, "Telephone numbers in national or E.164 form.")
_EMAIL = Comparison(
    "email", EMAIL_LEVELS, _email, "E-mail addresses: equal, equal before the @, two edits."
)
_ADDRESS = Comparison(
    "address", ADDRESS_LEVELS, _address, "Postal addresses, from the same door to the same city."
)
_BORN_ON = Comparison(
    "born_on",
    BIRTH_LEVELS,
    _born_on,
    "Birth dates: equal, day and month exchanged, one digit; 1 January counts as its year.",
)

PERSON_COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "family_name",
        NAME_LEVELS,
        _family_name,
        "Family names: equal, equal in sound, a typing error.",
    ),
    Comparison(
        "given_name", NAME_LEVELS, _given_name, "Given names: equal, in sound, short form, initial."
    ),
    Comparison(
        "name_order", ("swapped",), _name_order, "Family and given name fit only crossways."
    ),
    _DOCUMENT,
    _BORN_ON,
    Comparison(
        "sex", ("same", "different"), _sex, "Sex as told, or as the identity number tells it."
    ),
    _PHONE,
    _EMAIL,
    _ADDRESS,
    Comparison("employer", EMPLOYER_LEVELS, _employer, "Employers by the core of their name."),
)
ORGANISATION_COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "organisation_name",
        ORGANISATION_LEVELS,
        _organisation_name,
        "Names of organisations: the core, the place, the legal form; a branch is another body.",
    ),
    _DOCUMENT,
    _BORN_ON,
    Comparison(
        "representative",
        ("exact", "sound", "different"),
        _representative,
        "The person who signs for it.",
    ),
    _PHONE,
    _EMAIL,
    _ADDRESS,
)
_PERSON_FUNCTIONS = tuple(comparison.function for comparison in PERSON_COMPARISONS)
_ORGANISATION_FUNCTIONS = tuple(comparison.function for comparison in ORGANISATION_COMPARISONS)
