"""A file looked over once before its rows are read: its form, how its text is encoded, its size and digest."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import BinaryIO, Literal

Format = Literal["csv", "ndjson", "parquet"]

_PIECE_BYTES = 1_048_576
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
    guesses = {} if told or form == "parquet" else {name: _Fit(name) for name in _GUESSES}
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
