"""Customer numbers: one digit for the kind, nine of a sequence, one check digit."""

from typing import Final

from stdnum import luhn

KIND_DIGITS: Final = {"person": "1", "organisation": "2"}
"""Source: the 11-digit customer number in use at Chinese banks: type, nine-digit sequence, Luhn digit."""

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The sum of the digits of twice a digit."""


def customer_number(kind: str, sequence: int) -> str:
    """The customer number of the `sequence`-th customer of a kind.

    Raises:
        ValueError: The nine digits are used up.

    Source: ISO/IEC 7812-1 annex B (Luhn) for the check digit.
    """
    if not 0 < sequence < 1_000_000_000:
        raise ValueError("the nine digits of the customer number are used up")
    body = f"{KIND_DIGITS[kind]}{sequence:09d}"
    return body + luhn.calc_check_digit(body)


def is_customer_number(written: str) -> bool:
    """Whether this can be a customer number: eleven digits, a known kind, the right check digit."""
    return (
        len(written) == 11
        and written.isascii()
        and written.isdigit()
        and written[0] in KIND_DIGITS.values()
        and _luhn_sum(written) % 10 == 0
    )


def _luhn_sum(digits: str) -> int:
    """Every second digit from the right doubled, then all digits added. Source: ISO/IEC 7812-1 annex B."""
    return sum(map(int, digits[::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
