"""What Spark finds is what one machine finds: on invented customers, on labelled sets, on awkward files."""

import os
from pathlib import Path

import polars as pl
import pytest

from ecif.intake.sample import write_sample
from tests.dedupe.files import sample
from tests.spark.sameness import assert_same, in_small_parts

pytestmark = pytest.mark.timeout(3_600)
FOLDER = os.environ.get("ECIF_LABELLED_DATA")
LABELLED = (
    "childcare_orgs",
    "cn_20k_dev",
    "cn_20k_weakid",
    "fake_1000",
    "febrl20k",
    "febrl3",
    "rldata500",
)


def test_invented_customers_in_many_shards_fall_into_the_same_groups(
    spark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "customers.csv"
    write_sample(file, rows=3_000, seed=7)
    in_small_parts(monkeypatch, 700)

    groups = assert_same(file, spark)

    assert 0 < groups["group_id"].n_unique() < 3_000
    assert groups["review_with"].list.len().sum() > 0


def test_sources_without_duplicates_are_kept_apart_alike(spark: str, tmp_path: Path) -> None:
    file = tmp_path / "customers.parquet"
    write_sample(file, rows=1_000, seed=8)

    assert_same(file, spark, clean_sources=frozenset({"core", "card"}), adapt=False)


def test_crowds_odd_rows_and_rows_that_cannot_be_read_are_no_exception(
    spark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sample(rows=600, seed=9)
    first = pl.concat([rows[:1]] * 40)
    odd = rows[5:25].with_columns(full_name=pl.col("full_name") + "\u0001")
    nobody = rows[30:34].with_columns(entity_type=pl.lit("animal"))
    file = tmp_path / "customers.ndjson"
    pl.concat([odd, rows, nobody, first, odd]).drop("record_id").write_ndjson(file)
    in_small_parts(monkeypatch, 150)

    groups = assert_same(file, spark)

    assert groups["group_id"][-60] == groups["group_id"][-30]


@pytest.mark.parametrize("rows", [0, 1, 30])
def test_small_files_have_groups(spark: str, tmp_path: Path, rows: int) -> None:
    file = tmp_path / "customers.parquet"
    sample(rows=40, seed=3)[:rows].write_parquet(file)

    assert assert_same(file, spark).height == rows


@pytest.mark.skipif(not FOLDER, reason="ECIF_LABELLED_DATA names no folder of labelled sets")
@pytest.mark.parametrize("name", LABELLED)
def test_labelled_sets_fall_into_the_same_groups(spark: str, name: str) -> None:
    assert_same(Path(FOLDER or "") / f"{name}.parquet", spark)
