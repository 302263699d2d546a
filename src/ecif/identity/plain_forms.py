"""Values in the plain forms that most have: patterns for any engine, and what follows from them.

A value that fits a pattern of `PLAIN` means to the readers of this room just what is said beside the pattern, so that
many values can be read at a time; whatever fits none is read one by one.
"""

import re
from typing import NamedTuple

from ecif.identity.addresses import (
    ROAD,
    TOWN,
    UNIT_WORDS,
    places_apart,
)
from ecif.identity.check_digits import UNIFIED_CHARACTERS
from ecif.identity.company_words import BRANCH_WORDS, CHINESE_LEGAL_FORMS
from ecif.identity.names import HONORIFICS
from ecif.identity.organisations import MISSPELT_FORM
from ecif.identity.pinyin import COMPOUND_SURNAMES, reading_of, surname_reading_of
from ecif.identity.resident_numbers import MAINLAND_PROVINCES
from ecif.identity.scripts import PLAIN_HANZI, one_script, written_form


class Plain(NamedTuple):
    """Regular expressions without look-around.

    `dialled`: a telephone number that means its digits alone, without `not_dialled`; `mobile` and `fixed` are then
    Chinese ones: E.164 is +86 before their group, unless that is `never_given`. `email`: an address that is
    its own normal form in lower case. `resident_id`: eighteen characters, to be judged by date and check digit, of a
    citizen of the mainland; `old_resident_id`: fifteen, which have no check digit yet. `unified_code`: one of an
    organisation, to be judged by its check character. `passport`: one that is right as it is. All four in capitals and
    without blanks and dashes. `day`: if the calendar has it, it is read as it is.

    `company`: a Chinese name, with one pair of brackets at most; `legal_form` parts what stands outside of them. It is
    read by `brand_of` where the form is a `limited` one and nothing but a `branch` follows, or where there is none, not
    even a `misspelt` one, and no `branch_word` at the end.

    `address`: a Chinese line whose first digit parts its head (read by `address_head_of`) from its tail; `odd_tail`:
    tails that are to be read as a whole. In other tails every run of digits is a number, and what remains without
    `unit_words` and dashes is the compound.
    """

    dialled: str
    not_dialled: str
    mobile: str
    fixed: str
    never_given: str
    email: str
    resident_id: str
    old_resident_id: str
    unified_code: str
    passport: str
    day: str
    company: str
    legal_form: str
    limited: str
    branch: str
    branch_word: str
    misspelt: str
    address: str
    odd_tail: str
    road_in_tail: str
    unit_words: str
    district_head: str
    no_district: str
    han_name: str
    honorific: str
    compound_surname: str
    two_words: str


_MAINLAND = "|".join(sorted(MAINLAND_PROVINCES))
_BRANCHES = "|".join(BRANCH_WORDS)

PLAIN = Plain(
    dialled=r"^\+?[0-9][0-9 -]*$",
    not_dialled="[ -]",
    mobile=r"^(?:\+?86|0086|0)?(1[3-9][0-9]{9})$",
    fixed=r"^0((?:10|2[0-9])[2-8][0-9]{7}|[3-9][0-9]{2}[2-8][0-9]{6,7})$",
    never_given=f"0{{8}}$|^(?:{'|'.join(f'{digit}+' for digit in range(10))})$",
    email=(
        r"^[A-Za-z0-9_-]{1,32}(?:\.[A-Za-z0-9_-]{1,31})?@(?:[A-Za-z0-9_-]{1,63}\.){1,3}"
        r"[A-Za-z][A-Za-z0-9_-]{1,20}$"
    ),
    resident_id=rf"^(?:{_MAINLAND})[0-9]{{15}}[0-9X]$",
    old_resident_id=rf"^(?:{_MAINLAND})[0-9]{{13}}$",
    unified_code=rf"^[{UNIFIED_CHARACTERS}]{{2}}[0-9]{{6}}[{UNIFIED_CHARACTERS}]{{10}}$",
    passport=r"^[A-Z]{1,2}[0-9]{7,9}$",
    day=r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$",
    company=rf"^([{PLAIN_HANZI}]*)(?:\(([{PLAIN_HANZI}]+)\)([{PLAIN_HANZI}]*))?$",
    legal_form=rf"^(.*?)({'|'.join(CHINESE_LEGAL_FORMS)})(.*)$",
    limited="有限(?:责任)?公司$",
    branch=rf"^(.{{2,12}})?(?:{_BRANCHES})$",
    branch_word=rf"(?:{_BRANCHES})$",
    misspelt=MISSPELT_FORM.pattern,
    address=rf"^[{PLAIN_HANZI}]+[0-9][{PLAIN_HANZI}0-9-]*$",
    odd_tail=r"[〇零一二三四五六七八九十百]|[0-9][层楼][0-9]|镇|乡|街道|-[^0-9]|[^0-9]-|-$",
    road_in_tail=r"[街路巷弄道]|胡同",
    unit_words=UNIT_WORDS.pattern,
    district_head=r"^(.*[区县旗])",
    no_district=r"^[路街巷]|[市盟]|自治州",
    han_name=rf"^[{PLAIN_HANZI}](?: *[{PLAIN_HANZI}]){{1,4}}$",
    honorific=rf"^...?(?:{HONORIFICS})$",
    compound_surname=rf"^(?:{'|'.join(sorted(COMPOUND_SURNAMES))}).",
    two_words=r"^[A-Za-z]+ [A-Za-z]+$",
)

_PREFECTURES = ("市", "盟", "地区", "自治州")
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百]")


def plain_text_of(text: str) -> str:
    """A text in one script and width, as names are read."""
    return one_script(written_form(text))


def surname_sound_of(surname: str) -> str | None:
    """The sound of a Chinese surname; None where its characters have not a syllable each."""
    read = surname_reading_of(surname).split()
    return "".join(read) if len(read) == len(surname) else None


def given_sound_of(given: str) -> str:
    """The sound of what follows a Chinese surname."""
    return "".join(reading_of(given).split())


class AddressHead(NamedTuple):
    """What a Chinese address tells before its first digit; `rest` belongs to the tail."""

    places: tuple[str, str, str]
    street: str
    rest: str


def address_head_of(text: str) -> AddressHead | None:
    """Read the head of a plain address; None where it cannot be told without the tail."""
    rest, places = places_apart(text)
    road = road_head_of(rest)
    return AddressHead(places, *road) if road else None


def road_head_of(text: str) -> tuple[str, str] | None:
    """Street and rest of a plain head, behind its places; None where they cannot be told without the tail."""
    rest = TOWN.sub("", text, count=1)
    road = ROAD.match(rest)
    street = road[1] if road else ""
    rest = rest[len(street) :]
    return None if _NUMERAL.search(rest) else (street, rest)


def district_head_of(text: str) -> tuple[str, str, str] | None:
    """The places of a head that ends with its district, whatever follows without `PLAIN.no_district`; None for others.

    A district ends behind region and city, so that what follows matters to them only if it ends a city itself, or makes
    a road of the district. A prefecture (地区), or one that nothing parts from the kind of its district, is read by
    what follows.
    """
    rest, places = places_apart(text)
    by_what_follows = text.endswith("地区") or text[:-1].endswith(_PREFECTURES)
    return None if rest or not places[2] or by_what_follows else places
