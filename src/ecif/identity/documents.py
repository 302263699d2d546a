"""Document numbers in one comparable form, judged: form, date, check digit, succession."""

import re
from collections.abc import Callable
from functools import lru_cache

from ecif.identity.check_digits import (
    is_lei,
    licence_check_digit,
    organisation_check_digit,
    uscc_check_digit,
)
from ecif.identity.document_numbers import DIGIT_LOOKALIKES, DocumentNumber, flawed
from ecif.identity.foreign_numbers import passes_check
from ecif.identity.profile import Document
from ecif.identity.resident_numbers import judge_foreign_card, judge_resident
from ecif.identity.scripts import settled, written_form

_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−./\\_·,'\"():#]+")
_MASKS = re.compile(r"[*●•□■〇○×✱∗?]")
_PLACEHOLDER = re.compile(r"(.)\1{4,}|1234567890?")

_USCC = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}")
_ORGANISATION_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_LEI = re.compile(r"[0-9A-Z]{18}\d{2}")
_HOME_RETURN = re.compile(r"[HM]\d{8}(?:\d{2})?")
_TAIWAN = re.compile(r"\d{8}(?:\d{2}[A-Z]?)?")
_FORMS = {
    "passport": re.compile(r"(?=.*\d{4})[0-9A-Z]{5,15}"),
    "military_id": re.compile(r"(?=.*\d{4}).{5,24}"),
    "birth_certificate": re.compile(r"[A-Z]\d{9}"),
}
_ANY_FORM = re.compile(r"(?=.*\d).{2,40}")


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
        return flawed(kind, normal, "masked", region=_region_shown(kind, normal))
    return _judge_other(kind, normal, issuer)


def _bare_number(text: str) -> str:
    return _MASKS.sub("*", _SEPARATORS.sub("", written_form(text).upper()))


def _region_shown(kind: str, normal: str) -> str | None:
    head = normal[2:8] if kind == "cn_uscc" else normal[:6]
    return head if kind in {"cn_resident_id", "cn_uscc"} and head.isdigit() else None


def _judge_uscc(kind: str, text: str) -> DocumentNumber:
    """Judge a unified social credit code; its line is the organisation code that it contains.

    Source: GB 32100-2015, clause 4: registrar, category, region of 6 digits, organisation code of
    9, check character.
    """
    normal = text[:2] + text[2:8].translate(DIGIT_LOOKALIKES) + text[8:]
    if not (normal.isascii() and _USCC.fullmatch(normal)):
        return flawed(kind, normal, "bad-form")
    right = uscc_check_digit(normal[:17]) == normal[17]
    flag = None if right else "bad-check-digit"
    return DocumentNumber(kind, normal, normal[8:17], valid=right, flag=flag, region=normal[2:8])


def _judge_organisation_code(kind: str, normal: str) -> DocumentNumber:
    if len(normal) == 18:
        return _judge_uscc("cn_uscc", normal)
    if not (normal.isascii() and _ORGANISATION_CODE.fullmatch(normal)):
        return flawed(kind, normal, "bad-form")
    right = organisation_check_digit(normal[:8]) == normal[8]
    return DocumentNumber(
        kind, normal, normal, valid=right, flag=None if right else "bad-check-digit"
    )


def _judge_licence(kind: str, text: str) -> DocumentNumber:
    normal = text.translate(DIGIT_LOOKALIKES)
    if len(text) == 18:
        return _judge_uscc("cn_uscc", text)
    if not (len(normal) in (13, 15) and normal.isascii() and normal.isdigit()):
        return flawed(kind, normal, "bad-form")
    # Numbers of 13 digits, before 2007, had no check digit.
    right = len(normal) == 13 or licence_check_digit(normal[:14]) == normal[14]
    flag = None if right else "bad-check-digit"
    return DocumentNumber(kind, normal, normal, valid=right, flag=flag, region=normal[:6])


def _judge_lei(kind: str, normal: str) -> DocumentNumber:
    if not (normal.isascii() and _LEI.fullmatch(normal)):
        return flawed(kind, normal, "bad-form")
    right = is_lei(normal)
    return DocumentNumber(
        kind, normal, normal, valid=right, flag=None if right else "bad-check-digit"
    )


def _judge_permit(kind: str, text: str) -> DocumentNumber:
    """Judge a travel permit; its last two digits count the renewals and are no part of its line."""
    form, length = (_HOME_RETURN, 9) if kind == "hk_macao_permit" else (_TAIWAN, 8)
    normal = text[:1] + text[1:10].translate(DIGIT_LOOKALIKES) + text[10:]
    if not (normal.isascii() and form.fullmatch(normal)):
        return flawed(kind, normal, "bad-form")
    return DocumentNumber(kind, normal, normal[:length], valid=True)


def _judge_other(kind: str, normal: str, issuer: str) -> DocumentNumber:
    """Judge a number by its form, and by its country's check digits where they are known."""
    if _PLACEHOLDER.fullmatch(normal):
        return flawed(kind, normal, "placeholder")
    if not _FORMS.get(kind, _ANY_FORM).fullmatch(normal):
        return flawed(kind, normal, "bad-form")
    right = passes_check(kind, normal, "US" if kind == "ssn" else issuer)
    flag = "bad-check-digit" if right is False else None
    return DocumentNumber(kind, normal, normal, valid=flag is None, flag=flag)


def _judge_tax_number(kind: str, normal: str) -> DocumentNumber:
    """A company pays taxes under its unified code, a person under her resident id."""
    judged = _judge_uscc(kind, normal)
    return judge_resident(kind, normal) if judged.flag == "bad-form" else judged


_JUDGES: dict[str, Callable[[str, str], DocumentNumber]] = {
    "cn_resident_id": judge_resident,
    "household_register": judge_resident,
    "hk_macao_residence_permit": judge_resident,
    "taiwan_residence_permit": judge_resident,
    "cn_foreign_permanent_residence": judge_foreign_card,
    "hk_macao_permit": _judge_permit,
    "taiwan_permit": _judge_permit,
    "cn_uscc": _judge_uscc,
    "cn_org_code": _judge_organisation_code,
    "cn_business_licence": _judge_licence,
    "lei": _judge_lei,
}
_JUDGES_OF_CHINA = {
    "national_id": judge_resident,
    "driver_licence": judge_resident,
    "tax_id": _judge_tax_number,
}
