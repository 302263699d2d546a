import csv
from collections import Counter
from pathlib import Path

import orjson
import polars as pl
import pytest

from ecif.identity import Columns, document_number_of, flags_of
from ecif.intake import sample_rows, write_sample


def test_the_same_seed_gives_the_same_file_in_every_format(tmp_path: Path) -> None:
    names = ["one.csv", "two.csv", "one.ndjson", "one.parquet"]
    for name in names:
        write_sample(tmp_path / name, rows=300, seed=5)

    with (tmp_path / "one.csv").open(encoding="utf-8", newline="") as file:
        table = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    lines = [orjson.loads(each) for each in (tmp_path / "one.ndjson").read_bytes().splitlines()]
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert table == list(sample_rows(rows=300, seed=5))
    assert table == pl.read_parquet(tmp_path / "one.parquet").to_dicts()
    assert lines == [{k: v for k, v in row.items() if v is not None} for row in table]
    assert table != list(sample_rows(rows=300, seed=6))


def test_a_format_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.csv"):
        write_sample(tmp_path / "one.xlsx", rows=1, seed=1)


def test_a_sample_has_everything_that_makes_recognition_hard() -> None:
    rows = list(sample_rows(rows=2_000, seed=1))

    records = Counter(row["cluster_id"] for row in rows)
    phones: dict[str, set[str]] = {}
    for row in rows:
        phones.setdefault(row["phone"] or "", set()).add(row["cluster_id"] or "")
    assert {row["source"] for row in rows} == {"core", "card", "loan", "ebank"}
    assert {row["entity_type"] for row in rows} == {"person", "org"}
    assert max(records.values()) == 4
    assert min(records.values()) == 1
    assert any(len(owners) > 1 for phone, owners in phones.items() if phone)


def test_most_numbers_of_a_sample_are_right() -> None:
    rows = list(sample_rows(rows=500, seed=2))
    columns = Columns(rows[0])

    said = [columns.identity(row) for row in rows]

    numbers = [document_number_of(document) for each in said for document in each.documents]
    assert sum(number.valid for number in numbers) / len(numbers) > 0.9
    assert all("bad-phone" not in {flag.flag for flag in flags_of(each)} for each in said)
