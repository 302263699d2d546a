"""The same file grouped on one machine and on Spark, side by side."""

from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

from ecif import dedupe
from ecif.cli.match_answers import Counts, grouping_frame
from ecif.rules import default_rules


def assert_same(
    file: Path, spark: str, *, clean_sources: frozenset[str] = frozenset(), adapt: bool = True
) -> pl.DataFrame:
    """Group a file both ways: groups, reviews, rules and counts are equal; the groups are given back."""
    rules = default_rules().matching
    options = dedupe.Options(rules, adapt=adapt, processes=1, clean_sources=clean_sources)
    frame = dedupe.read_file(file)
    alone = dedupe.group_rows(frame, options)
    counts = Counts.of(frame, alone)

    with dedupe.group_on_spark(file, options, spark, None) as found:
        together = pl.concat(found.frames())

    assert together.equals(grouping_frame(frame, alone))
    assert found.rules == alone.rules
    assert found.kept == alone.kept
    assert (found.rows, found.waiting, found.compared_pairs, found.left_out) == (
        counts.rows,
        counts.waiting,
        counts.compared_pairs,
        counts.left_out,
    )
    assert (found.refused, found.first_refused) == (counts.refused, counts.first_refused)
    return together


def in_small_parts(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Let a file be cut into shards of so few rows, and its pairs lie in buckets of so few pairs."""
    whole = import_module("ecif.dedupe.spark.shards").cut
    patch.setattr(
        "ecif.dedupe.spark.grouping.cut",
        lambda file, folder, **how: whole(file, folder, rows, **how),
    )
    patch.setattr("ecif.dedupe.spark.scoring.PAIRS_PER_BUCKET", rows)
