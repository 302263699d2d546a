"""Whole records of a file: their dates are kept as they were told, or as text."""

import pytest

from ecif.identity import Person
from ecif.intake import ReadingRules, RowReader


@pytest.mark.parametrize(
    ("told", "read", "kept"),
    [
        ("1990-03-07", "1990-03-07", None),
        ("1990-03", "1990-03", None),
        ("1990", "1990", None),
        ("19900307", "1990-03-07", None),
        ("1990-W01-1", None, "1990-W01-1"),
        ("1990-02-30", None, "1990-02-30"),
        ("0990-02-03", None, "0990-02-03"),
    ],
)
def test_a_date_that_is_no_day_is_kept_as_text(
    told: str, read: str | None, kept: str | None
) -> None:
    row = {
        "source_system": "core",
        "source_key": "C1",
        "kind": "person",
        "names": [{"full": "张伟"}],
        "birth_date": told,
    }

    person = RowReader(ReadingRules()).message(row).identity

    assert isinstance(person, Person)
    assert (person.birth_date, person.birth_date_raw) == (read, kept)
