"""Keys of all records → blocks of those that share one, wherever they lie; and blocks → pairs."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.plan import Blocks, distinct
from ecif.dedupe.spark.cluster import Cluster
from ecif.matching import Conjunction, KeyColumn

Rows = npt.NDArray[np.int64]

KEYS = "conjunction int, hash long, id long"
_BLOCKS = "conjunction int, hash long, size long, ids array<long>"
_KEYS_PER_BUCKET = 400_000
_MOST_IDS = 10_000
"""A larger block is told in several lines of so many ids."""
_NO_KEY = Conjunction("", ())


def blocks_of(cluster: Cluster, name: str, keys: DataFrame, *, count: int) -> DataFrame:
    """The blocks of two records and more.

    Args:
        cluster: Where they are sought.
        name: Under which they are kept.
        keys: Rows of `KEYS`, each once.
        count: About how many there are.
    """
    buckets = max(1, count // _KEYS_PER_BUCKET)
    spread = keys.withColumn("bucket", f.pmod(f.col("hash"), f.lit(buckets)))
    return cluster.kept(name, spread.groupBy("bucket").applyInArrow(_blocks, _BLOCKS))


def _blocks(keys: pa.Table) -> pa.Table:
    hashes = keys["hash"].to_numpy()
    ids, conjunctions = keys["id"].to_numpy(), keys["conjunction"].to_numpy()
    blocks = Blocks.of(
        KeyColumn(_NO_KEY, hashes.view(np.uint64), np.arange(len(hashes), dtype=np.int32))
    )
    at, block = blocks.members(np.ones(len(blocks.sizes), dtype=np.bool_))
    order = np.lexsort((ids[at], block))
    at = at[order]
    within = np.arange(len(at)) - np.repeat(np.cumsum(blocks.sizes) - blocks.sizes, blocks.sizes)
    [starts] = np.nonzero(within % _MOST_IDS == 0)
    lists = pa.LargeListArray.from_arrays(np.append(starts, len(at)), ids[at])
    return pa.table(
        {
            "conjunction": conjunctions[at[starts]],
            "hash": hashes[at[starts]],
            "size": blocks.sizes[block[starts]],
            "ids": lists.cast(pa.list_(pa.int64())),
        }
    )


def sizes_of(blocks: DataFrame, largest: int) -> dict[int, tuple[Rows, Rows]]:
    """By conjunction the sizes of blocks up to a largest one, and how many blocks have each."""
    told = blocks.where(f.col("size") <= largest).groupBy("conjunction", "size").count().collect()
    found: dict[int, list[tuple[int, int]]] = {}
    for line in sorted(told):
        found.setdefault(line["conjunction"], []).append((line["size"], line["count"]))
    return {
        conjunction: (np.array(lines)[:, 0], np.array(lines)[:, 1])
        for conjunction, lines in found.items()
    }


def pairs_of(blocks: DataFrame, base: int) -> DataFrame:
    """All pairs within blocks that are told in one line, as `pair`: left * base + right; some more than once."""

    def paired(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lists = batch["ids"]
            sizes = lists.value_lengths().to_numpy().astype(np.int64)
            told = Blocks(lists.flatten().to_numpy(), np.cumsum(sizes) - sizes, sizes)
            pairs = distinct(told.pairs(base, np.ones(len(sizes), dtype=np.bool_)))
            yield pa.RecordBatch.from_pydict({"pair": pairs})

    return blocks.select("ids").mapInArrow(paired, "pair long")
