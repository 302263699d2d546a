"""Document numbers in one comparable form, judged: form, date, check digit, succession."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from ecif.identity.check_digits import (
    is_lei,
    licence_check_digit,
    organisation_check_digit,
    resident_check_digit,
    resident_line_of,
    uscc_check_digit,
)
from ecif.identity.foreign_numbers import passes_check
from ecif.identity.profile import Document
from ecif.identity.scripts import settled, word_list, written_form

_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−./\\_·,'\"():#]+")
_MASKS = re.compile(r"[*●•□■〇○×✱∗?]")
_DIGIT_LOOKALIKES = str.maketrans("OIL", "011")
_RUN_OF_X = re.compile(r"X{2,}")
_PLACEHOLDER = re.compile(r"(.)\1{4,}|1234567890?")

_RESIDENT = re.compile(r"\d{17}[\dX]")
_USCC = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}")
_ORGANISATION_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_LEI = re.compile(r"[0-9A-Z]{18}\d{2}")
_OLD_RESIDENCE_CARD = re.compile(r"[A-Z]{3}\d{12}")
_HOME_RETURN = re.compile(r"[HM]\d{8}(?:\d{2})?")
_TAIWAN = re.compile(r"\d{8}(?:\d{2}[A-Z]?)?")
_FORMS = {
    "passport": re.compile(r"(?=.*\d{4})[0-9A-Z]{5,15}"),
    "military_id": re.compile(r"(?=.*\d{4}).{5,24}"),
    "birth_certificate": re.compile(r"[A-Z]\d{9}"),
}
_ANY_FORM = re.compile(r"(?=.*\d).{2,40}")

_PROVINCES = frozenset(
    word_list(
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 "
        "64 65 71 81 82"
    )
)
"""Source: GB/T 2260-2007, first two digits."""
BIRTH_YEARS = range(1850, 2101)
"""An identity number that tells another year is mistyped."""
MAINLAND_PROVINCES = _PROVINCES - {"71", "81", "82"}
"""Regions whose numbers are those of resident ids, never of a residence permit."""

_RESIDENCE_PERMITS = {
    "810000": "hk_macao_residence_permit",
    "820000": "hk_macao_residence_permit",
    "830000": "taiwan_residence_permit",
}
"""Source: State Council, residence permits of Hong Kong, Macao and Taiwan residents (Guoban fa 2018 no. 81)."""

_REGION_TELLS = frozenset({"cn_foreign_permanent_residence", *_RESIDENCE_PERMITS.values()})


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """One document number, normalised and judged.

    `kind` is the kind that the number itself shows, where it shows one (an 81… resident id is a
    residence permit). `normal` has capitals and digits only, `*` for each masked character. `line`
    is equal for numbers that succeed each other (15 and 18 digits, organisation code and unified
    code, renewals of one permit): compare it, not `normal`. `valid` means form, date and check
    digit; expiry plays no part. `flag` is the reason when not valid: `bad-form`, `bad-region`,
    `bad-date`, `bad-check-digit`, `masked` or `placeholder`. `region` is the code that the number
    carries, as information only.
    """

    kind: str
    normal: str
    line: str
    valid: bool
    flag: str | None = None
    region: str | None = None
    birth_date: str | None = None
    sex: str | None = None


def document_number_of(document: Document) -> DocumentNumber:
    """Normalise and judge the number of a document.

    Nothing is corrected beyond O and l where only a digit can stand.

    Source: the standards that the rules of the single kinds name.
    """
    return _judged(document.kind, document.number, (document.issuer or "").upper())


@lru_cache(maxsize=4_096)
def _judged(kind: str, number: str, issuer: str) -> DocumentNumber:
    normal = number.upper()
    if not (normal.isascii() and normal.isalnum()):
        normal = settled(_bare_number, normal)
    judge = _JUDGES.get(kind)
    if judge is None and issuer in ("CN", "CHN"):
        judge = _JUDGES_OF_CHINA.get(kind)
    if judge is not None and "*" not in normal:
        return judge(kind, normal)
    if "*" in normal:
        return _flawed(kind, normal, "masked", region=_region_shown(kind, normal))
    return _judge_other(kind, normal, issuer)


def _bare_number(text: str) -> str:
    return _MASKS.sub("*", _SEPARATORS.sub("", written_form(text).upper()))


def _flawed(
    kind: str, normal: str, flag: str, *, line: str | None = None, region: str | None = None
) -> DocumentNumber:
    return DocumentNumber(kind, normal, line or normal, valid=False, flag=flag, region=region)


def _region_shown(kind: str, normal: str) -> str | None:
    head = normal[2:8] if kind == "cn_uscc" else normal[:6]
    return head if kind in {"cn_resident_id", "cn_uscc"} and head.isdigit() else None


def _judge_resident(kind: str, text: str) -> DocumentNumber:
    """Judge a number of the GB 11643 form, 15 or 18 characters, whichever card it stands on."""
    if text.isascii() and _RESIDENT.fullmatch(text):
        return _judge_eighteen(kind, text)
    normal = text.replace("Х", "X").translate(_DIGIT_LOOKALIKES)
    if len(normal) == 15 and normal.isascii() and normal.isdigit():
        full = resident_line_of(normal)
        judged = _judge_eighteen(kind, full)
        return replace(judged, normal=normal, line=full)
    if not (normal.isascii() and _RESIDENT.fullmatch(normal)):
        masked = len(text) in (15, 18) and _RUN_OF_X.search(text) is not None
        return _flawed(
            kind,
            _RUN_OF_X.sub(_stars, text) if masked else normal,
            "masked" if masked else "bad-form",
        )
    return _judge_eighteen(kind, normal)


def _stars(found: re.Match[str]) -> str:
    return "*" * len(found[0])


def _judge_eighteen(kind: str, normal: str) -> DocumentNumber:
    shown = _RESIDENCE_PERMITS.get(normal[:6])
    if normal[0] == "9":
        shown = "cn_foreign_permanent_residence"
    flag = _flaw_of_eighteen(kind, shown, normal)
    born = f"{normal[6:10]}-{normal[10:12]}-{normal[12:14]}"
    return DocumentNumber(
        kind=shown or kind,
        normal=normal,
        line=normal,
        valid=flag is None,
        flag=flag,
        region=normal[1:3] if normal[0] == "9" else normal[:6],
        birth_date=None if flag in ("bad-date", "bad-region") else born,
        sex="male" if int(normal[16]) % 2 else "female",
    )


def _flaw_of_eighteen(kind: str, shown: str | None, normal: str) -> str | None:
    """Why such a number cannot be right; the district need not have existed in the year of birth."""
    if kind in _REGION_TELLS and kind != shown:
        return "bad-region"
    if shown is None and normal[:2] not in _PROVINCES:
        return "bad-region"
    if not _is_birth_date(normal[6:14]):
        return "bad-date"
    return None if resident_check_digit(normal[:17]) == normal[17] else "bad-check-digit"


def _is_birth_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year in BIRTH_YEARS


def _judge_foreign_card(kind: str, text: str) -> DocumentNumber:
    """Judge a foreign permanent resident card, of the new form (18 digits) or the old one (15).

    The old number does not hold the new one, so the two are no succession.

    Source: National Immigration Administration, card version 2023, in force from 1 December 2023.
    """
    old = text[:3] + text[3:].translate(_DIGIT_LOOKALIKES)
    if len(text) == 15 and old.isascii() and _OLD_RESIDENCE_CARD.fullmatch(old):
        # Two digits of the year: any century will do, 2000 and 1900 differ in one day only.
        right = _is_birth_date("20" + old[7:13])
        return DocumentNumber(
            kind, old, old, valid=right, flag=None if right else "bad-date", region=old[3:7]
        )
    return _judge_resident(kind, text) if len(text) == 18 else _flawed(kind, text, "bad-form")


def _judge_uscc(kind: str, text: str) -> DocumentNumber:
    """Judge a unified social credit code; its line is the organisation code that it contains.

    Source: GB 32100-2015, clause 4: registrar, category, region of 6 digits, organisation code of
    9, check character.
    """
    normal = text[:2] + text[2:8].translate(_DIGIT_LOOKALIKES) + text[8:]
    if not (normal.isascii() and _USCC.fullmatch(normal)):
        return _flawed(kind, normal, "bad-form")
    right = uscc_check_digit(normal[:17]) == normal[17]
    flag = None if right else "bad-check-digit"
    return DocumentNumber(kind, normal, normal[8:17], valid=right, flag=flag, region=normal[2:8])


def _judge_organisation_code(kind: str, normal: str) -> DocumentNumber:
    if len(normal) == 18:
        return _judge_uscc("cn_uscc", normal)
    if not (normal.isascii() and _ORGANISATION_CODE.fullmatch(normal)):
        return _flawed(kind, normal, "bad-form")
    right = organisation_check_digit(normal[:8]) == normal[8]
    return DocumentNumber(
        kind, normal, normal, valid=right, flag=None if right else "bad-check-digit"
    )


def _judge_licence(kind: str, text: str) -> DocumentNumber:
    normal = text.translate(_DIGIT_LOOKALIKES)
    if len(text) == 18:
        return _judge_uscc("cn_uscc", text)
    if not (len(normal) in (13, 15) and normal.isascii() and normal.isdigit()):
        return _flawed(kind, normal, "bad-form")
    # Numbers of 13 digits, before 2007, had no check digit.
    right = len(normal) == 13 or licence_check_digit(normal[:14]) == normal[14]
    flag = None if right else "bad-check-digit"
    return DocumentNumber(kind, normal, normal, valid=right, flag=flag, region=normal[:6])


def _judge_lei(kind: str, normal: str) -> DocumentNumber:
    if not (normal.isascii() and _LEI.fullmatch(normal)):
        return _flawed(kind, normal, "bad-form")
    right = is_lei(normal)
    return DocumentNumber(
        kind, normal, normal, valid=right, flag=None if right else "bad-check-digit"
    )


def _judge_permit(kind: str, text: str) -> DocumentNumber:
    """Judge a travel permit; its last two digits count the renewals and are no part of its line."""
    form, length = (_HOME_RETURN, 9) if kind == "hk_macao_permit" else (_TAIWAN, 8)
    normal = text[:1] + text[1:10].translate(_DIGIT_LOOKALIKES) + text[10:]
    if not (normal.isascii() and form.fullmatch(normal)):
        return _flawed(kind, normal, "bad-form")
    return DocumentNumber(kind, normal, normal[:length], valid=True)


def _judge_other(kind: str, normal: str, issuer: str) -> DocumentNumber:
    """Judge a number by its form, and by its country's check digits where they are known."""
    if _PLACEHOLDER.fullmatch(normal):
        return _flawed(kind, normal, "placeholder")
    if not _FORMS.get(kind, _ANY_FORM).fullmatch(normal):
        return _flawed(kind, normal, "bad-form")
    right = passes_check(kind, normal, "US" if kind == "ssn" else issuer)
    flag = "bad-check-digit" if right is False else None
    return DocumentNumber(kind, normal, normal, valid=flag is None, flag=flag)


def _judge_tax_number(kind: str, normal: str) -> DocumentNumber:
    """A company pays taxes under its unified code, a person under her resident id."""
    judged = _judge_uscc(kind, normal)
    return _judge_resident(kind, normal) if judged.flag == "bad-form" else judged


_JUDGES: dict[str, Callable[[str, str], DocumentNumber]] = {
    "cn_resident_id": _judge_resident,
    "household_register": _judge_resident,
    "hk_macao_residence_permit": _judge_resident,
    "taiwan_residence_permit": _judge_resident,
    "cn_foreign_permanent_residence": _judge_foreign_card,
    "hk_macao_permit": _judge_permit,
    "taiwan_permit": _judge_permit,
    "cn_uscc": _judge_uscc,
    "cn_org_code": _judge_organisation_code,
    "cn_business_licence": _judge_licence,
    "lei": _judge_lei,
}
_JUDGES_OF_CHINA = {
    "national_id": _judge_resident,
    "driver_licence": _judge_resident,
    "tax_id": _judge_tax_number,
}
