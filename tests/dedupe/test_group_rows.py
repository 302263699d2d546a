from itertools import combinations

import numpy as np
import pytest

from ecif.dedupe import RowReading
from ecif.dedupe.records import records_of
from ecif.identity import ColumnsNotUnderstood
from ecif.matching import Keys, evaluate, features_of, table_of
from tests.dedupe.files import frame_of, grouped, sample

ANNA = {"full_name": "Anna Novak", "birth_date": "1984-02-11", "phone": "13812345678"}
PETR = {"full_name": "Petr Svoboda", "birth_date": "1970-10-01", "phone": "13987654321"}


def test_rows_of_one_person_are_one_group() -> None:
    found = grouped(frame_of(ANNA, PETR, ANNA, {**ANNA, "full_name": "NOVAK Anna"}))

    assert found.best.tolist() == [0, 1, 0, 0]
    assert found.automatic[0] == found.automatic[2]


def test_invented_customers_are_found_again() -> None:
    frame = sample(rows=800, seed=11)
    truth = frame["cluster_id"].to_list()

    found = grouped(frame)

    assert evaluate(found.best.tolist(), truth).pair_f1.value > 0.97
    assert evaluate(found.automatic.tolist(), truth).pair_precision.value > 0.995


def test_two_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecif.dedupe.distinct._PIECE_VALUES", 100)
    monkeypatch.setattr("ecif.dedupe.records.WORTH_PARTING_ROWS", 0)
    monkeypatch.setattr("ecif.dedupe.plan.WORTH_PARTING_ROWS", 0)
    monkeypatch.setattr("ecif.dedupe.pairs._PIECE_PAIRS", 500)
    monkeypatch.setattr("ecif.dedupe.learning._PIECE_PAIRS", 500)
    frame = sample(rows=400, seed=3)

    one, two = grouped(frame, processes=1), grouped(frame, processes=2)

    assert one.best.tolist() == two.best.tolist()
    assert one.automatic.tolist() == two.automatic.tolist()
    assert one.rules == two.rules


def test_neither_the_order_of_columns_nor_their_notes_matter() -> None:
    frame = sample(rows=300, seed=4)
    turned = frame.select(reversed(frame.columns)).rename({"cluster_id": "_cluster"})

    assert grouped(frame).best.tolist() == grouped(turned).best.tolist()


def test_a_clean_source_keeps_its_records_apart() -> None:
    frame = frame_of(
        {**ANNA, "source": "core"}, {**ANNA, "source": "core"}, {**ANNA, "source": "card"}
    )

    found = grouped(frame, clean_sources=frozenset({"core"}))

    assert found.best[0] != found.best[1]


def test_no_two_valid_documents_of_one_person_are_ever_in_one_group() -> None:
    first = {**ANNA, "id_type": "resident_id", "id_number": "110108198402110017"}
    twin = {**ANNA, "id_type": "resident_id", "id_number": "110108198402110033"}

    found = grouped(frame_of(first, twin, ANNA))

    assert found.best[0] != found.best[1]
    assert found.automatic[0] != found.automatic[1]


@pytest.mark.parametrize("adapt", [True, False])
def test_a_file_without_rows_and_a_file_of_one_row_have_groups(adapt: bool) -> None:
    one = frame_of(ANNA)

    assert grouped(one.clear(), adapt=adapt).best.tolist() == []
    assert grouped(one, adapt=adapt).best.tolist() == [0]


def test_equal_rows_are_one_group_whatever_their_number() -> None:
    assert set(grouped(frame_of(*[ANNA] * 1_000)).automatic.tolist()) == {0}


def test_dates_a_slip_apart_in_every_part_are_compared_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ecif.dedupe.plan.SMALL_FILE_PAIRS", 0)
    first = {"full_name": "Mia Jones", "birth_date": "2008-02-23"}
    frame = frame_of(
        first,
        {"full_name": "Qona Reeve", "birth_date": "2018-01-21"},
        {"full_name": "Petr Svoboda", "birth_date": "1971-10-01"},
    )

    planned = grouped(frame, keep_pairs=True).planned

    assert planned.T.tolist() == [[0, 1]]


def test_a_telephone_that_everybody_shares_costs_little_and_joins_nobody() -> None:
    frame = frame_of(
        *({"full_name": f"{chr(97 + n % 26) * 4}{n} {chr(97 + n // 26 % 26) * 5}{n}", "phone": "13812345678"}
          for n in range(1_000))
    )  # fmt: skip

    found = grouped(frame)

    assert len(np.unique(found.automatic)) == frame.height
    assert found.compared_pairs < 100 * frame.height


def test_a_row_that_cannot_be_read_stands_alone_and_says_why() -> None:
    found = grouped(frame_of(ANNA, {**ANNA, "full_name": "A" * 2_000}, ANNA))

    assert found.best.tolist() == [0, 1, 0]
    assert list(found.refused) == [1]


def test_rows_without_a_name_are_matched_by_what_else_they_tell() -> None:
    nameless = {"full_name": None, "birth_date": "1984-02-11", "phone": "13812345678",
                "id_type": "resident_id", "id_number": "110108198402110017"}  # fmt: skip

    found = grouped(frame_of({**ANNA, **nameless, "full_name": "Anna Novak"}, nameless))

    assert found.best.tolist() == [0, 0]


def test_a_file_without_names_is_refused_in_words() -> None:
    with pytest.raises(ColumnsNotUnderstood, match="No column is a name"):
        grouped(frame_of({"colour": "red"}))


def test_rows_read_part_by_part_are_what_they_are_as_a_whole() -> None:
    frame = sample(rows=600, seed=9)
    reading = RowReading(frame.columns)
    for kind in records_of(frame, reading, processes=1).kinds:
        for place, row in enumerate(kind.rows.tolist()):
            whole = features_of(reading.identity(frame.row(row, named=True)))
            assert kind.table.features(place) == whole._replace(keys=())


def test_records_that_share_a_key_one_by_one_share_one_in_columns() -> None:
    frame = sample(rows=400, seed=10)
    reading = RowReading(frame.columns)
    for kind in records_of(frame, reading, processes=1).kinds:
        shared = set()
        told = Keys(kind.table)
        for keys in map(told.column, told.conjunctions(wide=False)):
            blocks: dict[int, list[int]] = {}
            for key, record in zip(keys.hashes.tolist(), keys.records.tolist(), strict=True):
                blocks.setdefault(key, []).append(record)
            for block in blocks.values():
                shared |= set(combinations(sorted(set(block)), 2))
        records = [
            set(features_of(reading.identity(frame.row(row, named=True))).keys)
            for row in kind.rows.tolist()
        ]
        wanted = {
            (a, b) for a, b in combinations(range(len(records)), 2) if records[a] & records[b]
        }
        assert wanted <= shared


def test_who_was_not_compared_by_a_key_is_listed_under_it() -> None:
    rows = [
        {"full_name": "王小明", "email": f"w{number}@q{number}.example"} for number in range(40)
    ]
    others = [
        {"full_name": f"A{chr(97 + place // 26)}{chr(97 + place % 26)}ik Novak{place}"}
        for place in range(400)
    ]

    found = grouped(frame_of(*rows, *others))

    assert found.left_out_by["person", "name"].tolist() == list(range(40))
    assert set(range(40)) <= set(found.left_out.tolist())


def test_in_a_large_file_a_spelling_serves_those_who_have_no_name_in_hanzi() -> None:
    table = table_of(
        "person",
        [
            features_of(RowReading(["full_name", "name_en"]).identity(row))
            for row in (
                {"full_name": "王小明", "name_en": "Wang Xiaoming"},
                {"full_name": "Wang Xiaoming", "name_en": None},
            )
        ],
    )

    bearers = {
        sparing: set(keys.column(one).records.tolist())
        for sparing in (False, True)
        for keys in [Keys(table, sparing=sparing)]
        for one in keys.conjunctions(wide=False)
        if one.name == "parts"
    }

    assert bearers == {False: {0, 1}, True: {1}}
