"""Dates: read when sure, never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.identity import is_placeholder_date, partial_date_of
from tests.identity.texts import ANY_TEXT


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1990-03-07", "1990-03-07"),
        ("1990/3/7", "1990-03-07"),
        ("1990.03.07", "1990-03-07"),
        ("19900307", "1990-03-07"),
        ("1990年3月7日", "1990-03-07"),
        ("一九九〇年十二月二十一日", "1990-12-21"),
        ("１９９０－０３－０７", "1990-03-07"),
        ("07.03.1990", "1990-03-07"),
        ("17/03/1990", "1990-03-17"),
        ("03/17/1990", "1990-03-17"),
        ("7 Mar 1990", "1990-03-07"),
        ("March 7, 1990", "1990-03-07"),
        ("1990-03-07T00:00:00Z", "1990-03-07"),
        ("199003", "1990-03"),
        ("1990年", "1990"),
    ],
)
def test_the_notations_of_files_are_read(written: str, read: str) -> None:
    assert partial_date_of(written) == read


@pytest.mark.parametrize(
    "written", ["07/03/1990", "1990-02-30", "1990-13-01", "0000-00-00", "soon", "07/03/90"]
)
def test_a_date_that_is_none_or_may_be_two_is_not_read(written: str) -> None:
    assert partial_date_of(written) is None


@pytest.mark.parametrize("day", ["1990-01-01", "1900-01-01", "1900-01", "9999-12-31", "1970-01-01"])
def test_dates_that_stand_for_unknown_are_known(day: str) -> None:
    assert is_placeholder_date(day)


def test_an_ordinary_birthday_is_no_placeholder() -> None:
    assert not is_placeholder_date("1990-03-07")


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_in_every_sure_notation(day: date) -> None:
    notations = (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%d.%m.%Y}",
    )

    assert {partial_date_of(text) for text in notations} == {day.isoformat()}


@given(ANY_TEXT)
def test_any_text_is_read_or_not_and_reading_twice_changes_nothing(text: str) -> None:
    read = partial_date_of(text)

    assert read is None or partial_date_of(read) == read
