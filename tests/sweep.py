"""The canary sweep: made-up people whose values must never turn up where a run leaves traces.

Tests that go through a whole story use these values. After the last test everything the run has
left behind is read: the application's log, PostgreSQL's log, its tables' files and its write-ahead
log. One hit fails the run.
"""

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

CANARY_FAMILY_NAME = "Quillfeather"
CANARY_CHINESE_NAME = "金雀扉"
CANARY_RESIDENT_ID = "110105194912317352"
CANARY_PHONE = "+8613977750642"
CANARY_EMAIL = "serinus.quillfeather@example.com"
CANARY_ADDRESS_LINE = "Birdcage Passage 7531"
CANARY_EMPLOYER = "Serinus Feather Works"

CANARIES = (
    CANARY_FAMILY_NAME,
    CANARY_CHINESE_NAME,
    CANARY_RESIDENT_ID,
    CANARY_PHONE.removeprefix("+86"),
    CANARY_ADDRESS_LINE,
    CANARY_EMPLOYER,
)
"""What is looked for, in any case; the e-mail holds the family name."""

_ANY = re.compile("|".join(map(re.escape, CANARIES)).encode(), re.IGNORECASE)


def findings(folder: Path) -> list[str]:
    """Every file below `folder` that holds a canary, and where its first one stands."""
    return [
        f"{path.relative_to(folder)} at byte {place}"
        for path in _files(folder)
        if (place := _first_canary(path)) is not None
    ]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)


def _first_canary(path: Path) -> int | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        hit = _ANY.search(content)
        return None if hit is None else hit.start()
