"""Customer numbers: one digit for the kind, nine of a sequence, one check digit."""

from typing import Final

KIND_DIGITS: Final = {"person": "1", "organisation": "2"}
"""Source: the 11-digit customer number in use at Chinese banks: type, nine-digit sequence, Luhn digit."""

_SINGLE: Final = bytes(code - 48 if 48 <= code < 58 else 0 for code in range(256))
_DOUBLED: Final = bytes(sum(divmod(2 * value, 10)) for value in _SINGLE)
"""By the code of a digit: its value, and the sum of the digits of twice its value."""


def customer_number(kind: str, sequence: int) -> str:
    """The customer number of the `sequence`-th customer of a kind.

    Raises:
        ValueError: The nine digits are used up.

    Source: ISO/IEC 7812-1 annex B (Luhn) for the check digit.
    """
    if not 0 < sequence < 1_000_000_000:
        raise ValueError("the nine digits of the customer number are used up")
    body = f"{KIND_DIGITS[kind]}{sequence:09d}"
    return f"{body}{-_luhn_sum(f'{body}0') % 10}"


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
    written = digits.encode()
    return sum(written[::-2].translate(_SINGLE)) + sum(written[-2::-2].translate(_DOUBLED))
