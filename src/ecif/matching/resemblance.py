"""How near two values are: small pure rules on plain values, each naming one level of a comparison."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeVar

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import ratio

from ecif.identity import DOCUMENT_KINDS, is_placeholder_date
from ecif.matching.forms import AddressForm, BirthForm, DocumentForm

_Value = TypeVar("_Value")

SHORT_NAME_LETTERS = 3
LONG_NAME_LETTERS = 6
CLOSE_NAME_SIMILARITY = 0.88
ALIKE_PERCENT = 80
LUNAR_DAYS = 51
_DAY_LETTERS = len("2000-01-01")
SINGLE_VALUED = frozenset(kind.slug for kind in DOCUMENT_KINDS.values() if kind.single_valued)
RENEWED = frozenset(
    {"passport", "driver_licence", "military_id", "registration", "cn_business_licence", "other"}
)
"""Series whose holders get another number now and then."""


def best(
    left: Sequence[_Value],
    right: Sequence[_Value],
    level: Callable[[_Value, _Value], str | None],
    order: tuple[str, ...],
) -> tuple[str, _Value, _Value] | None:
    """The strongest level among all pairs of values, with the two values that met; None when none can be compared."""
    if not (left and right):
        return None
    if len(left) == 1 == len(right):
        only = level(left[0], right[0])
        return (only, left[0], right[0]) if only else None
    found = [(name, a, b) for a in left for b in right if (name := level(a, b))]
    return min(found, key=lambda one: order.index(one[0]), default=None)


@lru_cache(maxsize=4_096)
def part_level(a: str, b: str, sound_a: str, sound_b: str) -> str | None:
    """How near two family names or two given names are; None when one is not told."""
    if not (sound_a and sound_b):
        return None
    if a == b:
        return "exact"
    if sound_a == sound_b:
        return "sound"
    if not a.isascii() and not b.isascii():
        return _character_level(a, b)
    return _letter_level(sound_a, sound_b)


def _character_level(a: str, b: str) -> str:
    if "?" in a or "?" in b:
        return "near" if fits(a, b, "?") else "different"
    if max(len(a), len(b)) == 1:
        return "different"
    if len(a) == len(b) and sorted(a) == sorted(b):
        return "swapped"
    if OSA.distance(a, b, score_cutoff=1) > 1:
        return "different"
    return "near" if len(a) == len(b) else "dropped"


def _letter_level(a: str, b: str) -> str:
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) == 1:
        return "initial" if longer[0] == shorter else "different"
    if len(shorter) >= SHORT_NAME_LETTERS and longer.startswith(shorter):
        return "short"
    edits = OSA.distance(a, b, score_cutoff=2)
    if edits == 1 and len(shorter) >= SHORT_NAME_LETTERS:
        return "close"
    if edits == 2 and len(shorter) >= LONG_NAME_LETTERS:
        return "close"
    if JaroWinkler.similarity(a, b) >= CLOSE_NAME_SIMILARITY:
        return "close"
    return "different"


def birth_level(a: BirthForm, b: BirthForm) -> str:
    """How near two dates are; a first of January counts as its year only, unless an identity number proves it."""
    if a.date == b.date:
        return "exact" if is_day(a) and is_day(b) else "year"
    if not (is_day(a) and is_day(b)):
        return "year" if a.date[:4] == b.date[:4] else "different"
    return _days_level(a.date, b.date)


def is_day(birth: BirthForm) -> bool:
    """Whether this is a day of its own, not one that systems write when they know the year only."""
    date = birth.date
    return len(date) == _DAY_LETTERS and (birth.proven or not is_placeholder_date(date))


def _days_level(a: str, b: str) -> str:
    if a[:4] == b[:4] and a[5:7] == b[8:] and a[8:] == b[5:7]:
        return "swapped"
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return "one_digit"
    if (a[:4] == b[:4]) + (a[5:7] == b[5:7]) + (a[8:] == b[8:]) == len(("month", "day")):
        return "two_parts"
    if abs(int(a[:4]) - int(b[:4])) > 1:
        return "different"
    near = abs((date.fromisoformat(a) - date.fromisoformat(b)).days) < LUNAR_DAYS
    return "weeks" if near else "different"


def document_level(a: DocumentForm, b: DocumentForm) -> str | None:
    """How near two numbers are; None when they are of different series."""
    if a.series != b.series:
        return None
    if a.line == b.line:
        return "same" if a.valid and b.valid else "same_unproven"
    if "*" in a.line or "*" in b.line:
        return "masked" if fits(a.line, b.line, "*") else "different"
    if a.valid and b.valid and is_single_valued(a.series):
        return "different"
    edits = OSA.distance(a.line, b.line, score_cutoff=2)
    if is_single_valued(a.series):
        return ("same", "one_off", "two_off", "different")[edits]
    if edits == 1:
        return "one_off_unproven"
    return "another" if a.series in RENEWED else "different"


def is_single_valued(series: str) -> bool:
    """Whether a holder has one number of this series for life (decision D7)."""
    return series in SINGLE_VALUED


def fits(a: str, b: str, unknown: str) -> bool:
    """Whether two texts are equal where both are told."""
    return len(a) == len(b) and all(x == y or unknown in (x, y) for x, y in zip(a, b, strict=True))


def number_level(a: str, b: str) -> str:
    """How near two telephone numbers are."""
    if a == b:
        return "same"
    return "one_off" if OSA.distance(a, b, score_cutoff=1) <= 1 else "different"


def email_level(a: str, b: str) -> str:
    """How near two e-mail addresses are."""
    if a == b:
        return "same"
    local_a, _, _ = a.partition("@")
    local_b, _, _ = b.partition("@")
    if local_a == local_b and len(local_a) > SHORT_NAME_LETTERS:
        return "same_local"
    return "close" if OSA.distance(a, b, score_cutoff=2) <= 2 else "different"


def is_named_after(email: str, sound: str) -> bool:
    """Whether the part before the @ is this name, in any order: then it tells little that the name does not."""
    local, _, _ = email.partition("@")
    letters = [character for character in local if character.isalpha()]
    return len(letters) == len(sound) and sorted(letters) == sorted(sound)


def address_level(a: AddressForm, b: AddressForm) -> str | None:
    """How near two postal addresses are, from the door to the city; None when they share no part."""
    if a.street and b.street:
        return _street_level(a, b)
    if a.normal == b.normal and a.numbers:
        return "same"
    if a.postcode and b.postcode:
        return "area_told" if a.postcode == b.postcode else "different"
    if a.city and b.city:
        return "city_told" if are_alike(a.city, b.city) else "different"
    return None


def _street_level(a: AddressForm, b: AddressForm) -> str:
    if a == b:
        return "same" if a.numbers else "close"
    alike = are_alike(a.street, b.street) or is_rewritten(a.street, b.street)
    left, right = set(a.numbers), set(b.numbers)
    shared = len(left & right)
    if alike and shared and not _elsewhere(a, b) and shared in (len(left), len(right)):
        return "same" if len(left) == len(right) else "building"
    if alike or (shared > 1 and are_alike(a.normal, b.normal)):
        return "close"
    if (a.postcode and a.postcode == b.postcode) or (a.district and a.district == b.district):
        return "area"
    return "city" if a.city and a.city == b.city else "different"


def is_rewritten(a: str, b: str) -> bool:
    """Whether one street is the other with other blanks (Oakst Reet) or without its last words (Oak, Oak Street)."""
    if " " not in a and " " not in b:
        return False
    shorter, longer = sorted((a, b), key=len)
    return longer.startswith(f"{shorter} ") or are_alike(a.replace(" ", ""), b.replace(" ", ""))


def _elsewhere(a: AddressForm, b: AddressForm) -> bool:
    """Whether the same street and number lie in two places: most towns have a High Street."""
    if a.city and b.city:
        return not are_alike(a.city, b.city) and (not a.postcode or a.postcode != b.postcode)
    return bool(a.postcode and b.postcode) and OSA.distance(a.postcode, b.postcode) > 1


def are_alike(a: str, b: str) -> bool:
    """Whether two texts are equal, or resemble each other."""
    return a == b or ratio(a, b, score_cutoff=ALIKE_PERCENT) > 0
