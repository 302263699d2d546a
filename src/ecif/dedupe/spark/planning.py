"""Which pairs of a file are worth comparing: what `plan_pairs` plans, on executors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.plan import (
    FEWEST_PAIRS,
    FEWEST_PAIRS_PER_KEY,
    MANY_RECORDS,
    MAX_BLOCK_RECORDS,
    PAIRS_PER_KEY,
    PAIRS_PER_RECORD,
    SMALL_FILE_PAIRS,
    largest_within,
    limit_of,
)
from ecif.dedupe.spark.blocks import KEYS, blocks_of, pairs_of, sizes_of
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.layout import Laid, table_of_shard
from ecif.matching import KeyColumn, Keys

Rows = npt.NDArray[np.int64]

KEYS_PER_RECORD = 12
"""About how many keys of all narrow kinds a record has; of the wide ones as many. It only sizes the work."""


@dataclass(frozen=True)
class Planned:
    """Pairs worth comparing, ascending in the folder `name`; `left_out` records were not compared by some key."""

    name: str
    count: int
    left_out: int
    base: int

    def frame(self, cluster: Cluster) -> DataFrame:
        """The pairs as `left` and `right`."""
        pairs = cluster.stored(self.name, "pair long")
        ends = f"pair div {self.base} AS left", f"pair % {self.base} AS right"
        return pairs.selectExpr(*ends)

    def at(self, cluster: Cluster, places: Rows | None) -> tuple[Rows, Rows]:
        """Some of the pairs by their places in ascending order; all of them for None."""
        told, start = [np.zeros(0, dtype=np.int64)], 0
        for part in sorted((cluster.scratch / self.name).glob("*.parquet")):
            pairs = pl.read_parquet(part)["pair"].to_numpy()
            if places is None:
                told.append(pairs)
            else:
                mine = places[(places >= start) & (places < start + len(pairs))]
                told.append(pairs[mine - start])
            start += len(pairs)
        found = np.concatenate(told)
        return found // self.base, found % self.base


@dataclass(frozen=True)
class Planning:
    """The planning of one kind; `in_crowds`: records (`id`) that others stand for, if there are any."""

    cluster: Cluster
    laid: Laid
    in_crowds: DataFrame | None
    alone: int

    @property
    def base(self) -> int:
        """One more than the greatest id, at least."""
        return 2 * self.laid.rows

    def planned(self) -> Planned:
        """Choose the pairs."""
        if self.alone * (self.alone - 1) // 2 <= SMALL_FILE_PAIRS:
            return self._kept(self._all_pairs(), 0)
        pairs, left_out = self._by_narrow_keys()
        known = self.cluster.kept(self._name("known"), pairs.distinct())
        budget = max(FEWEST_PAIRS, PAIRS_PER_RECORD * self.laid.count) - known.count()
        if budget > 0:
            known = known.union(self._by_wide_keys(budget)).distinct()
        return self._kept(known, left_out.distinct().count())

    def _kept(self, pairs: DataFrame, left_out: int) -> Planned:
        name = self._name("plan")
        order = pairs.repartitionByRange("pair").sortWithinPartitions("pair")
        return Planned(name, self.cluster.kept(name, order).count(), left_out, self.base)

    def _name(self, what: str) -> str:
        return f"{what}-{self.laid.kind}"

    def _all_pairs(self) -> DataFrame:
        records = self.cluster.stored(self._name("records"), "id long")
        ids = np.array(
            sorted(line["id"] for line in self._among(records).collect()), dtype=np.int64
        )
        left, right = np.triu_indices(len(ids), 1)
        return self.cluster.rows(pair=ids[left] * self.base + ids[right])

    def _among(self, records: DataFrame) -> DataFrame:
        """Those that stand for themselves."""
        if self.in_crowds is None:
            return records
        return records.join(self.in_crowds, "id", "left_anti")

    def _by_narrow_keys(self) -> tuple[DataFrame, DataFrame]:
        """Pairs that share a key, and the records (`id`) that were not compared by one of theirs."""
        blocks = self._blocks(wide=False)
        limits = self._limits(blocks, PAIRS_PER_KEY * self.laid.count)
        limit = f.coalesce(limits[f.col("conjunction")], f.lit(0))
        small = pairs_of(blocks.where(f.col("size") <= limit), self.base)
        large = blocks.where(f.col("size") > limit)
        members = large.select("conjunction", "hash", f.explode("ids").alias("id"))
        finer = self.cluster.kept(self._name("finer"), self._finer(members))
        alone = finer.where(f.col("hash").isNull()).select("id")
        parts = blocks_of(
            self.cluster,
            self._name("parts"),
            finer.where(f.col("hash").isNotNull()),
            count=finer.count(),
        )
        limits = self._limits(parts, PAIRS_PER_KEY * self.laid.count / 2)
        limit = f.coalesce(limits[f.col("conjunction")], f.lit(0))
        more = pairs_of(parts.where(f.col("size") <= limit), self.base)
        crowded = parts.where(f.col("size") > limit).select(f.explode("ids").alias("id"))
        return small.union(more), alone.union(crowded)

    def _limits(self, blocks: DataFrame, budget: float) -> "f.Column":
        """The size up to which blocks are compared as they are, by conjunction."""
        limits = [f.lit(-1), f.lit(0)]
        budget = max(FEWEST_PAIRS_PER_KEY, budget)
        for conjunction, sizes in sizes_of(blocks, MAX_BLOCK_RECORDS).items():
            limits += [f.lit(conjunction), f.lit(limit_of(*sizes, budget))]
        return f.create_map(*limits)

    def _by_wide_keys(self, budget: int) -> DataFrame:
        """Pairs of the smallest blocks of wide keys, as many as there is room for."""
        blocks = self._blocks(wide=True)
        largest = int((2 * budget) ** 0.5) + 1
        told = sizes_of(blocks, largest).values()
        sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(np.repeat(*one) for one in told)])
        limit = largest_within(*np.unique(sizes, return_counts=True), budget)
        return pairs_of(blocks.where(f.col("size") <= limit), self.base)

    def _blocks(self, *, wide: bool) -> DataFrame:
        scratch, kind = str(self.cluster.scratch), self.laid.kind
        sparing = self.laid.count >= MANY_RECORDS

        def told(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for number in batch["id"].to_pylist():
                    yield from _keys_of_shard(Path(scratch), kind, number, (sparing, wide))

        keys = self.cluster.numbers(len(self.laid.plain)).mapInArrow(told, KEYS)
        name = self._name("wide" if wide else "narrow")
        count = KEYS_PER_RECORD * self.laid.count
        return blocks_of(self.cluster, name, self._among(keys), count=count)

    def _finer(self, members: DataFrame) -> DataFrame:
        """The keys of large blocks, each refined by one more attribute; without a hash where there is none."""
        scratch, kind, rows = str(self.cluster.scratch), self.laid.kind, self.laid.rows
        sparing = self.laid.count >= MANY_RECORDS

        def refined(key: tuple[pa.Scalar, ...], members: pa.Table) -> pa.Table:
            found = table_of_shard(Path(scratch), kind, key[0].as_py())
            assert found is not None  # noqa: S101  # a member of a block was laid down here
            ids, table = found
            return _refined(ids, Keys(table, sparing=sparing), members)

        shard = f.floor(f.pmod(f.col("id"), f.lit(rows)) / self.laid.each).alias("shard")
        return members.select("*", shard).groupBy("shard").applyInArrow(refined, KEYS)


def _keys_of_shard(
    scratch: Path, kind: str, number: int, how: tuple[bool, bool]
) -> Iterator[pa.RecordBatch]:
    found = table_of_shard(scratch, kind, number)
    if found is None:
        return
    sparing, wide = how
    ids, table = found
    keys = Keys(table, sparing=sparing)
    for place, conjunction in enumerate(keys.conjunctions(wide=wide)):
        column = keys.column(conjunction)
        yield from _told(place, column.hashes, ids[column.records]).to_batches()


def _told(conjunction: int, hashes: npt.NDArray[np.uint64], ids: Rows) -> pa.Table:
    number = np.full(len(ids), conjunction, dtype=np.int32)
    return pa.table({"conjunction": number, "hash": hashes.view(np.int64), "id": ids})


def _refined(ids: Rows, keys: Keys, members: pa.Table) -> pa.Table:
    places = np.searchsorted(ids, members["id"].to_numpy()).astype(np.int32)
    numbers = members["conjunction"].to_numpy()
    hashes = members["hash"].to_numpy().view(np.uint64)
    kinds = keys.conjunctions(wide=False)
    found = []
    for number in np.unique(numbers).tolist():
        mine = numbers == number
        finer = keys.refined(KeyColumn(kinds[number], hashes[mine], places[mine]))
        none = np.setdiff1d(places[mine], finer.records)
        found.append(_told(number, finer.hashes, ids[finer.records]))
        nothing = pa.nulls(len(none), pa.int64())
        marks = np.full(len(none), number, dtype=np.int32)
        found.append(pa.table({"conjunction": marks, "hash": nothing, "id": ids[none]}))
    return pa.concat_tables(found)
