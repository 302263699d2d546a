"""Addresses: one place, whatever the notation."""

import pytest
from hypothesis import given

from ecif.identity import Address, PostalAddress, address_of
from tests.identity.texts import ANY_TEXT


def placed(line: str) -> PostalAddress:
    return address_of(Address(line=line))


@pytest.mark.parametrize(
    "line",
    [
        "上海市闵行区滨河北路884号凤凰花苑16号楼4单元1802室",
        "上海市闵行区滨河北路884号凤凰花苑16栋4-1802",
        "上海闵行区滨河北路884号凤凰花苑16-4-1802",
        "上海市闵行区滨河北路８８４号凤凰花苑１６号楼４单元１８０２室",
        "上海市閔行區濱河北路884號鳳凰花苑16號樓4單元1802室",
        "上海市 闵行区，滨河北路884号 凤凰花苑16幢四单元1802室",
    ],
)
def test_a_flat_is_one_place_in_every_notation(line: str) -> None:
    assert placed(line).normal == "上海 闵行 滨河北路 凤凰花苑 884-16-4-1802"


@pytest.mark.parametrize(
    ("line", "region", "city", "district"),
    [
        ("陕西西安新城区前进西路139号", "陕西", "西安", "新城"),
        ("山东省青岛市市北区中山大道124号", "山东", "青岛", "北"),
        ("青岛市北区中山大道124号", "山东", "青岛", "北"),
        ("吉林长春朝阳区北京路5号", "吉林", "长春", "朝阳"),
        ("朝阳区北京北路5号", "", "", "朝阳"),
        ("上海市浦东新区博云路2号", "上海", "上海", "浦东新"),
        ("新疆维吾尔自治区乌鲁木齐市沙依巴克区友谊街1号", "新疆", "乌鲁木齐", "沙依巴克"),
        ("上海大街826号枫林雅苑12号楼", "", "", ""),
    ],
)
def test_places_are_found_with_or_without_their_kind(
    line: str, region: str, city: str, district: str
) -> None:
    found = placed(line)

    assert (found.region, found.city, found.district) == (region, city, district)


def test_told_places_fill_what_the_line_leaves_out() -> None:
    told = address_of(
        Address(region="北京市", city="北京市", district="海淀区", line="中关村大街1号")
    )

    assert told.normal == placed("北京市海淀区中关村大街1号").normal


@pytest.mark.parametrize(
    ("city", "place"),
    [
        ("安房郡鋸南町", "安房郡锯南町"),
        ("葛飾区", "葛饰区"),
        ("东久留米市", "东久留米"),
        ("深圳市", "深圳"),
    ],
)
def test_a_town_that_is_all_that_is_told_counts_as_it_is_written(city: str, place: str) -> None:
    alone = address_of(Address(city=city))

    assert (alone.city, alone.district) == (place, "")


def test_a_town_in_the_column_of_districts_stays_a_district() -> None:
    alone = address_of(Address(city="义乌市", district="北苑区"))

    assert (alone.city, alone.district) == ("义乌", "北苑")


def test_the_floor_before_a_room_says_nothing_new() -> None:
    assert placed("世纪路2号十二楼1201室").numbers == placed("世纪路2号1201室").numbers


@pytest.mark.parametrize(
    ("line", "street", "numbers"),
    [
        ("221 E. 51st St.", "east 51th street", ("221",)),
        ("3215 W 63RD ST", "west 63th street", ("3215",)),
        ("St Marys Rd 5", "saint marys road", ("5",)),
        ("P.O. Box 123", "pobox", ("123",)),
        ("PO BOX 123", "pobox", ("123",)),
        ("Hauptstr. 5", "hauptstrasse", ("5",)),
        ("12 Learmonth Dr", "learmonth drive", ("12",)),
    ],
)
def test_western_streets_are_written_out(line: str, street: str, numbers: tuple[str, ...]) -> None:
    assert (placed(line).street, placed(line).numbers) == (street, numbers)


def test_a_postcode_at_the_end_of_a_line_is_found() -> None:
    assert placed("27 Washington, Oak Park IL 60302").postcode == "60302"
    assert placed("10 Downing Street, London SW1A 2AA").postcode == "SW1A2AA"
    assert placed("12345 Main Street").postcode == ""


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_is_an_address(line: str, city: str) -> None:
    found = address_of(Address(line=line, city=city, postcode=line[:10].strip() or None))

    assert all(isinstance(number, str) and number for number in found.numbers)
