"""Small files of invented customers, written and grouped."""

from pathlib import Path
from typing import Any

import polars as pl

from ecif.dedupe import Grouping, Options, group_rows
from ecif.intake.sample import sample_rows
from ecif.rules import default_rules


def sample(*, rows: int, seed: int) -> pl.DataFrame:
    return pl.DataFrame(list(sample_rows(rows=rows, seed=seed)), infer_schema_length=None)


def frame_of(*rows: dict[str, Any]) -> pl.DataFrame:
    numbered = [{"record_id": str(place), **row} for place, row in enumerate(rows)]
    return pl.DataFrame(numbered, infer_schema_length=None)


def grouped(frame: pl.DataFrame, **options: Any) -> Grouping:
    return group_rows(frame, Options(default_rules().matching, **{"processes": 1, **options}))


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
