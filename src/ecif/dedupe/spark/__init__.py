"""Many machines: the grouping of files on Apache Spark, also of files larger than memory.

The steps are those of one machine, on batches: shards of the file become tables on executors, their keys are joined
into blocks, planned pairs are scored beside their records, and what hangs together falls into groups in one place.
"""

from ecif.dedupe.spark.answer import Answer
from ecif.dedupe.spark.grouping import group_on_spark

__all__ = ["Answer", "group_on_spark"]
