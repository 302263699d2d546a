"""Check digits of the numbers that the catalogue knows."""

from functools import lru_cache
from operator import mul

_DIGITS = "0123456789"
_BASE_36 = {
    character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
UNIFIED_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of a unified social credit code by their values. Source: GB 32100-2015, table A.1."""
_UNIFIED_VALUE = {character: value for value, character in enumerate(UNIFIED_CHARACTERS)}
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
"""The check digit by the remainder of the weighted sum. Source: GB 11643-1999, annex A."""
_RESIDENT_WEIGHT = sum(RESIDENT_WEIGHTS)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
UNIFIED_WEIGHTS = tuple(3**place % 31 for place in range(17))


def resident_check_digit(body: str) -> str:
    """The 18th character of a resident id.

    Args:
        body: The first 17 characters, ASCII digits.

    Source: GB 11643-1999, annex A: ISO 7064:1983 MOD 11-2, written out with its weights.
    """
    # Bytes are numbers already; each is 48 too high.
    total = sum(map(mul, body.encode("ascii"), RESIDENT_WEIGHTS)) - 48 * _RESIDENT_WEIGHT
    return RESIDENT_CHECKS[total % 11]


def organisation_check_digit(body: str) -> str:
    """The ninth character of an organisation code.

    Args:
        body: The first 8 characters, digits and capital letters.

    Source: GB 11714-1997, clause 5: C9 = 11 − MOD(Σ Ci × Wi, 11), 10 written X, 11 written 0.
    """
    total = sum(map(mul, map(_BASE_36.__getitem__, body), _ORGANISATION_WEIGHTS))
    return "0X987654321"[total % 11]


def uscc_check_digit(body: str) -> str:
    """The 18th character of a unified social credit code.

    Args:
        body: The first 17 characters, digits and capital letters without I, O, S, V, Z.

    Source: GB 32100-2015, annex A: C18 = 31 − MOD(Σ Ci × 3^(i−1), 31).
    """
    total = sum(map(mul, map(_UNIFIED_VALUE.__getitem__, body), UNIFIED_WEIGHTS))
    return UNIFIED_CHARACTERS[-total % 31]


def licence_check_digit(body: str) -> str:
    """The 15th digit of a business licence number.

    Args:
        body: The first 14 digits.

    Source: GS 15-2006 (SAIC), 5.4: ISO 7064 hybrid system MOD 11,10.
    """
    product = 10
    for digit in map(int, body):
        product = (product + digit) % 10 or 10
        product = product * 2 % 11
    return _DIGITS[(11 - product) % 10]


def is_lei(number: str) -> bool:
    """Whether the 20 characters, digits and capital letters, carry the right check digits.

    Source: ISO 17442-1:2020; ISO 7064 MOD 97-10.
    """
    return int("".join(str(_BASE_36[character]) for character in number)) % 97 == 1


PAST_HUNDRED = frozenset({"996", "997", "998", "999"})
"""The last digits of old resident ids of people past their hundredth year. Source: GB 11643-1999, clause 4."""


@lru_cache(maxsize=4_096)
def resident_line_of(fifteen: str) -> str:
    """The 18-character resident id that succeeds one of 15 digits.

    Sequences 996 to 999 were kept for people past their hundredth year: they were born in the century before.

    Source: GB 11643-1999, clause 4; GB 11643-1989 for the 15-digit form.
    """
    century = "18" if fifteen[12:] in PAST_HUNDRED else "19"
    body = fifteen[:6] + century + fifteen[6:]
    return body + resident_check_digit(body)
