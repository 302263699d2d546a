"""A file of any size → shards of rows in the scratch folder, read as a file is that is read whole."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from ecif.dedupe.reading import (
    HEAD_BYTES,
    FileUnreadable,
    delimiter_of,
    encodings_of,
    format_of,
    in_our_words,
)
from ecif.identity import ColumnNames

SHARD_ROWS = 50_000
_PIECE_BYTES = 1 << 22


@dataclass(frozen=True)
class Shards:
    """The rows of a file in shards of `each` rows, the last one shorter."""

    folder: Path
    header: tuple[str, ...]
    rows: int
    count: int
    each: int

    def frame(self, number: int, columns: list[str] | None = None) -> pl.DataFrame:
        """The rows of one shard; all columns, or some."""
        return pl.read_ipc(_place(self.folder, number), columns=columns)

    def ids(self, number: int) -> pl.Series:
        """The record ids of one shard; rows are counted from 1 where the file has none."""
        if "record_id" in self.header:
            return self.frame(number, ["record_id"]).to_series()
        first = number * self.each
        last = min(self.rows, first + self.each)
        return pl.Series("record_id", range(first + 1, last + 1), dtype=pl.Int64)


def cut(
    path: Path, folder: Path, each: int = SHARD_ROWS, *, names: ColumnNames | None = None
) -> Shards:
    """Cut a file into shards of `each` rows; no more than a few of them are in memory at a time.

    `names`: what it calls its columns; without it they keep their names.

    Raises:
        FileUnreadable: It does not exist, is empty, or is neither CSV, NDJSON nor Parquet.
    """
    folder.mkdir(parents=True)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        rows = _rows_of(path, head, folder)
        rows = in_our_words(rows, names) if names else rows
        header = tuple(rows.collect_schema().names())
        if not header:
            raise FileUnreadable("The file is empty.")
        count, height = 0, 0
        for frame in _even(rows, each):
            frame.write_ipc(_place(folder, count), compression="lz4")
            count, height = count + 1, height + frame.height
    except OSError as error:
        raise FileUnreadable(f"The file cannot be opened: {error.strerror}.") from None
    except (PolarsError, csv.Error, UnicodeError, ValueError) as error:
        raise FileUnreadable(f"The file cannot be read ({type(error).__name__}).") from None
    return Shards(folder, header, height, count, each)


def _place(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.arrow"


def _rows_of(path: Path, head: bytes, folder: Path) -> pl.LazyFrame:
    form = format_of(head)
    if form == "parquet":
        return pl.scan_parquet(path)
    text = _as_utf8(path, head, folder / "text")
    if form == "ndjson":
        return pl.scan_ndjson(text, infer_schema_length=None)
    with text.open("rb") as file:
        first = file.readline()
    return pl.scan_csv(
        text,
        separator=delimiter_of(first),
        infer_schema=False,
        truncate_ragged_lines=True,
    )


def _as_utf8(path: Path, head: bytes, copy: Path) -> Path:
    """The file itself, or a copy of it in UTF-8."""
    for encoding in encodings_of(head):
        try:
            if encoding == "utf-8":
                for _ in _texts(path, encoding):
                    pass
                return path
            with copy.open("w", encoding="utf-8", newline="") as written:
                written.writelines(_texts(path, encoding))
        except UnicodeDecodeError:
            continue
        return copy
    raise FileUnreadable("The text of the file is in no encoding that is known here.")


def _texts(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _even(rows: pl.LazyFrame, each: int) -> Iterator[pl.DataFrame]:
    """Frames of so many rows each, the last one shorter; one without rows where there are none."""
    waiting = rows.collect_schema().to_frame()
    told = False
    for frame in rows.collect_batches(chunk_size=each, maintain_order=True):
        waiting = pl.concat([waiting, frame])
        while waiting.height >= each:
            yield waiting[:each].rechunk()
            waiting, told = waiting[each:], True
    if waiting.height or not told:
        yield waiting.rechunk()
