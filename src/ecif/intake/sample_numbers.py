"""Numbers that invented customers carry: telephones, and documents whose check characters are right."""

from datetime import date
from random import Random  # noqa: TID251  # seeded: the file is the same every time

_RESIDENT_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def mobile(chance: Random) -> str:
    """A mobile telephone as it is written at home."""
    return f"1{chance.choice('3578')}{chance.randrange(10**8, 10**9)}"


def resident_id(chance: Random, code: str, born: date, *, is_man: bool) -> str:
    """An identity card with the right check digit. Source: GB 11643-1999, clause 4; ISO 7064, MOD 11-2."""
    head = f"{code}{born:%Y%m%d}{chance.randrange(500) * 2 + is_man:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(head, _RESIDENT_WEIGHTS, strict=True))
    return head + "10X98765432"[total % 11]


def unified_code(chance: Random, code: str) -> str:
    """A company's code with both check characters right. Source: GB 32100-2015, clause 4; GB 11714-1997, clause 3."""
    body = "MA" + "".join(chance.choice(_CODE_LETTERS) for _ in range(6))
    values = [int(sign, 36) for sign in body]
    total = sum(
        value * weight for value, weight in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    head = f"91{code}{body}{'0123456789X0'[-total % 11]}"
    rest = sum(_CODE_LETTERS.index(sign) * 3**place for place, sign in enumerate(head)) % 31
    return head + _CODE_LETTERS[-rest % 31]
