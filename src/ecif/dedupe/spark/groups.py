"""Scored pairs → groups: what hangs together comes to one place, and falls into groups there as on one machine."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from ecif.dedupe.local import MOST_REVIEWS
from ecif.dedupe.pairs import BEST_FROM_BITS, MAX_KNOT_RECORDS, missing_pairs
from ecif.dedupe.plan import Plan
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.parts import parts_of
from ecif.matching import Scores, Ties, automatic_groups, best_groups
from ecif.rules import KindRules

Rows = npt.NDArray[np.int64]

GROUPS = "id long, best long, automatic long"
_RECORDS_PER_BUCKET = 40_000


class Knots:
    """Records that hang together by ties that may join them, and the bucket in which each part is looked at."""

    def __init__(self, cluster: Cluster, kind: str, scores: DataFrame, rules: KindRules) -> None:
        joining = (f.col("bits") > BEST_FROM_BITS) | (
            (f.col("bits") >= rules.automatic_at_bits) & ~f.col("held")
        )
        ties = scores.where(joining & ~f.col("vetoed"))
        parts = cluster.kept(f"parts-of-{kind}", parts_of(cluster, f"stars-{kind}", ties))
        buckets = max(1, parts.count() // _RECORDS_PER_BUCKET)
        bucket = f.pmod(f.xxhash64("part"), f.lit(buckets)).alias("bucket")
        self._rules = rules
        self._records = parts.select("id", "part", bucket)

    def missing(self, scores: DataFrame, plan: DataFrame) -> DataFrame:
        """Pairs within what hangs together that are not kept: they may contradict."""
        sizes = self._records.groupBy("part").count()
        large = sizes.where(f.col("count") > MAX_KNOT_RECORDS).select("part")
        planned = self._within(plan, self._records.join(large, "part"))
        planned = planned.withColumnRenamed("bucket", "home").groupBy("home")
        told = self._within(scores, self._records).groupBy("bucket")
        return told.cogroup(planned).applyInArrow(_missing, "left long, right long")

    def groups(self, scores: DataFrame, sources: DataFrame | None) -> DataFrame:
        """The groups of all records that hang together: rows of `GROUPS`, named by their smallest records.

        Args:
            scores: All scores, with `late` for those of pairs that were missing.
            sources: Of records the number of the source that holds no customer twice, or -1; None where all may.
        """
        rules = self._rules

        def group(ties: pa.Table, records: pa.Table) -> pa.Table:
            return _grouped(ties, records, rules)

        told = self._within(scores, self._records).groupBy("bucket")
        home = f.col("bucket").alias("home")
        records = self._records.select(home, "id", f.lit(-1).alias("source"))
        if sources is not None:
            records = self._records.join(sources, "id").select(home, "id", "source")
        return told.cogroup(records.groupBy("home")).applyInArrow(group, GROUPS)

    def _within(self, pairs: DataFrame, records: DataFrame) -> DataFrame:
        """The pairs whose two records are in one part, with its bucket."""
        left = records.select(f.col("id").alias("left"), f.col("part").alias("one"), "bucket")
        right = records.select(f.col("id").alias("right"), f.col("part").alias("other"))
        found = pairs.join(left, "left").join(right, "right")
        return found.where(f.col("one") == f.col("other")).drop("one", "other")


def _missing(scores: pa.Table, planned: pa.Table) -> pa.Table:
    told = scores.sort_by([("left", "ascending"), ("right", "ascending")])
    ids = _ids_of(told, planned)
    size = len(ids)
    plan = Plan(*_places(ids, planned), np.zeros(0, dtype=np.int64))
    left, right = missing_pairs(size, _scores(ids, told), plan)
    return pa.table({"left": ids[left], "right": ids[right]})


def _grouped(ties: pa.Table, records: pa.Table, rules: KindRules) -> pa.Table:
    told = records.sort_by("id")
    ids = told["id"].to_numpy()
    in_order = ("late", "left", "right")
    scores = _scores(ids, ties.sort_by([(column, "ascending") for column in in_order]))
    sources = told["source"].to_numpy().astype(np.int32)
    clean = sources if (sources >= 0).any() else None
    found = Ties(len(ids), scores.left, scores.right, scores.bits, scores.vetoed, clean)
    automatic = automatic_groups(found, scores.automatic(rules))
    best = best_groups(found, limit_bits=BEST_FROM_BITS)
    return pa.table({"id": ids, "best": ids[best], "automatic": ids[automatic]})


def _ids_of(*tables: pa.Table) -> Rows:
    return np.unique(
        np.concatenate([table[end].to_numpy() for table in tables for end in ("left", "right")])
    )


def _places(ids: Rows, pairs: pa.Table) -> tuple[Rows, Rows]:
    left, right = (np.searchsorted(ids, pairs[end].to_numpy()) for end in ("left", "right"))
    return left, right


def _scores(ids: Rows, told: pa.Table) -> Scores:
    columns = (told[name].to_numpy() for name in ("bits", "vetoed", "held"))
    return Scores(*_places(ids, told), *columns)


def reviews_of(scores: DataFrame, groups: DataFrame, review_at_bits: float) -> DataFrame:
    """For every record (`id`), those in other groups that a person should compare it with: `other`, by `rank`."""
    told = scores.where(f.col("bits") >= review_at_bits)
    for end in ("left", "right"):
        label = groups.select(f.col("id").alias(end), f.col("automatic").alias(f"{end}_group"))
        told = told.join(label, end, "left")
    own = [f.coalesce(f"{end}_group", end) for end in ("left", "right")]
    apart = told.where(own[0] != own[1])
    strongest: list[Any] = [f.col("bits").desc(), f.col("late"), f.col("left"), f.col("right")]
    sides = [
        apart.select(
            f.col(one).alias("id"), f.col(other).alias("other"), "bits", "late", "left", "right"
        )
        for one, other in (("left", "right"), ("right", "left"))
    ]
    rank = f.row_number().over(Window.partitionBy("id").orderBy(*strongest)).alias("rank")
    ranked = sides[0].union(sides[1]).select("id", "other", rank)
    return ranked.where(f.col("rank") <= MOST_REVIEWS)
