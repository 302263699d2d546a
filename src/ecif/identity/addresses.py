"""Postal addresses in one comparable form, whether structured or written out, Chinese or Western."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ecif.identity.places import MUNICIPALITIES, REGION, REGION_OF_CITY, city_pattern
from ecif.identity.profile import Address
from ecif.identity.scripts import HANZI, one_script, written_form
from ecif.identity.western_addresses import western_address_of

_HANZI = re.compile(f"[{HANZI}]")
_ROAD_FOLLOWS = r"(?![东西南北中]{0,2}(?:大?[街道]|路|巷|弄|里)|区|县)"
_REGION = re.compile(REGION.pattern + _ROAD_FOLLOWS)
_CITY = re.compile(city_pattern() + _ROAD_FOLLOWS)
_OTHER_CITY = re.compile(
    r"([\u4e00-\u9fff]{2,8}?)(?:市|地区|自治州|盟)(?=[\u4e00-\u9fff]{1,6}?(?:区|县|旗|市|镇|路|街))"
)
_DISTRICT = re.compile(
    r"((?:(?![路街巷号小社])[\u4e00-\u9fff]){1,7}?)(自治县|新区|区|县|旗|市)(?![路街巷])"
)
TOWN = re.compile(r"(?:(?![路街巷号])[\u4e00-\u9fff]){1,6}?(?:街道|镇|乡)(?=[\u4e00-\u9fff])")
ROAD = re.compile(
    r"((?:(?!号楼)[\u4e00-\u9fff\d]){1,12}?(?:大街|大道|公路|胡同|路|街|巷|弄|道)"
    r"(?:[东西南北中]?[一二三四五六七八九十]+[巷弄])?)"
)
_NUMBER = re.compile(r"[A-Z]?\d+[A-Z]?|(?<![A-Z])[A-Z](?=座|栋|幢|区|单元|号)")
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百]+(?=号|栋|幢|座|单元|楼|层|室|弄|期)")
_FLOOR = re.compile(r"(?<!\d)(\d+)[层楼](?=\1\d\d)")
UNIT_WORDS = re.compile(r"号楼|号院|单元|号房|号|栋|幢|座|室|层|楼|户|弄|期|#|附|之")
_SIGNS = re.compile(rf"[^{HANZI}0-9A-Za-z#]+")
_LONE_DASH = re.compile(r"(?<![0-9A-Z])-|-(?![0-9A-Z])")
_DIGIT = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """One postal address taken apart, in one script and case; "" where it does not tell.

    `region`, `city` and `district` are short names (江苏, 无锡, 惠山); a region follows from its
    city. `street` is the road, `estate` what stands between road and building (a compound, a
    tower, a second line). `numbers` are house, building, unit and room in this order, as far as
    told. `normal` is the whole without region and postcode, parts joined by blanks.
    """

    region: str
    city: str
    district: str
    street: str
    numbers: tuple[str, ...]
    normal: str
    postcode: str
    estate: str = ""


def address_of(address: Address) -> PostalAddress:
    """The comparable form of a postal address; any text has one."""
    return _address(
        (address.region or "", address.city or "", address.district or ""),
        (address.street_no or "", address.line or "", address.line2 or ""),
        address.postcode or "",
    )


@lru_cache(maxsize=4_096)
def _address(
    places: tuple[str, str, str], lines: tuple[str, str, str], postcode: str
) -> PostalAddress:
    told_lines = tuple(one_script(written_form(line)) if line else "" for line in lines)
    if _HANZI.search("".join((*told_lines, *places))):
        told = told_places_of(places)
        if not any(told_lines):
            told = _with_town(told, places)
        return _chinese(told, told_lines, chinese_postcode_of(postcode))
    region, city, district = (one_script(written_form(place)) for place in places)
    west = western_address_of(told_lines, (district, city, region), written_form(postcode))
    return PostalAddress(
        west.region,
        west.city,
        west.district,
        west.street,
        west.numbers,
        west.normal,
        west.postcode,
        west.estate,
    )


@lru_cache(maxsize=4_096)
def told_places_of(places: tuple[str, str, str]) -> tuple[str, str, str]:
    """Region, city and district of a Chinese address in their short names, as columns of their own tell them."""
    return places_apart("".join(_plain(one_script(written_form(place))) for place in places))[1]


def _with_town(told: tuple[str, str, str], places: tuple[str, str, str]) -> tuple[str, str, str]:
    """A town that is all that is known of an address counts as it is written, whatever kind of place it is."""
    region, city, district = told
    town = _plain(one_script(written_form(places[1]))).removesuffix("市")
    return told if city or not town else (region, town, district if places[2] else "")


def _chinese(told: tuple[str, str, str], lines: tuple[str, ...], postcode: str) -> PostalAddress:
    number, line, second = lines
    rest, found = places_apart(_plain(line))
    region, city, district = with_places(found, told)
    rest = TOWN.sub("", rest + _plain(second) if second else rest, count=1)
    road = ROAD.match(rest)
    street = road[1] if road else ""
    tail = _FLOOR.sub("", _NUMERAL.sub(_arabic, rest[len(street) :]))
    numbers = tuple(_NUMBER.findall(_plain(number) + "-" + tail))
    estate = UNIT_WORDS.sub("", _NUMBER.sub("", tail)).replace("-", "")
    normal = " ".join(filter(None, (city, district, street, estate, "-".join(numbers))))
    return PostalAddress(region, city, district, street, numbers, normal, postcode, estate)


def chinese_postcode_of(postcode: str) -> str:
    """A postcode in a Chinese address, without signs."""
    return postcode and _SIGNS.sub("", written_form(postcode))


def with_places(found: tuple[str, str, str], told: tuple[str, str, str]) -> tuple[str, str, str]:
    """Region, city and district: those found in a line before those told apart; a region follows from its city."""
    region, city, district = (a or b for a, b in zip(found, told, strict=True))
    return region or REGION_OF_CITY.get(city, ""), city, district


def _plain(text: str) -> str:
    """Capitals without signs, but for a dash between two numbers or letters."""
    text = text.upper()
    if not _SIGNS.search(text):
        return text
    return _LONE_DASH.sub("", _SIGNS.sub("-", text))


def places_apart(text: str) -> tuple[str, tuple[str, str, str]]:
    """The text after its places; region, city and district in short form."""
    text = text.removeprefix("中国")
    region_match = _REGION.match(text)
    region = region_match[1] if region_match else ""
    end = region_match.end() if region_match else 0
    city = region if region in MUNICIPALITIES else ""
    if region_match and region_match[0].endswith("市") and not city:
        city = region
    found = _CITY.match(text, end) or (_OTHER_CITY.match(text, end) if not city else None)
    if found:
        city, end = found[1], found.end()
    district_match = _DISTRICT.match(text, end)
    district = _short_district(*district_match.groups()) if district_match else ""
    return text[district_match.end() if district_match else end :], (region, city, district)


def _short_district(name: str, kind: str) -> str:
    """The name without its kind; 青岛市市北区 is also written 青岛市北区, so 市 in front goes as well."""
    short = name.removeprefix("市") or name
    return short if kind != "新区" else short + "新"


def _arabic(numeral: re.Match[str]) -> str:
    value, digit = 0, 0
    if not any(sign in numeral[0] for sign in "十百"):
        return "".join(str(_DIGIT[character]) for character in numeral[0])
    for character in numeral[0]:
        if character in "十百":
            value += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _DIGIT[character]
    return str(value + digit)
