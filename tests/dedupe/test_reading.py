import codecs
from pathlib import Path

import polars as pl
import pytest

from ecif.dedupe import (
    FileUnreadable,
    RulesUnreadable,
    explain,
    read_file,
    read_rules,
    reading,
    scan_file,
    taken,
    write_rules,
)
from ecif.identity import column_names_of
from ecif.rules import default_rules
from tests.dedupe.files import frame_of, written

TEXT = "record_id,full_name\nA,张伟\nB,Zoë\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_is_read_in_whatever_encoding_it_is(tmp_path: Path, encoding: str) -> None:
    frame = read_file(written(tmp_path, "a.csv", TEXT.encode(encoding)))

    assert frame.to_dicts() == [
        {"record_id": "A", "full_name": "张伟"},
        {"record_id": "B", "full_name": "Zoë"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    path = written(tmp_path, "a.csv", TEXT.replace(",", delimiter).encode())

    assert read_file(path).columns == ["record_id", "full_name"]


def test_ndjson_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame({"record_id": ["1"], "full_name": ["Anna Novak"]})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ndjson(tmp_path / "a.ndjson")

    assert read_file(tmp_path / "a.parquet").equals(read_file(tmp_path / "a.ndjson"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (codecs.BOM_UTF8 + b'[{"a": 1}]', "JSON array"),
        (b"PAR1 but no more", "cannot be read"),
        (b"a,b\n\x81\x8d\xff", "no encoding"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(FileUnreadable, match=words):
        read_file(written(tmp_path, "a", content))


@pytest.mark.parametrize("ending", ["parquet", "ndjson", "csv"])
def test_columns_that_are_asked_for_are_those_of_the_whole_file(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    frame = pl.DataFrame({"id": ["1", "2"], "first": ["Anna", None], "last": ["Novak", "Zoë"]})
    getattr(frame, "write_parquet" if ending == "parquet" else f"write_{ending}")(path)
    names = column_names_of("columns: {first: given_name, last: family_name}")

    rows = scan_file(path, names)

    assert rows.collect().equals(read_file(path, names))
    assert taken(rows, "family_name", "given_name").rows() == [("Novak", "Anna"), ("Zoë", None)]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("gb18030"),
        '\ufeff"full_name";phone\r\n"a ""b""\nc";1\r\nZoë;2;3\r\nd\r\n;\r\n'.encode(),
        b"full_name,phone\n",
        b'{"name": "Anna", "nothing": null, "phones": [{"number": "1"}], "sure": true}\n' * 3,
    ],
    ids=["text", "quoted", "no row", "nested"],
)
def test_rows_that_are_kept_packed_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = written(tmp_path, "a", content)
    whole = read_file(path)
    monkeypatch.setattr(reading, "PACKED_FROM_BYTES", 0)

    rows = scan_file(path)

    assert rows.collect().equals(whole)
    assert all(taken(rows, column).to_series().equals(whole[column]) for column in whole.columns)


@pytest.mark.parametrize("name", ["a*.csv", "a[1].ndjson", "a?.parquet"])
def test_the_name_of_a_file_is_no_pattern(tmp_path: Path, name: str) -> None:
    ending = name.partition(".")[2]
    for each, content in ((name, "Anna"), (f"ab.{ending}", "Zoë")):
        with (tmp_path / each).open("wb") as file:
            getattr(pl.DataFrame({"full_name": [content]}), f"write_{ending}")(file)

    assert read_file(tmp_path / name).rows() == [("Anna",)]


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more"])
def test_a_file_that_is_none_is_not_scanned(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        scan_file(written(tmp_path, "a", content))


def test_a_column_that_is_damaged_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    names = [f"Anna Novak {number}" for number in range(500)]
    pl.DataFrame({"full_name": names}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:40] = bytes(36)
    rows = scan_file(written(tmp_path, "b.parquet", bytes(content)))

    with pytest.raises(FileUnreadable):
        taken(rows, "full_name")


def test_rules_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_rules(tmp_path / "r.toml", default_rules())

    assert read_rules(tmp_path / "r.toml") == default_rules()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[matching.person.weights.sex]\n", "[matching.person.weights.sex]\nalike = {m = 1, u = 1}\n"),
         r"person\.weights\.sex\.alike: there is no such level"),
        (("person.weights.sex]", "person.weights.shoe]"), r"sex|shoe"),
        (("merge_existing", "merge_exsiting"), "merge_exsiting"),
        (("prior_bits = -19.0", "prior_bits ="), "is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    write_rules(tmp_path / "r.toml", default_rules())
    text = (tmp_path / "r.toml").read_text()
    assert change[0] in text
    (tmp_path / "r.toml").write_text(text.replace(*change))

    with pytest.raises(RulesUnreadable, match=words):
        read_rules(tmp_path / "r.toml")


MAPPING = """
columns: {first: given_name, last: family_name, tel: phone, tel2: phone, memo: ignore}
constants: {entity_type: person}
"""


def test_a_file_with_names_of_its_own_is_read_in_ours(tmp_path: Path) -> None:
    header = "record_id,first,last,tel,tel2,phone,phone#3,memo,_memo"
    line = "A,Anna,Novak,5551234,5554321,5550000,5559999,a secret,a note"
    path = written(tmp_path, "a.csv", f"{header}\n{line}\n".encode())

    frame = read_file(path, column_names_of(MAPPING))

    assert frame.to_dicts() == [
        {
            "record_id": "A",
            "given_name": "Anna",
            "family_name": "Novak",
            "phone#2": "5551234",
            "phone#4": "5554321",
            "phone": "5550000",
            "phone#3": "5559999",
            "_memo": "a note",
            "entity_type": "person",
        }
    ]


def test_further_columns_of_a_word_are_compared_as_the_first_one() -> None:
    ours = frame_of(
        {"full_name": "Anna Novak", "phone": "020 7946 0011", "phone#2": "020 7946 0958"},
        {"full_name": "A. Novak", "phone": "020 7946 0958", "phone#2": None},
        {"full_name": "A. Novak", "phone": "020 7946 0123", "phone#2": None},
    )

    explanation = explain(ours, "0", "1", default_rules().matching)
    other = explain(ours, "0", "2", default_rules().matching)

    assert ("phone", "same") in [(part.about, part.level) for part in explanation.score.weighed]
    assert ("phone", "same") not in [(part.about, part.level) for part in other.score.weighed]


def test_rules_with_names_under_the_key_of_an_installation_are_refused_without_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.toml"
    write_rules(path, default_rules())
    learned = '[matching.frequencies.learned]\nkey_version = 1\nkey_mark = "00"\n'
    path.write_text(f"{path.read_text()}\n{learned}")

    with pytest.raises(RulesUnreadable, match="hashing key of an installation"):
        read_rules(path)

    assert read_rules(path, with_keys=True).matching.frequencies.learned is not None


def test_a_rule_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = written(tmp_path, "r.toml", b"")
    path.chmod(0o644)

    write_rules(path, default_rules())

    assert path.stat().st_mode & 0o777 == 0o600
