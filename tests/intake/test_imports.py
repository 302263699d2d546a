import csv
import io
from pathlib import Path
from typing import Any

import pytest

from ecif.identity import ColumnsNotUnderstood, column_names_of
from ecif.intake import (
    FileOrder,
    ImportTakenOver,
    ReadingRules,
    list_rejects,
    sample_rows,
    write_rejects,
    write_sample,
)
from ecif.intake.imports_files import begin
from ecif.intake.imports_hands import Job, OwnHands
from ecif.intake.imports_pieces import Piece
from tests.bank import ANNA
from tests.intake.taking_in import Desk, open_desk

NOBODY_COUNTED = dict.fromkeys(
    ["created", "linked", "updated", "unchanged", "stale", "in_review", "rejected"], 0
)


def row(key: str, name: str = "王芳", **said: Any) -> dict[str, Any]:
    return {"record_id": key, "full_name": name, **said}


def counted(**counts: int) -> dict[str, int]:
    return {**NOBODY_COUNTED, **counts}


@pytest.mark.parametrize("suffix", [".csv", ".ndjson", ".parquet"])
async def test_a_file_of_any_format_is_taken_in_and_again_it_changes_nothing(
    database_url: str, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"sample{suffix}"
    write_sample(path, rows=120, seed=7)
    async with open_desk(database_url, tmp_path) as desk:
        first = await desk.take_in(path)
        events = len(await desk.bank.events())

        again = await desk.take_in(path)

        told = await desk.bank.rows("SELECT count(*) AS c FROM source_record")
        assert (first.state, first.rejected) == ("done", 0)
        assert first.created + first.linked == 120
        assert again.id != first.id
        assert again.counts == counted(unchanged=120)
        assert len(await desk.bank.events()) == events
        assert told == [{"c": 120}]


async def test_lines_of_one_key_are_applied_in_the_order_of_the_file(
    database_url: str, tmp_path: Path
) -> None:
    rows = [
        row("A", "王芳", occupation="clerk"),
        row("B", "Jana Nováková"),
        row("A", "王芳", occupation="nurse"),
        row("A", "王芳", occupation="pilot"),
    ]
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in_rows(rows)

        [customer] = await desk.bank.rows(
            "SELECT customer_no FROM customer c JOIN source_record r ON r.customer_id = c.id "
            "WHERE r.source_key = 'A'"
        )
        golden = await desk.bank.look(str(customer["customer_no"]))
        assert done.counts == counted(created=2, updated=2)
        assert golden.values["occupation"] == "pilot"


async def test_late_lines_are_counted_and_not_rejected(database_url: str, tmp_path: Path) -> None:
    rows = [
        row("A", occupation="pilot", source_version=2),
        row("A", occupation="nurse", source_version=1),
        row("A", occupation="pilot", source_version=2),
    ]
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in_rows(rows)

        assert done.counts == counted(created=1, stale=1, unchanged=1)


async def test_bad_lines_are_rejected_with_line_field_and_reason_and_the_others_go_on(
    database_url: str, tmp_path: Path
) -> None:
    rows = [
        row("A"),
        row("", "李娜"),
        row("C", "x" * 1_001),
        row("D", birth_date="1990-02-30"),
        row("E", entity_type="cat"),
    ]
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in_rows(rows)
        strict = await desk.take_in_rows(rows, name="strict.ndjson", strict=True)

        rejects = await rejects_of(desk, strict.id)
        assert done.counts == counted(created=2, rejected=3)
        assert strict.counts == counted(unchanged=1, rejected=4)
        assert [(each.line, each.field) for each in rejects] == [
            (2, "record_id"),
            (3, "full_name"),
            (4, "birth_date"),
            (5, "entity_type"),
        ]
        assert all(each.reason and "x" * 20 not in each.reason for each in rejects)


async def rejects_of(desk: Desk, import_id: Any) -> Any:
    return await desk.bank.do(lambda work: list_rejects(work, import_id, after=0, limit=100))


async def test_the_reject_file_has_the_lines_as_they_were_and_no_formula(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "record_id,full_name,phone,branch\n"
        "A,王芳,13812345678,1\n"
        ",=HYPERLINK(1),+8613812345678,@x\n"
        "C,王芳,1\n"
        ',"\t=1+1",-2,\uff1d1\n',
        encoding="utf-8",
    )
    order = FileOrder(path=path, rules=ReadingRules(source_system="core"))
    out = io.StringIO(newline="")
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in(path, rules=order.rules)

        await write_rejects(desk.bank.database, ANNA, done, order, out)

    table = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert done.counts == counted(created=1, rejected=3)
    assert table == [
        ["line", "field", "reason", "record_id", "full_name", "phone", "branch"],
        ["3", "record_id", "is missing", "", "'=HYPERLINK(1)", "'+8613812345678", "'@x"],
        ["4", "", "has 3 values, the header has 4", "", "", "", ""],
        ["5", "record_id", "is missing", "", "'\t=1+1", "'-2", "'\uff1d1"],
    ]


async def test_whole_records_of_the_api_may_stand_in_lines_of_json(
    database_url: str, tmp_path: Path
) -> None:
    whole = {
        "source_system": "cards",
        "source_key": "K1",
        "source_version": 3,
        "kind": "organisation",
        "names": [{"full": "某某公司"}],
        "established_on": "2012-13",
        "documents": [{"kind": "lei", "number": "5493001KJTIIGC8Y1R12"}],
    }
    rows = [whole, {**whole, "source_key": "K2", "documents": [{"kind": "cat", "number": "1"}]}]
    async with open_desk(database_url, tmp_path) as desk:
        done = await desk.take_in_rows(rows, source_system=None)

        [reject] = await rejects_of(desk, done.id)
        [stored] = await desk.bank.rows("SELECT source_system, source_version FROM source_record")
        assert done.counts == counted(created=1, rejected=1)
        assert (reject.line, reject.field) == (2, "documents.0.kind")
        assert stored == {"source_system": "cards", "source_version": 3}


async def test_a_mapping_reads_the_columns_of_a_bank(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("KNR;NAME1;NAME2\n17;Meier;Anna\n", encoding="utf-8")
    names = column_names_of(
        "columns: {KNR: record_id, NAME1: family_name, NAME2: given_name}\n"
        "constants: {source: hostbank}"
    )
    async with open_desk(database_url, tmp_path) as desk:
        with pytest.raises(ColumnsNotUnderstood):
            await desk.take_in(path)

        done = await desk.take_in(path, rules=ReadingRules(names=names))

        assert done.counts == counted(created=1)
        assert await desk.bank.rows("SELECT source_system, source_key FROM source_record") == [
            {"source_system": "hostbank", "source_key": "17"}
        ]


async def test_where_only_listed_sources_may_send_the_lines_of_others_are_rejected(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "record_id,full_name,source\n1,王芳,core\n2,李娜,unheard\n3,赵敏,core\n", encoding="utf-8"
    )
    async with open_desk(database_url, tmp_path) as desk:
        await desk.take_in_rows([row("0")])

        done = await desk.take_in(path, only_listed=True)

        [reject] = await rejects_of(desk, done.id)
        assert done.counts == counted(created=2, rejected=1)
        assert (reject.line, reject.field) == (3, "source_system")


async def test_an_unfinished_import_goes_on_with_the_lines_that_are_left(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "sample.csv"
    write_sample(path, rows=60, seed=3)
    rows = [(line, dict(each)) for line, each in enumerate(sample_rows(rows=60, seed=3), start=2)]
    async with open_desk(database_url, tmp_path) as desk:
        order = FileOrder(path=path)
        begun, run = await begin(desk.bank.database, ANNA, order, order.survey())
        hands = OwnHands(desk.bank.database, Job(run=run, actor=ANNA, rules=order.rules))
        await hands.take_in(piece(rows[20:40]))

        done = await desk.take_in(path)

        with pytest.raises(ImportTakenOver):
            await hands.take_in(piece(rows[0:20]))
        told = await desk.bank.rows("SELECT count(*) AS c FROM source_record_version")
        assert done.id == begun.id
        assert done.created + done.linked == 60
        assert told == [{"c": 0}]


def piece(rows: list[Any]) -> Piece:
    return Piece(
        first=rows[0][0],
        behind=rows[-1][0] + 1,
        rows=rows,
        keys=frozenset((row["source"], row["record_id"]) for _, row in rows),
        share=0.5,
    )
