from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecif.intake import ReadingRules, Reject, RowReader
from ecif.intake.files import FileRow
from ecif.intake.imports_pieces import MAX_CLAIMS, Piece, pieces_of, rows_per_piece


class Lines:
    """Lines of a file that are already in memory."""

    header = ("record_id", "full_name")
    share = 0.5

    def __init__(self, *lines: FileRow | Reject) -> None:
        self.lines = lines

    def __iter__(self) -> Iterator[FileRow | Reject]:
        return iter(self.lines)

    def close(self) -> None:
        pass


def line(number: int, key: str) -> FileRow:
    return number, {"record_id": key, "full_name": "x"}


def cut(lines: Lines, done: list[tuple[int, int]], size: int) -> list[Piece]:
    return list(pieces_of(lines, RowReader(ReadingRules(source_system="core")), done, size))


def test_no_key_stands_twice_in_a_piece() -> None:
    pieces = cut(Lines(*(line(n, key) for n, key in enumerate("abcabca", 2))), [], 10)

    assert [(piece.first, piece.behind) for piece in pieces] == [(1, 5), (5, 8), (8, 9)]


def test_rejects_and_rows_that_tell_no_key_stay_in_their_place() -> None:
    lines = Lines(line(2, "a"), Reject(3, "", "broken"), line(4, ""), line(5, "b"))

    [piece] = cut(lines, [], 10)

    assert [row.line if isinstance(row, Reject) else row[0] for row in piece.rows] == [2, 3, 4, 5]


@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=40),
    st.lists(st.integers(1, 45), max_size=8),
    st.integers(1, 7),
)
def test_pieces_hold_every_line_that_is_left_once_and_never_meet(
    keys: list[str], marks: list[int], size: int
) -> None:
    borders = sorted(set(marks))
    done = list(zip(borders[::2], borders[1::2], strict=False))
    numbers = {number for first, behind in done for number in range(first, behind)}
    lines = Lines(*(line(number, key) for number, key in enumerate(keys, 2)))

    pieces = cut(lines, done, size)

    told = [row[0] for piece in pieces for row in piece.rows if not isinstance(row, Reject)]
    assert told == [number for number, _ in enumerate(keys, 2) if number not in numbers]
    spans = sorted([*done, *((piece.first, piece.behind) for piece in pieces)])
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert all(len(piece.keys) == len(piece.rows) <= size for piece in pieces)


def test_all_pieces_under_way_fit_the_lock_table() -> None:
    assert all(rows_per_piece(count) * count * 17 <= MAX_CLAIMS for count in (1, 2, 4, 8))
