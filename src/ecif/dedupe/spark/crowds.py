"""Rows that say exactly the same, many times over, found on executors: what `dedupe.crowds` finds on one machine."""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.crowds import CROWD_RECORDS
from ecif.dedupe.pairs import Desk
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.layout import RECORDS, Laid
from ecif.dedupe.spark.scoring import table_from
from ecif.rules import MatchingRules

_CROWDS_PER_BUCKET = 10_000


def crowds_of(cluster: Cluster, laid: Laid, rules: MatchingRules) -> DataFrame | None:
    """Of the records in a crowd that the machine would link, all but the first (`id`), and the first (`stands_for`).

    None where there are none.
    """
    records = cluster.stored(f"records-{laid.kind}", RECORDS)
    crowds = records.groupBy("said").agg(f.count("*").alias("size"), f.min("id").alias("first"))
    crowds = crowds.where(f.col("size") > CROWD_RECORDS).select("said", "first")
    crowds = cluster.kept(f"crowded-{laid.kind}", crowds)
    if (count := crowds.count()) == 0:
        return None
    linked = _linked(records, crowds, laid.kind, rules, max(1, count // _CROWDS_PER_BUCKET))
    told = records.select("id", "said").join(crowds.join(linked, "first"), "said")
    told = told.where(f.col("id") != f.col("first"))
    found = cluster.kept(
        f"crowds-{laid.kind}", told.select("id", f.col("first").alias("stands_for"))
    )
    return found if found.count() else None


def _linked(
    records: DataFrame, crowds: DataFrame, kind: str, rules: MatchingRules, buckets: int
) -> DataFrame:
    """The crowds (`first`) of which two records need nobody's eyes: as two equal ones, any of them beside itself."""

    def judge(records: pa.Table) -> pa.Table:
        ids, table = table_from(records, kind)
        own = np.arange(len(ids))
        automatic = Desk(table, rules, 1, lambda _: None).automatic(own, own)
        return pa.table({"first": ids[automatic]})

    firsts = records.join(crowds.select(f.col("first").alias("id")), "id")
    firsts = firsts.select("id", "packed", f.pmod("id", f.lit(buckets)).alias("bucket"))
    return firsts.groupBy("bucket").applyInArrow(judge, "first long")
