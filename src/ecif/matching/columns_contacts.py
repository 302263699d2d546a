"""Telephone numbers and e-mail addresses in columns, and their levels of `resemblance`, for many pairs at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns_words import Codes, Marks, PackedTexts, Words, edits_of
from ecif.matching.comparisons import EMAIL_LEVELS, NUMBER_LEVELS
from ecif.matching.resemblance import SHORT_NAME_LETTERS

Levels = npt.NDArray[np.int8]

_NUMBER = {level: np.int8(code) for code, level in enumerate(NUMBER_LEVELS)}
_EMAIL = {level: np.int8(code) for code, level in enumerate(EMAIL_LEVELS)}

_PACKED = 16
"""So many digits have room in 64 bits."""


class EmailColumn(NamedTuple):
    """E-mail addresses, and what stands before their @: a number that tells equal ones, and whether it tells much."""

    texts: PackedTexts
    local: Codes
    is_long: Marks

    @classmethod
    def of(cls, emails: Sequence[str]) -> "EmailColumn":
        """Lay addresses out."""
        local = Words.of(email.partition("@")[0] for email in emails)
        long = local.marks(lambda text: len(text) > SHORT_NAME_LETTERS)
        return cls(_packed(emails), local.codes, long)


class PhoneColumn(NamedTuple):
    """Telephone numbers: `digits` packs them, four bits each, but of those that are `is_odd`."""

    texts: PackedTexts
    digits: npt.NDArray[np.uint64]
    length: npt.NDArray[np.int8]
    is_odd: Marks

    @classmethod
    def of(cls, phones: Sequence[str]) -> "PhoneColumn":
        """Lay numbers out."""
        texts = _packed(phones)
        signs = np.frombuffer(texts.letters + b" ", dtype=np.uint8)
        starts, ends = texts.ends - texts.sizes, texts.ends
        starts = starts + (signs[starts] == ord("+"))
        odd = (starts >= ends) | (ends - starts > _PACKED)
        digits = np.zeros(len(texts), dtype=np.uint64)
        for place in range(_PACKED):
            told = starts + place < ends
            sign = signs[np.where(told, starts + place, -1)]
            odd |= told & ((sign < ord("0")) | (sign > ord("9")))
            more = (digits << np.uint64(4)) | (sign & np.uint8(15)).astype(np.uint64)
            digits = np.where(told, more, digits)
        length = np.minimum(texts.sizes, 100).astype(np.int8)
        for strange in np.nonzero(odd)[0].tolist():
            length[strange] = min(len(texts[strange]), 100)
        return cls(texts, np.where(odd, np.uint64(0), digits), length, odd)


def _packed(texts: Sequence[str]) -> PackedTexts:
    return texts if isinstance(texts, PackedTexts) else PackedTexts.of(texts)


def phone_levels(phones: PhoneColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `number_level`."""
    levels = np.where(a == b, _NUMBER["same"], _NUMBER["different"])
    [rest] = np.nonzero((a != b) & _may_be_one_off(phones, a, b))
    near = edits_of(phones.texts[a[rest]], phones.texts[b[rest]], 1) <= 1
    levels[rest[near]] = _NUMBER["one_off"]
    return levels


def _may_be_one_off(phones: PhoneColumn, a: Codes, b: Codes) -> Marks:
    """Not where numbers of one length differ in more than two digits, or their lengths in more than one."""
    longer = np.abs(phones.length[a] - phones.length[b])
    differ = phones.digits[a] ^ phones.digits[b]
    differ |= differ >> np.uint64(2)
    differ |= differ >> np.uint64(1)
    few = np.bitwise_count(differ & np.uint64(0x1111111111111111)) <= 2
    marks: Marks = np.where(longer == 0, few, longer == 1) | (phones.is_odd[a] | phones.is_odd[b])
    return marks


def email_levels(emails: EmailColumn, a: Codes, b: Codes) -> Levels:
    """The levels of `email_level`."""
    levels = np.where(a == b, _EMAIL["same"], _EMAIL["different"])
    [rest] = np.nonzero(a != b)
    near = edits_of(emails.texts[a[rest]], emails.texts[b[rest]], 2) <= 2
    levels[rest[near]] = _EMAIL["close"]
    local = emails.local[a] == emails.local[b]
    levels[(a != b) & local & emails.is_long[a]] = _EMAIL["same_local"]
    return levels
