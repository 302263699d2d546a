"""A file of rows → columns of text: CSV, NDJSON or Parquet, whatever its encoding and delimiter."""

import codecs
import csv
import io
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from ecif.identity import ColumnNames

_ENCODINGS = ("utf-8", "gb18030", "cp1252")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
HEAD_BYTES = 65_536
PACKED_FROM_BYTES = 50_000_000
"""Rows of text that take more are kept packed: ten million of them take half a gigabyte instead of four."""


class FileUnreadable(Exception):
    """The file as a whole cannot be read: says why, without a value of it."""


def read_file(path: Path, names: ColumnNames | None = None) -> pl.DataFrame:
    """Read a file whole; columns keep their order.

    Args:
        path: The file.
        names: What it calls its columns; without it they keep their names.

    Raises:
        FileUnreadable: It does not exist, is empty, or is neither CSV, NDJSON nor Parquet.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        frame = _frame_of(path, head)
    except OSError as error:
        raise FileUnreadable(f"The file cannot be opened: {error.strerror}.") from None
    except (PolarsError, csv.Error, UnicodeError, ValueError) as error:
        raise FileUnreadable(f"The file cannot be read ({type(error).__name__}).") from None
    if not frame.width:
        raise FileUnreadable("The file is empty.")
    return in_our_words(frame.lazy(), names).collect() if names else frame


def scan_file(path: Path, names: ColumnNames | None = None) -> pl.LazyFrame:
    """The rows of a file, its columns read when they are asked for: in place from Parquet, others from what was packed.

    Args:
        path: The file.
        names: What it calls its columns; without it they keep their names.

    Raises:
        FileUnreadable: It does not exist, is empty, or is neither CSV, NDJSON nor Parquet.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        rows = (
            pl.scan_parquet(path, glob=False, hive_partitioning=False)
            if format_of(head) == "parquet"
            else _packed(read_file(path))
        )
        width = len(rows.collect_schema())
    except OSError as error:
        raise FileUnreadable(f"The file cannot be opened: {error.strerror}.") from None
    except PolarsError as error:
        raise FileUnreadable(f"The file cannot be read ({type(error).__name__}).") from None
    if not width:
        raise FileUnreadable("The file is empty.")
    return in_our_words(rows, names) if names else rows


def taken(rows: pl.LazyFrame, *columns: str | pl.Expr) -> pl.DataFrame:
    """Some columns of a file, or what is asked about them.

    Raises:
        FileUnreadable: They cannot be read.
    """
    try:
        return rows.select(*columns).collect()
    except (PolarsError, OSError) as error:
        raise FileUnreadable(f"The file cannot be read ({type(error).__name__}).") from None


def in_our_words(rows: pl.LazyFrame, names: ColumnNames) -> pl.LazyFrame:
    """The same rows, their columns named as we do; what holds for all of them is a column of its own."""
    given = names.renamed(rows.collect_schema().names())
    return rows.select(pl.col(column).alias(word) for column, word in given.items()).with_columns(
        pl.lit(value).alias(word)
        for word, value in names.constants.items()
        if word not in given.values()
    )


def format_of(head: bytes) -> str:
    """Which of `parquet`, `ndjson` and `csv` a file is that begins so.

    Raises:
        FileUnreadable: It is none of them.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if not head.strip():
        raise FileUnreadable("The file is empty.")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start == b"[":
        raise FileUnreadable("This is one JSON array: write one object per line (NDJSON) instead.")
    return "ndjson" if start == b"{" else "csv"


def encodings_of(head: bytes) -> tuple[str, ...]:
    """The encodings that a text may have that begins so, the likeliest first."""
    told = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    return (told,) if told else _ENCODINGS


def delimiter_of(first_line: bytes) -> str:
    """What parts the columns of a CSV file."""
    return max(_DELIMITERS, key=first_line.decode(errors="replace").count)


def _packed(frame: pl.DataFrame) -> pl.LazyFrame:
    """The same rows; where they are many, without holding more of them unpacked than is asked for."""
    if frame.estimated_size() < PACKED_FROM_BYTES:
        return frame.lazy()
    packed = io.BytesIO()
    frame.write_parquet(packed)
    return pl.scan_parquet(packed.getvalue())


def _frame_of(path: Path, head: bytes) -> pl.DataFrame:
    form = format_of(head)
    if form == "parquet":
        return pl.read_parquet(path)
    text = _text_of(path, head)
    if form == "ndjson":
        return pl.read_ndjson(io.BytesIO(text), infer_schema_length=None)
    return _csv(text)


def _text_of(path: Path, head: bytes) -> bytes:
    """The content as UTF-8."""
    content = path.read_bytes()
    for encoding in encodings_of(head):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return content if encoding == "utf-8" else text.encode()
    raise FileUnreadable("The text of the file is in no encoding that is known here.")


def _csv(text: bytes) -> pl.DataFrame:
    return pl.read_csv(
        text,
        separator=delimiter_of(text[: text.find(b"\n") + 1 or len(text)]),
        infer_schema=False,
        truncate_ragged_lines=True,
    )
