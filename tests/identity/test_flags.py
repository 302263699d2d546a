"""Flags: what cannot be right is said, by path, without saying the value."""

from typing import Any

from hypothesis import given

from ecif.identity import flags_of, identity_of, is_weak
from tests.identity.texts import ANY_TEXT


def person(**said: Any) -> dict[str, Any]:
    return {"kind": "person", "names": [{"full": "张伟"}], "employer": "某公司", **said}


def found(plain: dict[str, Any]) -> set[tuple[str, str]]:
    return {(flag.path, flag.flag) for flag in flags_of(identity_of(plain))}


def test_a_sound_record_has_no_flag() -> None:
    sound = person(
        birth_date="1949-12-31",
        sex="female",
        documents=[{"kind": "cn_resident_id", "number": "11010519491231002X"}],
        phones=[{"number": "13812345678"}],
        emails=[{"address": "zhangwei@example.com"}],
    )

    assert found(sound) == set()


def test_every_wrong_value_is_named_by_its_path() -> None:
    wrong = person(
        documents=[
            {"kind": "passport", "number": "E12345678"},
            {"kind": "cn_resident_id", "number": "110105194912310021"},
        ],
        phones=[{"number": "13812345678"}, {"number": "12"}],
        emails=[{"address": "nobody"}],
        birth_date_raw="30 Feb",
    )

    assert found(wrong) == {
        ("documents[1].number", "bad-check-digit"),
        ("phones[1].number", "bad-phone"),
        ("emails[0].address", "bad-email"),
        ("birth_date_raw", "unread-date"),
    }


def test_birth_date_and_sex_are_held_against_the_resident_id() -> None:
    contradicted = person(
        birth_date="1990-03-07",
        sex="male",
        documents=[{"kind": "cn_resident_id", "number": "11010519491231002X"}],
    )

    assert found(contradicted) == {
        ("birth_date", "contradicts-document"),
        ("sex", "contradicts-document"),
    }


def test_a_partial_birth_date_contradicts_only_where_it_says_something() -> None:
    year_only = person(
        birth_date="1949", documents=[{"kind": "cn_resident_id", "number": "11010519491231002X"}]
    )

    assert found(year_only) == set()


def test_an_invalid_number_contradicts_nothing() -> None:
    invalid = person(
        birth_date="1990-03-07",
        documents=[{"kind": "cn_resident_id", "number": "110105194912310021"}],
    )

    assert found(invalid) == {("documents[0].number", "bad-check-digit")}


def test_a_company_document_does_not_belong_to_a_person() -> None:
    assert ("documents[0].kind", "wrong-holder") in found(
        person(documents=[{"kind": "cn_uscc", "number": "91350100M000100Y43"}])
    )


def test_a_name_alone_is_weak_and_one_more_word_is_not() -> None:
    alone: dict[str, Any] = {"kind": "person", "names": [{"full": "张伟"}]}

    assert is_weak(identity_of(alone))
    assert ("", "weak") in found(alone)
    assert not is_weak(identity_of({**alone, "birth_date": "1990"}))
    assert not is_weak(identity_of({**alone, "phones": [{"number": "13812345678"}]}))
    assert is_weak(identity_of({**alone, "sex": "male", "nationality": "CN"}))


@given(ANY_TEXT)
def test_flags_never_repeat_a_value(text: str) -> None:
    secret = f"{text}⚑"
    said = person(
        documents=[{"kind": "other", "number": secret}],
        phones=[{"number": secret}],
        emails=[{"address": secret}],
        birth_date_raw=secret,
    )

    assert all("⚑" not in flag.message for flag in flags_of(identity_of(said)))
