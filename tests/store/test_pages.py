"""Keyset pages and their cursors."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.store import BadCursor, page_of, read_cursor, write_cursor


@given(st.lists(st.integers(-(2**53), 2**53), unique=True, max_size=40), st.integers(1, 10))
def test_pages_hold_everything_once_in_order(numbers: list[int], limit: int) -> None:
    numbers.sort()
    seen: list[int] = []
    cursor: str | None = None
    while True:
        after = read_cursor(cursor, (int,))
        rows = [number for number in numbers if after is None or number > after[0]][: limit + 1]
        page = page_of(rows, limit, lambda number: [number])
        seen.extend(page.items)
        cursor = page.next
        if cursor is None:
            break

    assert seen == numbers


@given(st.text(), st.integers(-(2**53), 2**53))
def test_a_cursor_says_what_was_written(word: str, number: int) -> None:
    cursor = write_cursor([word, number])

    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert read_cursor(cursor, (str, int)) == (word, number)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor("!" + text, (int,))


@pytest.mark.parametrize("cursor", ["", "e30", "WzFd~", "WyJhIl0", "WzEsMl0", "é", "a" * 5])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(cursor, (int,))


def test_the_last_page_has_no_next() -> None:
    assert page_of([1, 2], 2, lambda number: [number]).next is None
    assert page_of([], 2, lambda number: [number]).next is None
