"""A file cut into pieces: lines that stand together, no source key twice, small enough for one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecif.intake.files import FileRow, Rows
from ecif.intake.messages import RowReader
from ecif.intake.rejects import Reject

MAX_ROWS = 50
"""A transaction of so many holds its claims for well under half a second (D22), and seldom meets another's."""

MAX_CLAIMS = 5_000
"""How many claims all pieces under way may hold together; PostgreSQL's default lock table has room for 6,400."""

_CLAIMS_PER_ROW = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines from `first` up to before `behind`; `keys` are their source systems and keys.

    `share` is how much of the file has been read with it, 0 to 1.
    """

    first: int
    behind: int
    rows: Sequence[FileRow | Reject]
    keys: frozenset[tuple[str, str]]
    share: float


def rows_per_piece(pieces_under_way: int) -> int:
    """How many rows a piece may have when so many pieces are taken in at a time."""
    return max(10, min(MAX_ROWS, MAX_CLAIMS // (_CLAIMS_PER_ROW * pieces_under_way)))


def pieces_of(
    rows: Rows, reader: RowReader, done: Sequence[tuple[int, int]], size: int
) -> Iterator[Piece]:
    """Cut what is left of a file into pieces.

    Args:
        rows: The file, from its beginning.
        reader: Knows the key of a row.
        done: Lines that have been taken in, as (first, first behind), rising; they are passed over.
        size: The most rows of a piece.
    """
    gaps = _Gaps(done)
    first, held, keys = 1, list[FileRow | Reject](), set[tuple[str, str]]()
    for row in rows:
        line, key = (row.line, None) if isinstance(row, Reject) else (row[0], reader.key(row[1]))
        left_from = gaps.left_from(line)
        if held and (left_from > first or len(held) >= size or key in keys):
            yield _piece(first, held, keys, rows.share)
            first, held, keys = _line_of(held[-1]) + 1, [], set()
        first = max(first, left_from)
        if line < left_from:
            continue
        held.append(row)
        if key is not None:
            keys.add(key)
    if held:
        yield _piece(first, held, keys, 1.0)


def _piece(
    first: int, held: Sequence[FileRow | Reject], keys: set[tuple[str, str]], share: float
) -> Piece:
    behind = _line_of(held[-1]) + 1
    return Piece(first=first, behind=behind, rows=held, keys=frozenset(keys), share=share)


def _line_of(row: FileRow | Reject) -> int:
    return row.line if isinstance(row, Reject) else row[0]


class _Gaps:
    """Walks along the lines that are done; asked for rising lines."""

    def __init__(self, done: Sequence[tuple[int, int]]) -> None:
        self._to_come = list(reversed(done))
        self._behind = 0

    def left_from(self, line: int) -> int:
        """The end of the last run of done lines that begins at or before a line; above it, the line is done."""
        while self._to_come and self._to_come[-1][0] <= line:
            self._behind = self._to_come.pop()[1]
        return self._behind
