"""Telephone numbers and e-mail addresses in one comparable form."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from ecif.identity.scripts import settled, written_form

PhoneKind = Literal["mobile", "fixed", "unknown"]

_CHINESE_MOBILE = re.compile(r"(?:\+?86|0086|0)?(1[3-9]\d{9})")
_CHINESE_FIXED = re.compile(r"(?:\+?86|0086)?0?((?:10|2\d)[2-8]\d{7}|[3-9]\d{2}[2-8]\d{6,7})")
_DIALLED_ABROAD = re.compile(r"\+(?!86)|00(?!86)")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#)\s*\d{1,6}$", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"[^\d+]+")
_NEVER_GIVEN = re.compile(r".*0{8}|(\d)\1+")
_ADDRESS = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[^\s@.<>,;:\"()\[\]\\]{1,63}\.)+[^\W\d_][\w-]{1,62}"
)
_KINDS: dict[int, PhoneKind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
}


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One telephone number.

    `normal` is E.164 when valid (a real number of its country's plan), otherwise all its digits; `national` the digits
    without country code and trunk 0. `kind` is `unknown` where the plan does not tell, as in North America.
    """

    normal: str
    national: str
    kind: PhoneKind
    valid: bool


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One e-mail address, lower case, half width; invalid ones have no `domain` when they have no @."""

    normal: str
    local: str
    domain: str
    valid: bool


def phone_of(number: str, region: str = "CN") -> PhoneNumber:
    """Normalise a telephone number.

    Args:
        number: As the source wrote it, with or without country code, signs, extension.
        region: Where it is dialled when it has no country code, ISO 3166-1 alpha-2.

    Source: MIIT telecommunications network numbering plan (2017) for Chinese numbers; libphonenumber for all others.
    """
    is_plain = number.isascii() and number.removeprefix("+").isdigit()
    dialled = number if is_plain else _dialled(number)
    if region == "CN" and not _DIALLED_ABROAD.match(dialled):
        mobile = _CHINESE_MOBILE.fullmatch(dialled)
        if mobile:
            return _chinese(mobile[1], "mobile")
        fixed = _CHINESE_FIXED.fullmatch(dialled)
        if fixed and not (dialled == fixed[1] and len(dialled) < 10):
            return _chinese(fixed[1], "fixed")
    return _parsed(dialled, region)


def _dialled(number: str) -> str:
    """Digits, and a + only in front."""
    told = _NOT_DIALLED.sub("", _EXTENSION.sub("", written_form(number).replace("(0)", "")))
    digits = "".join(c for c in told if c.isascii() and c.isdigit())
    return f"+{digits}" if told.startswith("+") else digits


def _chinese(national: str, kind: PhoneKind) -> PhoneNumber:
    if _NEVER_GIVEN.fullmatch(national):
        return PhoneNumber(national, national, kind, valid=False)
    return PhoneNumber(f"+86{national}", national, kind, valid=True)


@lru_cache(maxsize=4_096)
def _parsed(dialled: str, region: str) -> PhoneNumber:
    digits = dialled.removeprefix("+")
    international = f"+{dialled[2:]}" if dialled.startswith("00") and region == "CN" else dialled
    try:
        parsed = phonenumbers.parse(international, region)
    except NumberParseException:
        return PhoneNumber(digits, digits, "unknown", valid=False)
    national = phonenumbers.national_significant_number(parsed)
    kind = _KINDS.get(phonenumbers.number_type(parsed), "unknown")
    if not phonenumbers.is_valid_number(parsed) or _NEVER_GIVEN.fullmatch(national):
        return PhoneNumber(digits, national, kind, valid=False)
    return PhoneNumber(
        phonenumbers.format_number(parsed, PhoneNumberFormat.E164), national, kind, valid=True
    )


def email_of(address: str) -> EmailAddress:
    """Normalise an e-mail address; nothing is guessed beyond case, width and blanks.

    Source: RFC 5321, 4.5.3.1 for the lengths; RFC 5322 dot-atoms, and RFC 6531 for other scripts.
    """
    normal = settled(_bare_address, address)
    local, _, domain = normal.rpartition("@")
    valid = _ADDRESS.fullmatch(normal) is not None and ".." not in normal and len(domain) <= 255
    return EmailAddress(normal, local, domain if local else "", valid)


def _bare_address(text: str) -> str:
    return written_form(text).lower().replace(" ", "").removeprefix("mailto:").strip("<>.,;")
