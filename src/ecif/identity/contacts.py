"""Telephone numbers and e-mail addresses in one comparable form."""

import unicodedata
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One telephone number: `normal` is E.164 when valid, otherwise its digits."""

    normal: str
    national: str
    kind: Literal["mobile", "fixed", "unknown"]
    valid: bool


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One e-mail address, lower-case."""

    normal: str
    local: str
    domain: str
    valid: bool


def phone_of(number: str, region: str = "CN") -> PhoneNumber:
    """Normalise a telephone number, read as dialled in `region` (ISO 3166-1 alpha-2)."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isdigit())
    return PhoneNumber(digits, digits, "unknown", valid=bool(digits))


def email_of(address: str) -> EmailAddress:
    """Normalise an e-mail address."""
    normal = unicodedata.normalize("NFKC", address).strip().lower()
    local, _, domain = normal.partition("@")
    return EmailAddress(normal, local, domain, valid=bool(local and domain))
