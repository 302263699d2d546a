"""What hangs together in a graph of any size: for every record the smallest of its part."""

import shutil

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.spark.cluster import Cluster
from ecif.matching import components_of

FEW_TIES = 500_000
"""So many ties the driver follows sooner by itself than executors meet in rounds."""


def parts_of(cluster: Cluster, name: str, ties: DataFrame, few: int = FEW_TIES) -> DataFrame:
    """The connected parts of records that ties (`left`, `right`) join, as `id` and `part`, its smallest record.

    Records without a tie are not told.

    Args:
        cluster: Where they are sought.
        name: Under which steps are kept.
        ties: Pairs of different records.
        few: No more ties than this are followed by the driver alone.
    """
    ends = f.greatest("left", "right").alias("id"), f.least("left", "right").alias("near")
    stars = cluster.kept(f"{name}-0", ties.select(*ends).distinct())
    return _followed(cluster, stars) if stars.count() <= few else _met(cluster, name, stars)


def _followed(cluster: Cluster, stars: DataFrame) -> DataFrame:
    told = stars.toArrow()
    ends = np.concatenate([told[end].to_numpy() for end in ("id", "near")])
    ids, places = np.unique(ends, return_inverse=True)
    part = components_of(len(ids), *np.split(places, 2))
    return cluster.rows(id=ids, part=ids[part])


def _met(cluster: Cluster, name: str, stars: DataFrame) -> DataFrame:
    """Every round lets each record meet the smallest one that it knows of, from both sides, until all do.

    So there are some rounds more than the logarithm of the longest chain.

    Source: Kiveris, Lattanzi, Mirrokni, Rastogi & Vassilvitskii (2014), "Connected Components in MapReduce and
    Beyond", SoCC 2014 (large-star and small-star).
    """
    before, done = None, 0
    while (now := _fingerprint(stars)) != before:
        before, done = now, done + 1
        stars = cluster.kept(f"{name}-{done}", _small_star(_large_star(stars)))
        shutil.rmtree(cluster.scratch / f"{name}-{done - 1}")
    centres = stars.select(f.col("near").alias("id"), "near").distinct()
    return stars.union(centres).withColumnRenamed("near", "part")


def _fingerprint(stars: DataFrame) -> tuple[int, ...]:
    """Equal for equal edges."""
    told = stars.agg(
        f.count("*"), f.coalesce(f.bit_xor(f.xxhash64("id", "near")), f.lit(0))
    ).first()
    return tuple(told) if told is not None else ()


def _large_star(stars: DataFrame) -> DataFrame:
    """Join what is greater than a record to the smallest that it knows of, itself included."""
    both = stars.union(stars.select(f.col("near").alias("id"), f.col("id").alias("near")))
    least = both.groupBy("id").agg(f.min("near").alias("least"))
    least = least.select("id", f.least("id", "least").alias("least"))
    greater = both.where(f.col("near") > f.col("id"))
    return greater.join(least, "id").select(f.col("near").alias("id"), f.col("least").alias("near"))


def _small_star(stars: DataFrame) -> DataFrame:
    """Join what is smaller than a record, and the record, to the smallest of them."""
    least = stars.groupBy("id").agg(f.min("near").alias("least"))
    smaller = stars.join(least, "id").where(f.col("near") != f.col("least"))
    smaller = smaller.select(f.col("near").alias("id"), f.col("least").alias("near"))
    return smaller.union(least.select("id", f.col("least").alias("near"))).distinct()
