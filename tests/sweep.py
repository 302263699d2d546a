"""The canary sweep: made-up people whose values must never turn up where a run leaves traces.

Tests that go through a whole story use these values. After the last test everything the run has
left behind is read: the application's log, PostgreSQL's log, its tables' files and its write-ahead
log. One hit fails the run.
"""

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
"""What is looked for, as written, in capitals and in small letters; the e-mail holds the name."""

_NEEDLES = {spelt.encode() for value in CANARIES for spelt in (value, value.upper(), value.lower())}
CHUNK_BYTES = 1 << 24
_OVERLAP_BYTES = max(map(len, _NEEDLES)) - 1


def findings(folder: Path) -> list[str]:
    """Every file below `folder` that holds a canary; the value itself is not told."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path.relative_to(folder)) for path in files if _holds_a_canary(path)]


def _holds_a_canary(path: Path) -> bool:
    with path.open("rb") as file:
        end_of_last = b""
        while chunk := file.read(CHUNK_BYTES):
            window = end_of_last + chunk
            if any(needle in window for needle in _NEEDLES):
                return True
            end_of_last = window[-_OVERLAP_BYTES:]
    return False
