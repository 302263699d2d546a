"""Single values of a file → text, numbers and times; a refusal quotes no value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

MAX_KEY_CHARACTERS = 200
_SYSTEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MAX_BIGINT = 2**63 - 1
_NOT_TOLD = "\\N"
"""How database dumps write an empty value."""


class RowRefused(Exception):
    """A row cannot be taken in: its column, and why; the reason quotes no value."""

    def __init__(self, field: str, reason: str) -> None:
        """Refuse."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def text_of(value: Any, column: str) -> str:
    """A value as text; "" when it tells nothing.

    Raises:
        RowRefused: It is a list or another nest of values.
    """
    if value.__class__ is str:
        text: str = value.strip()
        return "" if text == _NOT_TOLD else text
    if value is None:
        return ""
    write = _WRITTEN.get(type(value))
    if write is None:
        raise RowRefused(column, "is not a plain value")
    return write(value)


def system_name(text: Any) -> str:
    """A source system, called as in the API: a word of letters, digits and `._-`.

    Raises:
        RowRefused: It is missing, or no such word.
    """
    if not text:
        raise RowRefused(
            "source", "is missing: a column `source`, or --source-system, names the system"
        )
    if not (isinstance(text, str) and _SYSTEM_NAME.fullmatch(text)):
        raise RowRefused("source", "is no word of up to 63 letters, digits or ._-")
    return text


def source_key(text: Any) -> str:
    """What a source system calls a record.

    Raises:
        RowRefused: It is missing, too long, or not printable.
    """
    if not text:
        raise RowRefused("record_id", "is missing")
    if not isinstance(text, str) or len(text) > MAX_KEY_CHARACTERS or not text.isprintable():
        raise RowRefused(
            "record_id", f"is no printable text of up to {MAX_KEY_CHARACTERS} characters"
        )
    return text


def whole_number(text: str | None) -> int | None:
    """A version of a record.

    Raises:
        RowRefused: It is no number, or one that is too large.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= _MAX_BIGINT):
        raise RowRefused("source_version", "is not a whole number")
    return int(text)


def moment(text: str | None) -> datetime | None:
    """A time; without a zone it is read as UTC.

    Raises:
        RowRefused: It is no time.
    """
    if text is None:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise RowRefused("changed_at", "is not a time of the form 2026-01-31T12:00:00Z") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _number(value: float) -> str:
    """Whole numbers without a point: spreadsheets and data frames turn a column with gaps into floats."""
    if value != value:  # not a number: an empty cell
        return ""
    return str(int(value)) if value.is_integer() else repr(value)


def _time(value: datetime) -> str:
    is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
    return value.date().isoformat() if is_day and value.tzinfo is None else value.isoformat()


_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    int: str,
    bool: lambda value: str(value).lower(),
    float: _number,
    Decimal: str,
    date: date.isoformat,
    datetime: _time,
}
