import csv
import io

import pytest

from ecif.intake.rejects import Reject, RejectFile

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
TAILS = [
    "1+1",
    'cmd|"/C calc"!A0',
    'HYPERLINK("x")',
    "SUM(A1:A9)",
    "",
    " x",
    '"quoted"',
    "x,y",
    "x;y",
]
PAYLOADS = [
    f"{blank}{start}{tail}" for blank in ("", " ", "  ") for start in STARTS for tail in TAILS
]


def written(
    *rejects: Reject, rows: list[tuple[int, dict[str, object]]], header: list[str]
) -> list[list[str]]:
    out = io.StringIO(newline="")
    RejectFile(out, rows, header).add(rejects)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


@pytest.mark.parametrize("place", ["value", "column"])
def test_no_cell_of_a_reject_file_is_a_formula(place: str) -> None:
    assert len(PAYLOADS) >= 250
    for payload in PAYLOADS:
        column = payload if place == "column" else "note"
        rows: list[tuple[int, dict[str, object]]] = [(2, {column: payload})]

        table = written(Reject(2, column, "is missing"), rows=rows, header=[column])

        for line in table:
            for cell in line:
                assert not cell.lstrip(" ").startswith(tuple(STARTS)), payload
        assert table[1][3] == f"'{payload}"


def test_a_line_without_a_row_has_empty_cells_and_rows_without_a_header_are_json() -> None:
    rows: list[tuple[int, dict[str, object]]] = [(1, {"a": 1}), (4, {"a": [2]})]

    table = written(
        Reject(1, "a", "x"),
        Reject(2, "", "is not valid JSON"),
        Reject(4, "a", "y"),
        rows=rows,
        header=[],
    )

    assert table == [
        ["line", "field", "reason", "row"],
        ["1", "a", "x", '{"a":1}'],
        ["2", "", "is not valid JSON", ""],
        ["4", "a", "y", '{"a":[2]}'],
    ]
