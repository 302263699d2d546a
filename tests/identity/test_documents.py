"""Document numbers: judged by their standards, equal along their succession."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecif.identity import (
    DOCUMENT_KINDS,
    Document,
    DocumentNumber,
    document_number_of,
    is_known_kind,
)
from tests.identity.texts import ANY_TEXT

RESIDENT = "11010519491231002X"  # GB 11643-1999, the example of its annex


def judged(kind: str, number: str, issuer: str | None = None) -> DocumentNumber:
    return document_number_of(Document(kind=kind, number=number, issuer=issuer))


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("cn_resident_id", RESIDENT),
        ("cn_resident_id", "440524188001010014"),
        ("hk_macao_residence_permit", "810000199408230021"),
        ("taiwan_residence_permit", "830000199201300022"),
        ("cn_uscc", "91350100M000100Y43"),
        ("cn_uscc", "91110000600037341L"),
        ("cn_business_licence", "110108000000016"),
        ("lei", "5493001KJTIIGC8Y1R12"),
        ("lei", "INR2EJN1ERAN0W5ZP974"),
        ("ssn", "536-90-4399"),
        ("vat", "DE136695976"),
        ("vat", "GB 980 7806 84"),
        ("passport", "E12345678"),
        ("hk_macao_permit", "H0123456701"),
        ("cn_foreign_permanent_residence", "FRA110187062302"),
    ],
)
def test_published_numbers_are_valid(kind: str, number: str) -> None:
    number_judged = judged(kind, number)

    assert (number_judged.valid, number_judged.flag) == (True, None)


@pytest.mark.parametrize(
    ("kind", "number", "flag"),
    [
        ("cn_resident_id", "110105194912310021", "bad-check-digit"),
        ("cn_resident_id", "110105194902300021", "bad-date"),
        ("cn_resident_id", "990105194912310021", "bad-check-digit"),
        ("cn_resident_id", "170105194912310021", "bad-region"),
        ("cn_resident_id", "1101051949", "bad-form"),
        ("cn_resident_id", "110105********002X", "masked"),
        ("cn_resident_id", "110105XXXXXXXX002X", "masked"),
        ("taiwan_residence_permit", RESIDENT, "bad-region"),
        ("cn_uscc", "91350100M000100Y44", "bad-check-digit"),
        ("cn_uscc", "91350100M000100O43", "bad-form"),
        ("cn_org_code", "M000100Y5", "bad-check-digit"),
        ("cn_business_licence", "110108000000017", "bad-check-digit"),
        ("lei", "5493001KJTIIGC8Y1R13", "bad-check-digit"),
        ("cn_foreign_permanent_residence", "FRA110187063902", "bad-date"),
        ("passport", "000000000", "placeholder"),
        ("passport", "abc", "bad-form"),
        ("hk_macao_permit", "A01234567", "bad-form"),
        ("ssn", "000-12-3456", "bad-check-digit"),
    ],
)
def test_a_wrong_number_is_kept_and_says_why(kind: str, number: str, flag: str) -> None:
    number_judged = judged(kind, number)

    assert (number_judged.valid, number_judged.flag) == (False, flag)
    assert number_judged.normal


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        "110105 19491231 002X",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11O1O519491231OO2X",
        "l1010519491231002X",
        "11010519491231002\u0425",
    ],
)
def test_a_resident_id_is_one_number_however_it_is_typed(written: str) -> None:
    assert judged("cn_resident_id", written).normal == RESIDENT


def test_a_letter_that_is_no_digit_look_alike_is_not_corrected() -> None:
    assert judged("cn_resident_id", "1101O519491231002S").normal.endswith("S")
    assert judged("passport", "EO1234567").normal == "EO1234567"


def test_a_resident_id_tells_region_birth_date_and_sex() -> None:
    number = judged("cn_resident_id", RESIDENT)

    assert (number.region, number.birth_date, number.sex) == ("110105", "1949-12-31", "female")


def test_the_district_need_not_have_existed_in_the_year_of_birth() -> None:
    # 310115, Pudong, exists since 1992.
    assert judged("cn_resident_id", "310115195003070009").flag in (None, "bad-check-digit")
    assert any(judged("cn_resident_id", f"31011519500307000{last}").valid for last in "0123456789X")


def test_fifteen_digits_are_succeeded_by_eighteen() -> None:
    old = judged("cn_resident_id", "110105491231002")

    assert (old.normal, old.line, old.valid) == ("110105491231002", RESIDENT, True)


def test_an_organisation_code_is_succeeded_by_its_unified_code() -> None:
    assert judged("cn_org_code", "M000100Y-4").line == judged("cn_uscc", "91350100M000100Y43").line


def test_a_permit_keeps_its_line_when_it_is_renewed() -> None:
    assert (
        judged("hk_macao_permit", "H0123456701").line == judged("hk_macao_permit", "H01234567").line
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("810000199408230021", "hk_macao_residence_permit"),
        ("830000199201300022", "taiwan_residence_permit"),
        (RESIDENT, "cn_resident_id"),
    ],
)
def test_the_number_tells_which_card_it_stands_on(number: str, kind: str) -> None:
    assert judged("cn_resident_id", number).kind == kind


def test_the_new_foreign_card_carries_a_birth_date_and_the_old_one_none() -> None:
    body = "91101231987062301"
    new = [judged("cn_foreign_permanent_residence", body + last) for last in "0123456789X"]
    old = judged("cn_foreign_permanent_residence", "FRA110187062302")

    assert [number.birth_date for number in new if number.valid] == []
    assert (old.birth_date, old.line) == (None, "FRA110187062302")


def test_a_chinese_national_id_is_judged_like_a_resident_id() -> None:
    assert judged("national_id", "110105491231002", "CN").line == RESIDENT
    assert judged("household_register", RESIDENT).valid


def test_a_national_id_is_judged_by_its_country() -> None:
    assert judged("national_id", "2234567890", "EE").flag == "bad-check-digit"
    assert judged("national_id", "37605030299", "EE").valid
    assert judged("national_id", "5315721").valid


@given(st.text("0123456789", min_size=17, max_size=17))
def test_exactly_one_check_digit_fits_a_resident_id(body: str) -> None:
    fits = [
        last
        for last in "0123456789X"
        if judged("cn_resident_id", body + last).flag != "bad-check-digit"
    ]

    assert len(fits) in (1, 11)  # eleven: the region or the date is wrong already


@given(st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_never_passes(place: int, digit: str) -> None:
    wrong = RESIDENT[:place] + digit + RESIDENT[place + 1 :]

    assert judged("cn_resident_id", wrong).valid == (wrong == RESIDENT)


@given(st.sampled_from(sorted(DOCUMENT_KINDS)), ANY_TEXT)
def test_any_text_is_judged_and_judging_twice_changes_nothing(kind: str, text: str) -> None:
    once = judged(kind, text)

    if once.normal:
        again = judged(kind, once.normal)
        assert (again.normal, again.line, again.valid) == (once.normal, once.line, once.valid)
    assert once.valid == (once.flag is None)


def test_a_kind_outside_the_catalogue_is_refused() -> None:
    assert not is_known_kind("library_card")
    with pytest.raises(ValidationError, match="not a document kind"):
        Document(kind="library_card", number="1")


def test_only_kinds_with_one_number_for_life_are_single_valued() -> None:
    single = {slug for slug, kind in DOCUMENT_KINDS.items() if kind.single_valued}

    assert {"cn_resident_id", "cn_uscc", "lei"} <= single
    assert single.isdisjoint(
        {"passport", "hk_macao_permit", "taiwan_permit", "cn_business_licence"}
    )
