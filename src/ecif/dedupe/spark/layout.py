"""Shards of rows → records laid out in the scratch folder, each kind apart: tables for keys, packed forms for pairs."""

import os
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ecif.dedupe.records import Kind, records_of
from ecif.dedupe.rows import RowReading
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.shards import Shards
from ecif.matching import Table, bearers_of

Rows = npt.NDArray[np.int64]

RECORDS = "id long, packed binary, said long, source string"
"""`said`: equal for records that say the same."""
NAMES = "about string, name string, records long"
_COUNTS = "shard long, kind string, plain long, odd long, first long, reason string"
_REFUSED = "refused"


@dataclass(frozen=True)
class Laid:
    """The records of one kind. Their ids are their rows; `rows` more for those that are read as a whole.

    So ids are in the order in which records are counted on one machine. `plain` and `odd` count both, shard by shard
    of `each` rows.
    """

    kind: str
    rows: int
    each: int
    plain: Rows
    odd: Rows

    @property
    def count(self) -> int:
        """How many records there are."""
        return int(self.plain.sum() + self.odd.sum())

    def row(self, ids: Rows) -> Rows:
        """The rows of records."""
        return np.where(ids < self.rows, ids, ids - self.rows)


@dataclass(frozen=True)
class Layout:
    """All records of a file; `refused` rows could not be read as one, the first of them with the reason."""

    kinds: tuple[Laid, ...]
    refused: int
    first_refused: tuple[int, str] | None


def lay_out(cluster: Cluster, shards: Shards, *, with_sources: bool) -> Layout:
    """Read every shard on an executor; what is read stays in the scratch folder."""
    for name in ("tables", "records-person", "records-organisation", "names"):
        (cluster.scratch / name).mkdir()
    scratch = str(cluster.scratch)

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch["id"].to_pylist():
                told = _lay_out_shard(Path(scratch), shards, number, with_sources=with_sources)
                yield pa.RecordBatch.from_pylist(told, schema=_COUNTS_IN_ARROW)

    told = cluster.numbers(shards.count).mapInArrow(read, _COUNTS).collect()
    refused = sorted(line["first"] for line in told if line["kind"] == _REFUSED)
    reasons = {line["first"]: line["reason"] for line in told if line["kind"] == _REFUSED}
    return Layout(
        tuple(
            laid for kind in ("person", "organisation") if (laid := _laid(kind, shards, told)).count
        ),
        sum(line["odd"] for line in told if line["kind"] == _REFUSED),
        (refused[0], reasons[refused[0]]) if refused else None,
    )


_COUNTS_IN_ARROW = pa.schema(
    {
        "shard": pa.int64(),
        "kind": pa.string(),
        "plain": pa.int64(),
        "odd": pa.int64(),
        "first": pa.int64(),
        "reason": pa.string(),
    }
)


def _laid(kind: str, shards: Shards, told: list[Any]) -> Laid:
    plain, odd = np.zeros((2, shards.count), dtype=np.int64)
    for line in told:
        if line["kind"] == kind:
            plain[line["shard"]], odd[line["shard"]] = line["plain"], line["odd"]
    return Laid(kind, shards.rows, shards.each, plain, odd)


def _lay_out_shard(
    scratch: Path, shards: Shards, number: int, *, with_sources: bool
) -> list[dict[str, Any]]:
    frame = shards.frame(number)
    records = records_of(frame, RowReading(frame.columns), processes=1)
    sources = _sources(frame) if with_sources else None
    told: list[dict[str, Any]] = []
    for kind in records.kinds:
        name, size = kind.table.kind, len(kind.rows)
        ids = kind.rows + number * shards.each
        ids[size - kind.odd :] += shards.rows
        _lay_down(
            scratch / "tables" / f"{name}-{number:06}.pickle", pickle.dumps((ids, kind.table))
        )
        rows = _record_rows(kind, ids, None if sources is None else sources[kind.rows])
        _write(scratch / f"records-{name}" / f"{number:06}.parquet", rows)
        if name == "person":
            _write(scratch / "names" / f"{number:06}.parquet", _name_rows(kind.table))
        told.append({"shard": number, "kind": name, "plain": size - kind.odd, "odd": kind.odd})
    if records.refused:
        first = min(records.refused)
        told.append(
            {
                "shard": number,
                "kind": _REFUSED,
                "odd": len(records.refused),
                "first": first + number * shards.each,
                "reason": records.refused[first],
            }
        )
    return told


def _sources(frame: pl.DataFrame) -> pl.Series:
    return frame["source"].cast(pl.String).fill_null("")


def _record_rows(kind: Kind, ids: Rows, sources: pl.Series | None) -> pl.DataFrame:
    packed = [kind.table.features(row).packed() for row in range(len(ids))]
    said = np.fromiter(map(hash, packed), np.int64, len(packed))
    return pl.DataFrame(
        {
            "id": ids,
            "packed": pl.Series(packed, dtype=pl.Binary),
            "said": said,
            "source": pl.Series([""] * len(ids)) if sources is None else sources,
        },
        schema_overrides={"source": pl.String},
    )


def _name_rows(table: Table) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {"name": list(counts), "records": list(counts.values())},
            schema={"name": pl.String, "records": pl.Int64},
        ).select(pl.lit(about).alias("about"), "name", "records")
        for about, counts in bearers_of(table).items()
    ]
    return pl.concat(parts)


def _write(place: Path, rows: pl.DataFrame) -> None:
    part = _part(place)
    rows.write_parquet(part, compression="lz4")
    part.replace(place)


def _lay_down(place: Path, content: bytes) -> None:
    """Write a file; an executor that does the same again leaves the same."""
    part = _part(place)
    part.write_bytes(content)
    part.replace(place)


def _part(place: Path) -> Path:
    """Where a file is written at first; nobody reads files with such names."""
    return place.with_name(f".{place.name}.{os.getpid()}")


def table_of_shard(scratch: Path, kind: str, number: int) -> tuple[Rows, Table] | None:
    """The ids, in ascending order, and the records of one shard that are of one kind; None where there are none."""
    place = scratch / "tables" / f"{kind}-{number:06}.pickle"
    if not place.exists():
        return None
    ids, table = pickle.loads(place.read_bytes())  # noqa: S301  # written by this run, in its own folder
    return ids, table


def ids_at(cluster: Cluster, laid: Laid, positions: Rows) -> Rows:
    """The ids of records that are counted in the order of their ids."""
    plain = int(laid.plain.sum())
    found = np.empty(len(positions), dtype=np.int64)
    for counts, first, is_odd in ((laid.plain, 0, False), (laid.odd, plain, True)):
        ends = np.cumsum(counts)
        mine = (positions >= plain) == is_odd
        within = positions[mine] - first
        shard = np.searchsorted(ends, within, side="right")
        place = within - (ends - counts)[shard] + (laid.plain[shard] if is_odd else 0)
        told = np.empty(len(within), dtype=np.int64)
        for number in np.unique(shard).tolist():
            name = cluster.scratch / f"records-{laid.kind}" / f"{number:06}.parquet"
            ids = pl.read_parquet(name, columns=["id"])["id"].to_numpy()
            told[shard == number] = ids[place[shard == number]]
        found[mine] = told
    return found
