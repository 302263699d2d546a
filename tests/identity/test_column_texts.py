"""Single values of a file."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ecif.identity import RowRefused, moment, source_key, system_name, whole_number
from tests.identity.rows import read


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.0, "10"),
        (1.5, "1.5"),
        (7, "7"),
        (True, "true"),
        (Decimal("7.50"), "7.50"),
        (date(1990, 3, 7), "1990-03-07"),
        (datetime(1990, 3, 7), "1990-03-07"),  # noqa: DTZ001  # as data frames hold days
        (float("nan"), None),
        (None, None),
        ("\\N", None),
        ("  ", None),
    ],
)
def test_values_of_any_plain_type_are_read(value: object, text: str | None) -> None:
    assert read({"full_name": "王芳", "branch": value}).extra.get("branch") == text


def test_versions_and_times_of_a_record() -> None:
    assert whole_number("17") == 17
    assert moment("2026-01-31T12:00:00+08:00") == datetime(2026, 1, 31, 4, tzinfo=UTC)
    assert moment("2026-01-31 12:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read_word", "word", "field"),
    [
        (whole_number, "1.5", "source_version"),
        (whole_number, "9" * 19 + "9", "source_version"),
        (moment, "yesterday", "changed_at"),
        (system_name, "core banking", "source"),
        (system_name, "", "source"),
        (source_key, "", "record_id"),
        (source_key, "a\x1fb", "record_id"),
        (source_key, "k" * 201, "record_id"),
    ],
)
def test_words_about_the_record_are_checked(
    read_word: Callable[[str], object], word: str, field: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        read_word(word)

    assert refused.value.field == field
