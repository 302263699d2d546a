"""Customers made up of words, with valid numbers."""

from datetime import date, timedelta
from random import Random

from ecif.identity.check_digits import (
    organisation_check_digit,
    resident_check_digit,
    uscc_check_digit,
)
from ecif.intake import sample_words as words

Row = dict[str, str]

PLACE = ("province", "city", "address", "postcode")
"""The columns of an address."""


def person(chance: Random, **known: str) -> Row:
    """A Chinese customer; what is `known` is as given."""
    place = chance.choice(words.PLACES)
    born = date.fromisoformat(known.get("birth_date", day(chance).isoformat()))
    is_man = known.get("gender", chance.choice("MF")) == "M"
    family = known.pop("family", chance.choice(words.SURNAMES).written)
    given = known.pop("given", given_name(chance, is_man=is_man))
    row = {
        "entity_type": "person",
        "full_name": family + given,
        "gender": "M" if is_man else "F",
        "birth_date": born.isoformat(),
        "id_type": "resident_id",
        "id_number": resident_number(chance, place.code, born, is_man=is_man),
        "phone": _mobile(chance),
        "email": f"c{chance.randrange(10**6)}@example.com",
        "employer": _firm(chance),
        **_home(chance, place),
    }
    return row | known


def foreigner(chance: Random, **known: str) -> Row:
    """A customer whose name is written in letters."""
    given = known.pop("given", chance.choice(words.LATIN_GIVEN_MALE))
    family = known.pop("family", chance.choice(words.LATIN_SURNAMES))
    row = {
        "entity_type": "person",
        "given_name": given,
        "family_name": family,
        "birth_date": day(chance).isoformat(),
        "phone": _mobile(chance),
        "email": f"c{chance.randrange(10**6)}@example.com",
        "address": f"{chance.randrange(1, 400)} {chance.choice(words.LATIN_SURNAMES)} Street",
        "city": chance.choice(("Leeds", "Bristol", "Derby", "Exeter")),
        "postcode": f"{chance.randrange(1000, 9999)}",
    }
    return row | known


def company(chance: Random, **known: str) -> Row:
    """A Chinese company."""
    place = chance.choice(words.PLACES)
    row = {
        "entity_type": "org",
        "org_name": _firm(chance),
        "id_type": "uscc",
        "id_number": _unified_code(chance, place.code),
        "phone": f"0{chance.randrange(10, 99)}-{chance.randrange(10**7, 10**8)}",
        "legal_rep": chance.choice(words.SURNAMES).written + given_name(chance, is_man=True),
        **_home(chance, place),
    }
    return row | known


def given_name(chance: Random, *, is_man: bool) -> str:
    """One character, or two."""
    characters = chance.sample(words.MALE if is_man else words.FEMALE, chance.choice((1, 2, 2)))
    return "".join(each.written for each in characters)


def resident_number(chance: Random, code: str, born: date, *, is_man: bool) -> str:
    """A valid number of this district, day and sex."""
    body = f"{code}{born:%Y%m%d}{chance.randrange(500) * 2 + is_man:03d}"
    return body + resident_check_digit(body)


def _mobile(chance: Random) -> str:
    return f"1{chance.choice('3578')}{chance.randrange(10**8, 10**9)}"


def _home(chance: Random, place: words.Place) -> Row:
    road = f"{chance.choice(words.ROADS)}{chance.randrange(1, 900)}号{chance.choice(words.ESTATES)}"
    door = (
        f"{chance.randrange(1, 30)}栋{chance.randrange(1, 6)}单元{chance.randrange(101, 3_000)}室"
    )
    line = f"{place.city}{chance.choice(words.DISTRICTS)}{road}{door}"
    return {
        "province": place.province,
        "city": place.city,
        "address": line,
        "postcode": place.postcode,
    }


def _firm(chance: Random) -> str:
    one, two = chance.sample(words.FIRM_NAMES, 2)
    city = chance.choice(words.PLACES).city.removesuffix("市")
    return f"{city}{one.written}{two.written}{chance.choice(words.TRADES)}有限公司"


def _unified_code(chance: Random, code: str) -> str:
    body = "MA" + "".join(chance.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    head = f"91{code}{body}{organisation_check_digit(body)}"
    return head + uscc_check_digit(head)


def day(chance: Random, *, until: int = 2005) -> date:
    """Some day from 1940 on."""
    return date(1940, 1, 1) + timedelta(days=chance.randrange((until - 1940) * 365))
