"""A file of rows → columns of text: CSV, NDJSON or Parquet, whatever its encoding and delimiter."""

import codecs
import io
from glob import escape
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
"""Text files that are larger are kept packed while their columns are read."""
_PIECE_BYTES = 1 << 20


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
    return taken(scan_file(path, names), pl.all())


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
        rows = _rows_of(path, head)
        width = len(rows.collect_schema())
    except OSError as error:
        raise FileUnreadable(f"The file cannot be opened: {error.strerror}.") from None
    except (PolarsError, UnicodeError, ValueError) as error:
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


def _rows_of(path: Path, head: bytes) -> pl.LazyFrame:
    """Parquet where it lies; text as it is while it is small, then packed, a piece of the file at a time."""
    if format_of(head) == "parquet":
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)
    text = _text_of(path, head)
    if path.stat().st_size < PACKED_FROM_BYTES:
        return text.collect().lazy()
    packed = io.BytesIO()
    text.sink_parquet(packed)
    return pl.scan_parquet(packed.getvalue())


def _text_of(path: Path, head: bytes) -> pl.LazyFrame:
    """The rows of a CSV or NDJSON file; it is read as often as they are asked for."""
    encoding = _encoding_of(path, head)
    # Escaped: a star in the name of a file is no pattern.
    text: str | bytes = (
        escape(str(path)) if encoding == "utf-8" else path.read_bytes().decode(encoding).encode()
    )
    if format_of(head) == "ndjson":
        return pl.scan_ndjson(text, infer_schema_length=None)
    first_line, _, _ = head.decode(encoding, errors="ignore").encode().partition(b"\n")
    return pl.scan_csv(
        text,
        separator=delimiter_of(first_line),
        infer_schema=False,
        truncate_ragged_lines=True,
    )


def _encoding_of(path: Path, head: bytes) -> str:
    """The encoding that the whole file is in.

    Raises:
        FileUnreadable: It is in none that is known here.
    """
    for encoding in encodings_of(head):
        if _is_in(encoding, path):
            return encoding
    raise FileUnreadable("The text of the file is in no encoding that is known here.")


def _is_in(encoding: str, path: Path) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while piece := file.read(_PIECE_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
