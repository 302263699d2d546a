import codecs
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecif.intake import FileNotReadable, Reject, rows_of, survey
from ecif.intake.files import MAX_LINE_BYTES

TABLE = "full_name,phone\n张伟,1\n李娜,2\n"
ROWS = [(2, {"full_name": "张伟", "phone": "1"}), (3, {"full_name": "李娜", "phone": "2"})]


def read(content: bytes, encoding: str | None = None) -> list[Any]:
    seen = survey(io.BytesIO(content), encoding=encoding)
    return list(rows_of(io.BytesIO(content), seen))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("gb18030", b""),
    ],
)
def test_the_encoding_of_a_table_is_found_out(encoding: str, mark: bytes) -> None:
    assert read(mark + TABLE.encode(encoding)) == ROWS


def test_an_encoding_that_cannot_be_found_out_may_be_told() -> None:
    assert read("full_name,phone\nMüller,1\n".encode("cp1252"), "cp1252") == [
        (2, {"full_name": "Müller", "phone": "1"})
    ]
    with pytest.raises(FileNotReadable):
        read(TABLE.encode(), "klingon")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_line_with_a_broken_byte_is_rejected_and_the_others_are_read(encoding: str) -> None:
    lines = TABLE.encode(encoding).splitlines(keepends=True)
    [good, bad] = lines[1:]
    content = lines[0] + good * 50 + bad.replace(b",2", b"\xff,2") + good

    rows = read(content)

    rejected = [row for row in rows if isinstance(row, Reject)]
    assert [reject.line for reject in rejected] == [52]
    assert len(rows) == 52


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    assert read(TABLE.replace(",", delimiter).encode()) == ROWS


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    content = 'full_name,phone\r\n"张\n伟",1\r\n\r\n李娜,2\r\n王芳\r\n"a",b,c\r\n赵敏,5'

    rows = read(content.encode())

    assert [row.line if isinstance(row, Reject) else row[0] for row in rows] == [2, 5, 6, 7, 8]
    assert [row.line for row in rows if isinstance(row, Reject)] == [6, 7]
    assert rows[0][1]["full_name"] == "张\n伟"


def test_an_open_quotation_mark_swallows_no_line_in_silence() -> None:
    content = "full_name,phone\n" + '"张伟,1\n' + "李娜,2\n" * 20_000

    rows = read(content.encode())

    assert isinstance(rows[0], Reject)
    assert rows[0].line == 2
    assert "up to line" in rows[0].reason


@pytest.mark.parametrize(
    "content", [b"", b"  \n ", b'[{"full_name": "x"}]', b"a,a\n1,2\n", b"PAR1 is not enough"]
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(FileNotReadable):
        read(content)


def test_lines_of_json_are_read_one_by_one() -> None:
    content = (
        b'\xef\xbb\xbf{"full_name": "a"}\n\n{"full_name": \n[1]\n{"full_name": "\xff"}\n'
        + b'{"full_name": "'
        + b"x" * MAX_LINE_BYTES
        + b'"}\n{"phone": 2}'
    )

    rows = read(content)

    assert [row for row in rows if not isinstance(row, Reject)] == [
        (1, {"full_name": "a"}),
        (7, {"phone": 2}),
    ]
    assert [row.line for row in rows if isinstance(row, Reject)] == [3, 4, 5, 6]


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "people"
    pl.DataFrame({"full_name": ["张伟", None], "source_version": [1, 2]}).write_parquet(path)

    assert read(path.read_bytes()) == [
        (1, {"full_name": "张伟", "source_version": 1}),
        (2, {"full_name": None, "source_version": 2}),
    ]


def test_the_share_of_what_is_read_rises_to_one() -> None:
    content = TABLE.encode() + "王芳,3\n".encode() * 10_000
    rows = rows_of(io.BytesIO(content), survey(io.BytesIO(content)))

    shares = [rows.share for _ in rows]

    assert shares == sorted(shares)
    assert shares[0] < 0.2
    assert rows.share == 1
