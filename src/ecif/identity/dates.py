"""Dates as files write them, read into `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, or not at all."""

import re
from calendar import monthrange
from functools import lru_cache

from ecif.identity.scripts import word_list, written_form

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
"""As most records tell it: nothing else needs to be tried."""
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?|(\d{2})(\d{2})?|年(?:(\d{1,2})月(?:(\d{1,2})[日号]?)?)?)?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?Z|[+-]\d{2}:?\d{2})?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep september sept",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_WORDED = re.compile(
    r"(?:(\d{1,2})[ .-]+([A-Za-z]{3,9})|([A-Za-z]{3,9})[ .-]+(\d{1,2}))[ ,.-]+(\d{4})"
)
_HANZI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HANZI_NUMBER = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?")
_PLACEHOLDERS = frozenset(
    word_list(
        "1900-01 1900 1901-01-01 1899-12-31 1899-12-30 1970-01-01 9999-12-31 9999 2099-12-31 "
        "1111-11-11"
    )
)


@lru_cache(maxsize=4_096)
def partial_date_of(text: str) -> str | None:
    """Read a date in one of the forms that files use.

    Args:
        text: `1990-03-07`, `1990/3/7`, `19900307`, `1990年3月7日`, `07.03.1990`, `7 Mar 1990`, with or without a time;
            or a month or a year of these.

    Returns:
        `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. `None` when the text is no day of the calendar, or may mean two days:
        `07/03/1990` is 7 March or 3 July; with points the day always goes first (DIN 5008).
    """
    day = _DAY.fullmatch(text)
    if day:
        return _calendar(*day.groups())
    plain = _TIME.sub("", _arabic(written_form(text)).strip().rstrip("."))
    found = _YEAR_FIRST.fullmatch(plain.replace(" ", "") if "年" in plain else plain)
    if found:
        return _calendar(
            found[1], found[3] or found[5] or found[7], found[4] or found[6] or found[8]
        )
    worded = _WORDED.fullmatch(plain)
    if worded:
        month = _MONTHS.get((worded[2] or worded[3]).lower())
        return _calendar(worded[5], str(month), worded[1] or worded[4]) if month else None
    last = _YEAR_LAST.fullmatch(plain)
    return _year_last(*last.groups()) if last else None


def is_placeholder_date(date: str) -> bool:
    """Whether systems write this date when they do not know it: 1 January of any year, the ends of their calendars."""
    return date.endswith("-01-01") or date in _PLACEHOLDERS or date.startswith(("9999", "0001"))


def _arabic(text: str) -> str:
    """Chinese numerals in digits, in dates written out (一九九〇年三月七日)."""
    if "年" not in text:
        return text
    return _HANZI_NUMBER.sub(_ten, text).translate(_HANZI_DIGITS)


def _ten(number: re.Match[str]) -> str:
    tens, ones = number[0].split("十")
    return (tens or "一") + (ones or "〇")


def _year_last(first: str, sign: str, second: str, year: str) -> str | None:
    if sign == "." or int(first) > 12 or first == second:
        return _calendar(year, second, first)
    return _calendar(year, first, second) if int(second) > 12 else None


def _calendar(year: str, month: str | None, day: str | None) -> str | None:
    """The date in ISO 8601, if the calendar has it."""
    if int(year) < 1000 or (month and not 1 <= int(month) <= 12):
        return None
    if not month:
        return year
    if not day:
        return f"{year}-{int(month):02d}"
    if not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        return None
    return f"{year}-{int(month):02d}-{int(day):02d}"
