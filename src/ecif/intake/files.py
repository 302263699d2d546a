"""Files of records, read row by row whatever their size: CSV, NDJSON, Parquet."""

import codecs
import csv
import io
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO, Protocol

import orjson

from ecif.intake.files_survey import FileNotReadable, Survey
from ecif.intake.rejects import Reject

FileRow = tuple[int, dict[str, Any]]
"""Line (in Parquet: row) counted from 1, and column → value."""

MAX_LINE_BYTES = 1_048_576
"""A longer line is rejected, not read into memory."""

_DELIMITERS = ",;\t|"


class Rows(Protocol):
    """The rows of one file, in its order; `header` is empty where every row names its own columns."""

    @property
    def header(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[FileRow | Reject]: ...

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""

    def close(self) -> None:
        """Let the file go, which stays open."""


def rows_of(file: BinaryIO, seen: Survey) -> Rows:
    """Read the rows of a surveyed file from its beginning; who opened the file closes it, after the rows.

    Raises:
        FileNotReadable: Its header or its Parquet footer cannot be read.
    """
    file.seek(0)
    if seen.format == "parquet":
        return _parquet_rows(file)
    if seen.format == "ndjson":
        return _JsonRows(file, seen)
    return _CsvRows(file, seen)


def _parquet_rows(file: BinaryIO) -> Rows:
    """Arrow is loaded for files that need it: it takes as long as the first thousand lines of another file."""
    try:
        rows: Rows = import_module("ecif.intake.files_parquet").ParquetRows(file)
    except (ValueError, OSError):
        raise FileNotReadable("The Parquet file is damaged or incomplete.") from None
    return rows


class _CsvRows:
    """Rows of a CSV file: the first line is the header, the delimiter is found in it."""

    def __init__(self, file: BinaryIO, seen: Survey) -> None:
        self._file, self._size = file, seen.size_bytes
        self._text = text = io.TextIOWrapper(
            file, encoding=seen.encoding, errors="surrogateescape", newline=""
        )
        first = text.readline(MAX_LINE_BYTES)
        self._encoding = seen.encoding
        self._reader = csv.reader(chain([first], text), delimiter=max(_DELIMITERS, key=first.count))
        self.header = tuple(name.strip() for name in next(self._reader, []))
        named = [name for name in self.header if name]
        if len(set(named)) < len(named):
            raise FileNotReadable("Two columns of the header have the same name.")
        if not named:
            raise FileNotReadable("The first line must name the columns.")

    @property
    def share(self) -> float:
        """Read so far, in bytes of the file."""
        return min(1.0, self._file.tell() / max(1, self._size))

    def close(self) -> None:
        """Let the file go."""
        self._text.detach()

    def __iter__(self) -> Iterator[FileRow | Reject]:
        header, width, reader = self.header, len(self.header), self._reader
        while True:
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Reject(line, "", f"cannot be read as CSV up to line {reader.line_num}")
                continue
            if not any(values):
                continue
            if len(values) != width:
                place = "" if reader.line_num == line else f" up to line {reader.line_num}"
                yield Reject(line, "", f"has {len(values)} values{place}, the header has {width}")
            elif not _is_text("".join(values)):
                yield Reject(line, "", f"has bytes that are not {self._encoding}")
            else:
                yield line, dict(zip(header, values, strict=True))


def _is_text(text: str) -> bool:
    """No byte of it was kept undecoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _JsonRows:
    """Rows of an NDJSON file: one object per line, each names its own columns."""

    header: tuple[str, ...] = ()

    def __init__(self, file: BinaryIO, seen: Survey) -> None:
        self._file, self._size = file, seen.size_bytes
        self._encoding = seen.encoding

    @property
    def share(self) -> float:
        """Read so far, in bytes of the file."""
        return min(1.0, self._file.tell() / max(1, self._size))

    def close(self) -> None:
        """Nothing is held."""

    def __iter__(self) -> Iterator[FileRow | Reject]:
        line = 0
        while raw := self._file.readline(MAX_LINE_BYTES):
            line += 1
            if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
                while (rest := self._file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    continue
                yield Reject(line, "", f"is longer than {MAX_LINE_BYTES} bytes")
                continue
            if line == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if raw.strip():
                yield self._row(line, raw)

    def _row(self, line: int, raw: bytes) -> FileRow | Reject:
        try:
            row = orjson.loads(raw.decode(self._encoding))
        except ValueError:
            return Reject(line, "", "is not valid JSON")
        if not isinstance(row, dict):
            return Reject(line, "", "is not a JSON object")
        return line, row
