import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from ecif import intake
from ecif.intake import ReadingRules, RowReader, sample_rows
from tests.bank import ANNA
from tests.intake.taking_in import Desk, Pairs, open_desk, pairs_of

LABELLED = os.environ.get("ECIF_LABELLED_DATA")
Rows = Sequence[Mapping[str, Any]]


def labelled_rows(count: int) -> Rows:
    if LABELLED is None:
        pytest.skip("ECIF_LABELLED_DATA names no folder of labelled sets")
    path = Path(LABELLED) / "cn_20k_dev.parquet"
    frame = pl.read_parquet(path).sort("cluster_id").head(count)
    return frame.sample(fraction=1.0, shuffle=True, seed=1).to_dicts()


def truth_of(rows: Rows) -> Pairs:
    return pairs_of({row["record_id"]: row["cluster_id"] for row in rows})


async def one_by_one(desk: Desk, rows: Rows) -> None:
    reader = RowReader(ReadingRules())
    database = desk.bank.database
    for row in rows:
        prepared = intake.prepare(reader.message(row), database.vault, ANNA.legal_entity)

        async def register(work: Any, prepared: Any = prepared) -> Any:
            return await intake.register(work, prepared)

        await desk.bank.do(register)


@pytest.mark.journey
@pytest.mark.parametrize("labelled", [False, True], ids=["sample", "labelled"])
async def test_a_file_one_by_one_and_in_another_order_give_the_same_customers(
    fresh_urls: Callable[[], str], tmp_path: Path, labelled: bool
) -> None:
    rows = labelled_rows(600) if labelled else list(sample_rows(rows=400, seed=9))
    shuffled = list(rows)
    Random(4).shuffle(shuffled)

    groups = []
    for number, order in enumerate([rows, shuffled]):
        async with open_desk(fresh_urls(), tmp_path) as desk:
            await desk.take_in_rows(order, name=f"{number}.ndjson", source_system=None)
            groups.append(pairs_of(await desk.customers()))
    async with open_desk(fresh_urls(), tmp_path) as desk:
        await one_by_one(desk, rows)
        groups.append(pairs_of(await desk.customers()))

    [file, other_order, single] = groups
    allowed = len(file) // 1_000
    assert len(file) > 100
    assert len(file ^ other_order) <= allowed
    assert len(file ^ single) <= allowed


@pytest.mark.journey
@pytest.mark.parametrize("labelled", [False, True], ids=["sample", "labelled"])
async def test_the_automatic_links_of_a_file_are_right(
    database_url: str, tmp_path: Path, labelled: bool
) -> None:
    rows = labelled_rows(2_000) if labelled else list(sample_rows(rows=1_000, seed=1))
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in_rows(rows, source_system=None)
        found = pairs_of(await desk.customers())

    true = truth_of(rows)
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    assert done.rejected == 0
    assert precision >= 0.995, f"precision {precision:.4f}, recall {recall:.4f}"
    assert recall >= 0.9, f"precision {precision:.4f}, recall {recall:.4f}"
