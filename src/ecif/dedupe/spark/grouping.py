"""Many machines: a file of any size in, its groups out, equal to those that one machine finds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.local import ALL_SOURCES, Options, Progress, Silent
from ecif.dedupe.rows import RowReading
from ecif.dedupe.spark.answer import Answer
from ecif.dedupe.spark.cluster import Cluster, opened
from ecif.dedupe.spark.crowds import crowds_of
from ecif.dedupe.spark.groups import Knots, reviews_of
from ecif.dedupe.spark.layout import RECORDS, Laid, lay_out
from ecif.dedupe.spark.learning import adapted
from ecif.dedupe.spark.planning import Planned, Planning
from ecif.dedupe.spark.scoring import scored
from ecif.dedupe.spark.shards import Shards, cut

Rows = npt.NDArray[np.int64]


@contextmanager
def group_on_spark(
    file: Path,
    options: Options,
    master: str,
    scratch: Path | None,
    progress: Progress | None = None,
) -> Iterator[Answer]:
    """Find the rows of a file that tell of the same person or organisation, on a Spark cluster.

    Args:
        file: CSV, NDJSON or Parquet, of any size.
        options: How it is grouped; `keep_pairs` and `processes` say nothing here.
        master: The URL of the cluster, or `local[N]`.
        scratch: A folder that every process of the cluster sees; None for one of this machine. What is written there
            is personal data, readable for its owner only, and is gone in the end.
        progress: Told how far it is.

    Yields:
        The groups; they are read from the scratch folder, so only while the context lasts.

    Raises:
        SparkUnavailable: There is no Java, or no session could be opened.
        FileUnreadable: The file as a whole cannot be read.
        ColumnsNotUnderstood: No column is a name, or two bear one word.
    """
    with TemporaryDirectory(prefix="ecif-", dir=scratch, ignore_cleanup_errors=True) as own:
        folder = Path(own).resolve()
        say = progress or Silent()
        say.stage("Cutting the file", 1)
        shards = cut(file, folder / "rows", names=options.names)
        RowReading(list(shards.header))
        say.advance(1)
        with opened(master, folder) as cluster:
            cluster.expect(shards.rows)
            story = _Story(cluster, Answer(shards, options.rules), options, say)
            story.tell()
            yield story.answer


@dataclass
class _Story:
    """One file being grouped, kind by kind."""

    cluster: Cluster
    answer: Answer
    options: Options
    say: Progress
    reviews: list[DataFrame] = field(default_factory=list)

    def tell(self) -> None:
        shards, answer = self.answer.shards, self.answer
        clean = bool(self.options.clean_sources) and "source" in shards.header
        self.say.stage("Reading", 1)
        layout = lay_out(self.cluster, shards, with_sources=clean)
        self.say.advance(1)
        answer.refused, answer.first_refused = layout.refused, layout.first_refused
        for laid in layout.kinds:
            sources = self._sources(laid) if clean else None
            self._group(laid, sources)
        if self.reviews:
            self._keep_reviews()

    def _group(self, laid: Laid, sources: DataFrame | None) -> None:
        cluster, answer = self.cluster, self.answer
        crowds = None if sources is not None else crowds_of(cluster, laid, answer.rules)
        plan = self._plan(laid, crowds)
        if self.options.adapt:
            learned = adapted(cluster, laid, plan, answer.rules)
            answer.rules, answer.kept[laid.kind] = learned.rules, learned.kept
        rules = answer.rules.of_kind(laid.kind)
        self.say.stage(f"Comparing {laid.kind}s", 2)
        pairs = plan.frame(cluster)
        first = cluster.kept(f"first-{laid.kind}", scored(cluster, pairs, laid.kind, answer.rules))
        self.say.advance(1)
        knots = Knots(cluster, laid.kind, first, rules)
        missing = cluster.kept(f"missing-{laid.kind}", knots.missing(first, pairs))
        answer.compared_pairs += plan.count + missing.count()
        late = scored(cluster, missing, laid.kind, answer.rules, knots=True)
        scores = first.withColumn("late", f.lit(0)).union(late.withColumn("late", f.lit(1)))
        scores = cluster.kept(f"scores-{laid.kind}", scores)
        groups = cluster.kept(f"groups-{laid.kind}", knots.groups(scores, sources))
        self._label(laid, crowds)
        found = reviews_of(scores, groups, rules.review_at_bits)
        self.reviews.append(_by_rows(found, laid))
        self.say.advance(1)

    def _plan(self, laid: Laid, crowds: DataFrame | None) -> Planned:
        self.say.stage(f"Planning {laid.kind}s", 1)
        in_crowds = None if crowds is None else crowds.select("id")
        alone = laid.count - (0 if crowds is None else crowds.count())
        plan = Planning(self.cluster, laid, in_crowds, alone).planned()
        self.answer.left_out += plan.left_out
        self.say.advance(1)
        return plan

    def _sources(self, laid: Laid) -> DataFrame:
        """The number of the source of every record (`id`), -1 where that source may hold one customer twice."""
        names = self.options.clean_sources
        told = self.cluster.stored(f"records-{laid.kind}", RECORDS).select("id", "source")
        known = sorted(line["source"] for line in told.select("source").distinct().collect())
        clean = [name for name in known if name and (ALL_SOURCES in names or name in names)]
        if not clean:
            return told.select("id", f.lit(-1).alias("source"))
        numbers = self.cluster.rows(source=clean, number=np.arange(len(clean), dtype=np.int32))
        number = f.coalesce("number", f.lit(-1)).alias("source")
        return told.join(numbers, "source", "left").select("id", number)

    def _label(self, laid: Laid, crowds: DataFrame | None) -> None:
        """Name the groups by the rows of the file; who is in a crowd is where the one is that stands for her."""
        answer, kind = self.answer, laid.kind
        for told in _parts(self.cluster.scratch / f"groups-{kind}"):
            rows = laid.row(told["id"].to_numpy())
            answer.best[rows] = laid.row(told["best"].to_numpy())
            answer.automatic[rows] = laid.row(told["automatic"].to_numpy())
        if crowds is None:
            return
        for told in _parts(self.cluster.scratch / f"crowds-{kind}"):
            rows, others = (laid.row(told[name].to_numpy()) for name in ("id", "stands_for"))
            answer.best[rows] = answer.best[others]
            answer.automatic[rows] = answer.automatic[others]

    def _keep_reviews(self) -> None:
        """Write for every row whom it should be compared with, by their record ids, shard by shard."""
        told = self.reviews[0]
        for more in self.reviews[1:]:
            told = told.union(more)
        told = self.cluster.kept("review-rows", told)
        pairs = told.select(f.least("row", "other"), f.greatest("row", "other"))
        self.answer.waiting = pairs.distinct().count()
        named = told.join(_record_ids(self.cluster, self.answer.shards), "other")
        lists = named.groupBy("row").agg(
            f.expr("transform(array_sort(collect_list(struct(rank, word))), x -> x.word)").alias(
                "review_with"
            )
        )
        shard = f.floor(f.col("row") / self.answer.shards.each).alias("shard")
        place = self.cluster.scratch / "reviews"
        by_shard = lists.select("row", "review_with", shard).repartition("shard")
        by_shard.write.partitionBy("shard").parquet(f"file://{place}")
        self.answer.reviews = place


def _parts(folder: Path) -> Iterator[pl.DataFrame]:
    for part in sorted(folder.glob("*.parquet")):
        yield pl.read_parquet(part)


def _by_rows(found: DataFrame, laid: Laid) -> DataFrame:
    rows = [f.pmod(f.col(name), f.lit(laid.rows)).alias(to) for name, to in _ENDS]
    return found.select(*rows, "rank")


_ENDS = (("id", "row"), ("other", "other"))


def _record_ids(cluster: Cluster, shards: Shards) -> DataFrame:
    """The record id of every row (`other`) as a `word`."""

    def told(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch["id"].to_pylist():
                ids = shards.ids(number).cast(pl.String).fill_null("")
                rows = np.arange(len(ids)) + number * shards.each
                words = pa.array(ids.to_list(), pa.string())
                yield pa.RecordBatch.from_pydict({"other": rows, "word": words})

    return cluster.numbers(shards.count).mapInArrow(told, "other long, word string")
