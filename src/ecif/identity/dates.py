"""Dates as files write them, read into `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, or not at all."""

import re
from calendar import monthrange

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def partial_date_of(text: str) -> str | None:
    """Read a date in one of the forms that files use.

    Returns:
        `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; `None` when the text is no day of the calendar, or may mean two days.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    if not (1000 <= year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return text.strip()


def is_placeholder_date(date: str) -> bool:
    """Whether systems write this date when they do not know it (1 January, 1900, 9999)."""
    return date.endswith("-01-01") or date[:4] in {"1900", "9999"}
