"""Pairs joined with the records of both sides, and what the comparisons of whole columns say of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.pairs import score_knots, score_pairs
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.layout import RECORDS
from ecif.matching import Features, Scores, Table, observe, table_of
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

SCORES = "left long, right long, bits double, vetoed boolean, held boolean"
SIGHTINGS = (
    "place long, levels binary, contradicting boolean, family_name string, given_name string"
)
PART_SIGN = "\0"
"""Between what a part of a name is and how it sounds."""
PAIRS_PER_BUCKET = 40_000

Look = Callable[[Table, Rows, Rows, pa.Table], pa.Table]
"""What is done with a bucket of pairs: the records, the two rows of every pair, and the pairs."""


def scored(
    cluster: Cluster, pairs: DataFrame, kind: str, rules: MatchingRules, *, knots: bool = False
) -> DataFrame:
    """The scores of pairs (`left`, `right`), of those that may tie or be looked at.

    `knots`: the pairs hang together by others; what contradicts is kept, however few its bits.
    """
    score = score_knots if knots else score_pairs

    def look(table: Table, left: Rows, right: Rows, pairs: pa.Table) -> pa.Table:
        ids = _ids_of(pairs, table, left, right)
        return _written(score((table, rules), (left, right)), ids)

    return beside(cluster, pairs, kind, look, SCORES)


def sightings(cluster: Cluster, pairs: DataFrame, kind: str) -> DataFrame:
    """What is seen of pairs (`left`, `right` and `place`): rows of `SIGHTINGS`."""
    return beside(cluster, pairs, kind, _seen, SIGHTINGS)


def _seen(table: Table, left: Rows, right: Rows, pairs: pa.Table) -> pa.Table:
    seen = observe(table, left, right)
    levels = np.ascontiguousarray(seen.levels)
    told = {
        "place": pairs["place"],
        "levels": pa.array([row.tobytes() for row in levels], pa.binary()),
        "contradicting": seen.contradicting,
    }
    parts = table.bags["persons"].names.parts
    for about, codes in seen.agreed.items():
        names = [
            PART_SIGN.join((parts.texts[code], parts.sounds[code])) if code >= 0 else None
            for code in codes.tolist()
        ]
        told[about] = pa.array(names, pa.string())
    return pa.table(told)


def beside(cluster: Cluster, pairs: DataFrame, kind: str, look: Look, schema: str) -> DataFrame:
    """Bring pairs and the records of both sides together, bucket by bucket."""
    spread = in_buckets(pairs, PAIRS_PER_BUCKET)
    home = f.col("bucket").alias("home")
    ends = [spread.select(home, f.col(end).alias("id")) for end in ("left", "right")]
    records = cluster.stored(f"records-{kind}", RECORDS).select("id", "packed")
    wanted = ends[0].union(ends[1]).distinct().join(records, "id")

    def meet(pairs: pa.Table, records: pa.Table) -> pa.Table:
        ids, table = table_from(records, kind)
        left, right = (np.searchsorted(ids, pairs[end].to_numpy()) for end in ("left", "right"))
        return look(table, left, right, pairs)

    return spread.groupBy("bucket").cogroup(wanted.groupBy("home")).applyInArrow(meet, schema)


def in_buckets(pairs: DataFrame, each: int) -> DataFrame:
    """Give pairs their buckets (`bucket`) of about `each`: those of records that are compared with one another meet.

    A record is sent into every bucket that has a pair of it. By the least record that the left one is compared with,
    instead of by the left one itself, 100,000 customers are sent 1.3 times on average and not 2.7 times.
    """
    buckets = max(1, -(-pairs.count() // each))
    if buckets == 1:
        return pairs.withColumn("bucket", f.lit(0))
    met = pairs.select("left", "right").union(pairs.selectExpr("right AS left", "left AS right"))
    least = met.groupBy("left").agg(f.least("left", f.min("right")).alias("company"))
    bucket = f.pmod(f.xxhash64("company"), f.lit(buckets)).alias("bucket")
    return pairs.join(least, "left").select(*pairs.columns, bucket)


def table_from(records: pa.Table, kind: str) -> tuple[Rows, Table]:
    """Packed records (`id`, `packed`) as a table, in ascending order of their ids."""
    ids = records["id"].to_numpy()
    order = np.argsort(ids)
    packed = records["packed"].take(pa.array(order)).to_pylist()
    return ids[order], table_of(kind, map(Features.unpacked, packed))


def _ids_of(pairs: pa.Table, table: Table, left: Rows, right: Rows) -> Rows:
    """The id of every record of a table that a pair names."""
    ids = np.full(len(table.weak), -1, dtype=np.int64)
    ids[left] = pairs["left"].to_numpy()
    ids[right] = pairs["right"].to_numpy()
    return ids


def _written(scores: Scores, ids: Rows) -> pa.Table:
    columns: dict[str, Any] = {
        "left": ids[scores.left],
        "right": ids[scores.right],
        "bits": scores.bits,
        "vetoed": scores.vetoed,
        "held": scores.held,
    }
    return pa.table(columns)
