"""Steps of grouping on Spark, each beside what does the same on one machine."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ecif import dedupe
from ecif.matching import components_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def steps(spark: str) -> Any:
    """The room of Spark, which is loaded where there is one."""
    return import_module("ecif.dedupe.spark")


@pytest.fixture
def cluster(steps: Any, spark: str, tmp_path: Path) -> Iterator[Any]:
    with steps.cluster.opened(spark, tmp_path) as cluster:
        cluster.expect(0)
        yield cluster


@pytest.mark.parametrize("few", [0, 10_000])
def test_what_hangs_together_is_found_along_long_chains(steps: Any, cluster: Any, few: int) -> None:
    chance = np.random.default_rng(5)
    chain = np.arange(90)
    left = np.concatenate([chain[:-1], chance.integers(100, 300, 120)])
    right = np.concatenate([chain[1:], chance.integers(100, 300, 120)])
    ties = cluster.rows(left=left, right=right)

    found = steps.parts.parts_of(cluster, "stars", ties.where("left != right"), few).collect()

    part = components_of(300, left, right)
    told = sorted(set(left[left != right].tolist()) | set(right[left != right].tolist()))
    assert sorted(map(tuple, found)) == [(one, part[one]) for one in told]


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("a.csv", "utf-8", "full_name;city\n王伟;北京\nAnna;Praha\n"),
        ("b.csv", "gb18030", "full_name,city\n王伟,北京\n李娜,上海\n"),
        ("c.csv", "utf-16", "full_name\tcity\n王伟\t北京\nAnna\tPraha\n"),
        ("d.csv", "utf-8-sig", 'full_name,city\n"Novák,\nAnna",Praha\nx\n'),
        ("e.ndjson", "utf-8", '{"full_name":"A","n":1}\n{"full_name":"B","n":2.5,"late":"x"}\n'),
        ("f.csv", "utf-8", "full_name,city\n"),
    ],
)
def test_a_file_in_shards_is_read_as_it_is_read_whole(
    steps: Any, tmp_path: Path, name: str, encoding: str, text: str
) -> None:
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))

    shards = steps.shards.cut(file, tmp_path / "rows", 1)

    whole = dedupe.read_file(file)
    assert pl.concat(shards.frame(number) for number in range(shards.count)).equals(whole)
    assert shards.rows == whole.height


def test_pairs_of_records_that_are_compared_with_one_another_lie_in_one_bucket(
    steps: Any, cluster: Any
) -> None:
    """Households of six, each compared with all of its own: a record is sent into one bucket, not into five."""
    ends = [(one, other) for one in range(600) for other in range(one + 1, one // 6 * 6 + 6)]
    chance = np.random.default_rng(6)
    left, right = (np.array(end) for end in zip(*chance.permutation(ends), strict=True))
    pairs = cluster.rows(left=left, right=right, place=np.arange(len(ends)))

    found = steps.scoring.in_buckets(pairs, 100).collect()

    told = sorted((row["place"], row["left"], row["right"]) for row in found)
    assert told == list(zip(range(len(ends)), left.tolist(), right.tolist(), strict=True))
    buckets: dict[int, set[int]] = {row["left"] // 6: set() for row in found}
    for row in found:
        buckets[row["left"] // 6].add(row["bucket"])
    assert all(len(one) == 1 for one in buckets.values())
    assert set().union(*buckets.values()) == set(range(len(ends) // 100))


def test_without_java_the_command_says_so(
    steps: Any, spark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with (
        pytest.raises(dedupe.SparkUnavailable, match="Java"),
        steps.cluster.opened(spark, tmp_path),
    ):
        pass
