from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ecif.identity import (
    ColumnNames,
    Columns,
    ColumnsNotUnderstood,
    Identity,
    MappingUnreadable,
    Organisation,
    Person,
    RowRefused,
    column_names_of,
    moment,
    source_key,
    system_name,
    whole_number,
)


def read(row: dict[str, Any], *, mapping: str = "", strict: bool = False) -> Identity:
    return Columns(row, column_names_of(mapping), strict=strict).identity(row)


def test_a_row_says_everything_about_a_person() -> None:
    said = read(
        {
            "entity_type": "person",
            "full_name": " 张伟 ",
            "name_en": "ZHANG WEI",
            "gender": "M",
            "birth_date": "1990/3/7",
            "nationality": "CN",
            "id_type": "resident_id",
            "id_number": "110101199003070038",
            "passport": "E12345678",
            "phone": "13812345678",
            "work_phone": "010-65551234",
            "email": "z@example.com",
            "province": "北京市",
            "city": "北京市",
            "address": "中关村大街1号",
            "postcode": "100080",
            "country": "CN",
            "employer": "某某公司",
            "occupation": "engineer",
            "branch": "0101",
        }
    )

    assert said.model_dump(mode="json", exclude_defaults=True, exclude={"kind"}) == {
        "names": [{"full": "张伟"}, {"kind": "latin", "full": "ZHANG WEI"}],
        "documents": [
            {"kind": "passport", "number": "E12345678"},
            {"kind": "cn_resident_id", "number": "110101199003070038"},
        ],
        "phones": [{"number": "13812345678"}, {"kind": "work", "number": "010-65551234"}],
        "emails": [{"address": "z@example.com"}],
        "addresses": [
            {
                "country": "CN",
                "region": "北京市",
                "city": "北京市",
                "line": "中关村大街1号",
                "postcode": "100080",
            }
        ],
        "birth_date": "1990-03-07",
        "sex": "male",
        "nationality": "CN",
        "employer": "某某公司",
        "occupation": "engineer",
        "extra": {"branch": "0101"},
    }


def test_a_row_says_everything_about_an_organisation() -> None:
    said = read(
        {
            "entity_type": "org",
            "org_name": "某某公司",
            "short_name": "某某",
            "uscc": "91110108MA01ABCD2X",
            "legal_rep": "王芳",
            "established_on": "2012-05",
            "street": "人民路1号",
            "city": "杭州市",
            "country": "CN",
        }
    )

    assert isinstance(said, Organisation)
    assert [name.kind for name in said.names] == ["legal", "short"]
    assert said.documents[0].kind == "cn_uscc"
    assert (said.legal_representative, said.established_on) == ("王芳", "2012-05")
    assert (said.addresses[0].kind, said.addresses[0].line) == ("registered", "人民路1号")
    assert said.country == "CN"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"org_name": "某某公司"}, Organisation),
        ({"org_name": "某某公司", "full_name": "王芳"}, Person),
        ({"full_name": "王芳"}, Person),
        ({"entity_type": "Company", "full_name": "某某公司"}, Organisation),
    ],
)
def test_the_kind_is_told_or_inferred_from_the_names(row: dict[str, str], kind: type) -> None:
    assert isinstance(read(row), kind)


def test_what_a_person_cannot_have_is_kept_beside() -> None:
    said = read({"entity_type": "person", "full_name": "王芳", "org_name": "某某公司"})

    assert said.extra == {"org_name": "某某公司"}


def test_names_in_parts() -> None:
    said = read(
        {
            "given_name": "Anna",
            "middle_name": "Maria",
            "family_name": "Meier",
            "family_name2": "Schulz",
        }
    )

    name = said.names[0]
    assert (name.given, name.middle, name.family, name.second_family) == (
        "Anna",
        "Maria",
        "Meier",
        "Schulz",
    )


def test_an_impossible_date_is_kept_as_text_or_refuses_a_strict_row() -> None:
    row = {"full_name": "王芳", "birth_date": "1990-02-30"}

    said = read(row)
    with pytest.raises(RowRefused) as refused:
        read(row, strict=True)

    assert isinstance(said, Person)
    assert (said.birth_date, said.birth_date_raw) == (None, "1990-02-30")
    assert refused.value.field == "birth_date"


@pytest.mark.parametrize(
    ("id_type", "number", "kind"),
    [
        ("uscc", "91110108MA01ABCD2X", "cn_uscc"),
        ("org_code", "MA01ABCD2", "cn_org_code"),
        ("licence", "110108000000016", "cn_business_licence"),
        ("permit", "H12345678", "hk_macao_permit"),
        ("permit", "12345678", "taiwan_permit"),
        ("driver_licence", "D1234567", "driver_licence"),
        ("library_card", "L-1234", "other"),
        (None, "123456", "national_id"),
    ],
)
def test_words_for_documents(id_type: str | None, number: str, kind: str) -> None:
    said = read({"full_name": "王芳", "id_type": id_type, "id_number": number})

    assert said.documents[0].kind == kind
    assert said.documents[0].number == number
    assert said.extra == ({"id_type": "library_card"} if kind == "other" else {})


def test_a_number_without_a_type_is_issued_by_the_country_of_the_row() -> None:
    said = read({"full_name": "王芳", "id_number": "123456", "country": "CN"})

    assert said.documents[0].issuer == "CN"


def test_the_truth_and_notes_are_never_read() -> None:
    said = read({"full_name": "王芳", "cluster_id": "C1", "_trap": "twin", "branch": "1"})

    assert said.extra == {"branch": "1"}


def test_a_mapping_names_columns_constants_and_what_is_not_kept() -> None:
    mapping = """
    columns: {NAME1: family_name, NAME2: given_name, TEL1: phone, TEL2: phone, MEMO: ignore}
    constants: {entity_type: person, country: DE}
    """
    row = {"NAME1": "Meier", "NAME2": "Anna", "TEL1": "030 1", "TEL2": "030 2", "MEMO": "x"}

    said = read({**row, "postcode": "10115"}, mapping=mapping)

    assert (said.names[0].family, said.names[0].given) == ("Meier", "Anna")
    assert [phone.number for phone in said.phones] == ["030 1", "030 2"]
    assert said.addresses[0].country == "DE"
    assert said.extra == {}


@pytest.mark.parametrize(
    "mapping",
    ["columns: [a]", "columns: {A: surname}", "constants: {surname: x}", "names: {}", "- a", "{"],
)
def test_an_unreadable_mapping_is_refused(mapping: str) -> None:
    with pytest.raises(MappingUnreadable):
        column_names_of(mapping)


@pytest.mark.parametrize(
    "header",
    [
        ("record_id", "phone"),
        ("full_name", *(f"column {number}" for number in range(51))),
    ],
)
def test_columns_without_a_name_or_too_many_unknown_ones_are_refused(
    header: tuple[str, ...],
) -> None:
    with pytest.raises(ColumnsNotUnderstood):
        Columns(header)


def test_one_word_for_two_columns_is_refused_where_only_one_value_can_stand() -> None:
    with pytest.raises(ColumnsNotUnderstood):
        Columns(("full_name", "NAME"), ColumnNames({"NAME": "full_name"}))


LONG = "x" * 1_001


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"org_name": " ", "entity_type": "org"}, "org_name"),
        ({"full_name": "王芳", "entity_type": "cat"}, "entity_type"),
        ({"full_name": LONG}, "full_name"),
        ({"full_name": "王芳", "name_en": LONG}, "name_en"),
        ({"full_name": "王芳", "city": LONG, "postcode": "1"}, "city"),
        ({"full_name": "王芳", "passport": "E1", "id_number": LONG}, "id_number"),
        ({"full_name": "王芳", "passport": "E\x00", "id_number": "1"}, "passport"),
        ({"full_name": "王芳", "phone": "1", "work_phone": LONG}, "work_phone"),
        ({"full_name": "王芳", "employer": "a\x1fb"}, "employer"),
        ({"full_name": "王芳", "branch": LONG}, "extra"),
        ({"full_name": ["王芳"]}, "full_name"),
        ({"full_name": "王芳", "birth_date": LONG}, "birth_date"),
    ],
)
def test_a_refused_row_names_its_column_and_no_value(row: dict[str, Any], field: str) -> None:
    with pytest.raises(RowRefused) as refused:
        read(row)

    assert refused.value.field == field
    assert LONG not in refused.value.reason
    assert "王芳" not in refused.value.reason


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.0, "10"),
        (1.5, "1.5"),
        (7, "7"),
        (True, "true"),
        (Decimal("7.50"), "7.50"),
        (date(1990, 3, 7), "1990-03-07"),
        (datetime(1990, 3, 7), "1990-03-07"),  # noqa: DTZ001  # as data frames hold days
        (float("nan"), None),
        (None, None),
        ("\\N", None),
        ("  ", None),
    ],
)
def test_values_of_any_plain_type_are_read(value: object, text: str | None) -> None:
    assert read({"full_name": "王芳", "branch": value}).extra.get("branch") == text


def test_versions_and_times_of_a_record() -> None:
    assert whole_number("17") == 17
    assert moment("2026-01-31T12:00:00+08:00") == datetime(2026, 1, 31, 4, tzinfo=UTC)
    assert moment("2026-01-31 12:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read_word", "word", "field"),
    [
        (whole_number, "1.5", "source_version"),
        (whole_number, "9" * 19 + "9", "source_version"),
        (moment, "yesterday", "changed_at"),
        (system_name, "core banking", "source"),
        (system_name, "", "source"),
        (source_key, "", "record_id"),
        (source_key, "a\x1fb", "record_id"),
        (source_key, "k" * 201, "record_id"),
    ],
)
def test_words_about_the_record_are_checked(
    read_word: Callable[[str], object], word: str, field: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        read_word(word)

    assert refused.value.field == field
