"""Files of records, read row by row whatever their size: CSV, NDJSON, Parquet."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO, Literal, Protocol

import orjson

from ecif.intake.rejects import Reject

Format = Literal["csv", "ndjson", "parquet"]
FileRow = tuple[int, dict[str, Any]]
"""Line (in Parquet: row) counted from 1, and column → value."""

MAX_LINE_BYTES = 1_048_576
"""A longer line is rejected, not read into memory."""

_PIECE_BYTES = 1_048_576
_DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("utf-8", "gb18030")


class FileNotReadable(Exception):
    """The file as a whole cannot be read: says why, without a value of it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file found: its form, how its text is encoded, its size and SHA-256."""

    format: Format
    encoding: str
    size_bytes: int
    digest: bytes


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


def survey(file: BinaryIO, *, encoding: str | None = None) -> Survey:
    """Look a file over once, from its beginning to its end.

    Args:
        file: Open for reading; its position afterwards is undefined.
        encoding: How its text is encoded; None finds out: a byte order mark, else UTF-8, else GB 18030, and
            if it is none of them, whichever fits longer (the lines that do not fit are rejected).

    Raises:
        FileNotReadable: It is empty, a JSON array, or names an unknown encoding.
    """
    head = file.read(4_096)
    if not head.strip():
        raise FileNotReadable("The file is empty.")
    form = _format_of(head)
    told = encoding or next((name for mark, name in _MARKS if head.startswith(mark)), None)
    guesses = {} if told or form == "parquet" else {name: _fit(name) for name in _GUESSES}
    digest, size = hashlib.sha256(), 0
    piece = head
    while piece:
        digest.update(piece)
        for fit in guesses.values():
            fit.send(piece)
        size += len(piece)
        piece = file.read(_PIECE_BYTES)
    if told is None:
        told = max(guesses, key=lambda name: guesses[name].send(b"")) if guesses else "utf-8"
    _check_known(told)
    return Survey(form, told, size, digest.digest())


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


def _format_of(head: bytes) -> Format:
    if head.startswith(b"PAR1"):
        return "parquet"
    first = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if first == b"[":
        raise FileNotReadable("This is one JSON array: write one object per line (NDJSON) instead.")
    return "ndjson" if first == b"{" else "csv"


def _check_known(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise FileNotReadable(f"There is no encoding {encoding!r}.") from None


class _Fit:
    """How many bytes of a text one encoding can read before the first that it cannot."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._fitting_bytes = 0
        self._fits = True

    def send(self, piece: bytes) -> int:
        if not self._fits:
            return self._fitting_bytes
        try:
            self._decoder.decode(piece, final=not piece)
            self._fitting_bytes += len(piece)
        except UnicodeDecodeError as error:
            self._fits = False
            self._fitting_bytes += error.start - 1
        return self._fitting_bytes


def _fit(encoding: str) -> _Fit:
    return _Fit(encoding)


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
