"""Numbers of China's resident cards, and of the permits that are numbered like them, judged."""

import re
from dataclasses import replace
from datetime import date

from ecif.identity.check_digits import resident_check_digit, resident_line_of
from ecif.identity.document_numbers import DIGIT_LOOKALIKES, DocumentNumber, flawed
from ecif.identity.scripts import word_list

_RESIDENT = re.compile(r"\d{17}[\dX]")
_OLD_RESIDENCE_CARD = re.compile(r"[A-Z]{3}\d{12}")
_RUN_OF_X = re.compile(r"X{2,}")

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


def judge_resident(kind: str, text: str) -> DocumentNumber:
    """Judge a number of the GB 11643 form, 15 or 18 characters, whichever card it stands on."""
    if text.isascii() and _RESIDENT.fullmatch(text):
        return _judge_eighteen(kind, text)
    normal = text.replace("Х", "X").translate(DIGIT_LOOKALIKES)
    if len(normal) == 15 and normal.isascii() and normal.isdigit():
        full = resident_line_of(normal)
        judged = _judge_eighteen(kind, full)
        return replace(judged, normal=normal, line=full)
    if not (normal.isascii() and _RESIDENT.fullmatch(normal)):
        masked = len(text) in (15, 18) and _RUN_OF_X.search(text) is not None
        return flawed(
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


def judge_foreign_card(kind: str, text: str) -> DocumentNumber:
    """Judge a foreign permanent resident card, of the new form (18 digits) or the old one (15).

    The old number does not hold the new one, so the two are no succession.

    Source: National Immigration Administration, card version 2023, in force from 1 December 2023.
    """
    old = text[:3] + text[3:].translate(DIGIT_LOOKALIKES)
    if len(text) == 15 and old.isascii() and _OLD_RESIDENCE_CARD.fullmatch(old):
        # Two digits of the year: any century will do, 2000 and 1900 differ in one day only.
        right = _is_birth_date("20" + old[7:13])
        return DocumentNumber(
            kind, old, old, valid=right, flag=None if right else "bad-date", region=old[3:7]
        )
    return judge_resident(kind, text) if len(text) == 18 else flawed(kind, text, "bad-form")
