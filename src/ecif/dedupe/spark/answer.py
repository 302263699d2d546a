"""The groups of a file of any size: labels in memory, all else told shard by shard."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.spark.shards import Shards
from ecif.matching import Kept
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]


@dataclass
class Answer:
    """The groups of a file, row by row: each is named by its first row.

    `refused`: how many rows could not be read, each a group of its own; `first_refused`: the first, with the reason.
    `left_out`: how many rows share some key with too many others. `waiting`: how many pairs a person should look at.
    """

    shards: Shards
    rules: MatchingRules
    best: Rows = field(init=False)
    automatic: Rows = field(init=False)
    kept: dict[str, tuple[Kept, ...]] = field(default_factory=dict)
    compared_pairs: int = 0
    refused: int = 0
    first_refused: tuple[int, str] | None = None
    left_out: int = 0
    waiting: int = 0
    reviews: Path | None = None

    def __post_init__(self) -> None:
        self.best = np.arange(self.shards.rows, dtype=np.int64)
        self.automatic = self.best.copy()

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.shards.rows

    def frames(self) -> Iterator[pl.DataFrame]:
        """One row per row of the file, shard by shard: its record id, its groups, and whom to compare it with."""
        best, automatic = _numbers(self.best), _numbers(self.automatic)
        for shard in range(self.shards.count):
            ids = self.shards.ids(shard)
            mine = slice(shard * self.shards.each, shard * self.shards.each + len(ids))
            yield pl.DataFrame(
                [
                    ids,
                    pl.Series("group_id", best[self.best[mine]]),
                    pl.Series("automatic_group_id", automatic[self.automatic[mine]]),
                    self._reviews(shard, len(ids)),
                ]
            )

    def _reviews(self, shard: int, height: int) -> pl.Series:
        rows = pl.DataFrame({"row": np.arange(height) + shard * self.shards.each})
        told = pl.DataFrame(schema={"row": pl.Int64, "review_with": pl.List(pl.String)})
        parts = sorted(self.reviews.glob(f"shard={shard}/*.parquet")) if self.reviews else []
        if parts:
            told = pl.read_parquet(parts, hive_partitioning=False)
        found = rows.join(told, on="row", how="left", maintain_order="left")["review_with"]
        return found.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))


def _numbers(groups: Rows) -> Rows:
    """For the first row of every group its number, counted from 1 in the order of their first rows."""
    return np.cumsum(groups == np.arange(len(groups)))
