"""Names of companies: who it is stays, what and where it is goes apart."""

import pytest
from hypothesis import given

from ecif.identity import Name, OrganisationName, organisation_name_of
from tests.identity.texts import ANY_TEXT


def named(full: str) -> OrganisationName:
    return organisation_name_of(Name(full=full))


@pytest.mark.parametrize(
    "written",
    [
        "苏州汇祥广告有限公司",
        "汇祥（苏州）广告有限公司",
        "汇祥(苏州)广告有限责任公司",
        "汇祥苏州广告有限公司",
        "汇祥广告（苏州）有限公司",
        "汇祥广告苏州有限公司",
        "蘇州匯祥廣告有限公司",
        "苏州 汇祥广告 有限公司",
        "苏州汇祥广告（有限公司）",
        "苏州汇祥广告有献公司",
    ],
)
def test_a_company_keeps_its_core_in_every_notation(written: str) -> None:
    name = named(written)

    assert (name.core, name.region, name.legal_form) == ("汇祥广告", "苏州", "limited")


def test_a_branch_is_told_apart_from_its_company() -> None:
    company, branch = named("瑞元化工有限公司"), named("瑞元化工有限公司沈阳分公司")

    assert company.core == branch.core
    assert (company.branch, branch.branch) == ("", "沈阳分公司")


def test_a_bank_branch_keeps_its_place() -> None:
    assert named("中国工商银行股份有限公司北京海淀支行").branch == "北京海淀支行"


def test_the_last_character_of_a_brand_does_not_make_a_branch_of_a_company() -> None:
    assert (named("西安泰泰电子有限公司").core, named("鑫晟电子公司").branch) == ("泰泰电子", "")


def test_a_partnership_is_one_with_or_without_brackets() -> None:
    bracketed, plain = (
        named("上海鑫瑞投资合伙企业（有限合伙）"),
        named("上海鑫瑞投资合伙企业有限合伙"),
    )

    assert (bracketed.core, bracketed.legal_form) == (plain.core, plain.legal_form)
    assert bracketed.legal_form == "partnership"


def test_a_company_that_is_all_legal_form_keeps_its_name() -> None:
    assert named("公司").core == "公司"


def test_the_english_name_of_a_chinese_company_reads_like_its_brand() -> None:
    english, chinese = named("Nanjing Kangke Technology Co., Ltd."), named("南京康科科技有限公司")

    assert (english.pinyin, english.region) == (chinese.pinyin, chinese.region)


@pytest.mark.parametrize(
    ("written", "core", "legal_form"),
    [
        ("Apple Inc.", "apple", "joint-stock"),
        ("Apple Incorporated", "apple", "joint-stock"),
        ("Bowne Global Solutions B.V.", "bowne global solutions", "limited"),
        ("Bowne Global Solutions BV", "bowne global solutions", "limited"),
        ("OAO Gazprom", "gazprom", "joint-stock"),
        ("FABERLIC EUROPE Sp. z o.o.", "faberlic europe", "limited"),
        ("Siemens Aktiengesellschaft", "siemens", "joint-stock"),
        ("LIMITED LIABILITY COMPANY ISKUSSTVO KRASOTY", "iskusstvo krasoty", "limited"),
        (
            "Precious Little One's Learning Center, Inc",
            "precious little ones learning center",
            "joint-stock",
        ),
    ],
)
def test_legal_forms_of_the_world_go_apart(written: str, core: str, legal_form: str) -> None:
    name = named(written)

    assert (name.core, name.legal_form) == (core, legal_form)


def test_a_series_number_is_part_of_who_it_is() -> None:
    assert named("KKR Asian Fund III L.P.").core != named("KKR Asian Fund IV L.P.").core


@given(ANY_TEXT)
def test_any_text_has_a_name_and_its_written_form_has_the_same(text: str) -> None:
    once = named(text)

    if once.written:
        assert named(once.written) == once
