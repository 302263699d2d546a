import pytest

from ecif.identity import (
    ColumnNames,
    Columns,
    ColumnsNotUnderstood,
    Organisation,
    Person,
    RowRefused,
)
from tests.identity.rows import read


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
