"""Different customers who look alike, and one customer told of twice with little in common: made up, by the pattern."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random

from ecif.intake import sample_words as words
from tests.matching.made_up import PLACE, Row, company, day, foreigner, given_name, person

Pair = tuple[Row, Row]

_TOLD = {
    "id_number": 0.5,
    "birth_date": 0.7,
    "gender": 0.6,
    "phone": 0.8,
    "email": 0.4,
    "address": 0.8,
    "employer": 0.4,
    "legal_rep": 0.6,
}
"""How often a record tells what it could."""


def told(chance: Random, row: Row, *, always: tuple[str, ...] = ()) -> Row:
    """What one system knows of a customer: some of it is left out."""
    kept = {
        column: value
        for column, value in row.items()
        if column in always or chance.random() < _TOLD.get(column, 1.0)
    }
    if "id_number" not in kept:
        kept.pop("id_type", None)
    if "address" not in kept:
        kept.pop("postcode", None)
    return kept


def _twins(chance: Random) -> Pair:
    """One day of birth, one household, given names that often share a character."""
    one = person(chance, gender="M")
    family = _family_of(one)
    given = one["full_name"].removeprefix(family)
    other = _other_than(given, lambda: given[0] + given_name(chance, is_man=True)[0])
    shared = {name: one[name] for name in (*PLACE, "birth_date")}
    return one, person(
        chance, family=family, given=other, gender="M", **shared, **_phone(chance, one)
    )


def _father_and_son(chance: Random) -> Pair:
    """One household, a generation apart."""
    one = person(chance, gender="M", birth_date=day(chance, until=1965).isoformat())
    family = _family_of(one)
    born = date.fromisoformat(one["birth_date"]) + timedelta(days=chance.randrange(8_000, 12_000))
    shared = {name: one[name] for name in PLACE}
    son = person(
        chance,
        family=family,
        gender="M",
        birth_date=born.isoformat(),
        **shared,
        **_phone(chance, one),
    )
    return one, son


def _junior(chance: Random) -> Pair:
    """A son who bears his father's name, in his father's house."""
    one = foreigner(chance, birth_date=day(chance, until=1965).isoformat())
    born = date.fromisoformat(one["birth_date"]) + timedelta(days=chance.randrange(8_000, 12_000))
    shared = {
        name: one[name] for name in ("given_name", "family_name", "address", "city", "postcode")
    }
    return one, foreigner(chance) | {
        "birth_date": born.isoformat(),
        **shared,
        **_phone(chance, one),
    }


def _spouses(chance: Random) -> Pair:
    """One household, one telephone or mailbox, two families' names."""
    one = person(chance, gender="M")
    shared = {name: one[name] for name in (*PLACE, chance.choice(("phone", "email")))}
    return one, person(chance, gender="F", **shared)


def _siblings(chance: Random) -> Pair:
    """A few years apart, one character of the given name in common."""
    one = person(chance, given="".join(given_name(chance, is_man=False)[:1]) + "明", gender="M")
    family = _family_of(one)
    born = date.fromisoformat(one["birth_date"]) + timedelta(days=chance.randrange(330, 2_000))
    shared = {name: one[name] for name in PLACE} | _phone(chance, one)
    given = one["full_name"].removeprefix(family)[0] + chance.choice(("亮", "光", "朗"))
    return one, person(
        chance, family=family, given=given, gender="M", birth_date=born.isoformat(), **shared
    )


def _namesakes(chance: Random) -> Pair:
    """One name and one day of birth, nothing else in common but, now and then, the town."""
    one = person(chance)
    shared = {name: one[name] for name in ("full_name", "birth_date", "gender")}
    return one, person(chance, **shared)


def _colleagues(chance: Random) -> Pair:
    """One employer, its switchboard, its address."""
    one = person(chance)
    shared = {name: one[name] for name in (*PLACE, "phone", "employer")}
    return one, person(chance, **shared)


def _branches(chance: Random) -> Pair:
    """A company and its branch, or two branches: one name, often one telephone and one head."""
    one = company(chance)
    cities = [place.city.removesuffix("市") for place in chance.sample(words.PLACES, 2)]
    shared = {name: one[name] for name in ("legal_rep", "phone") if chance.random() < 0.7}
    other = company(chance, org_name=f"{one['org_name']}{cities[0]}分公司", **shared)
    if chance.random() < 0.5:
        return one, other
    return {**one, "org_name": f"{one['org_name']}{cities[1]}分公司"}, other


def _sisters(chance: Random) -> Pair:
    """Two companies of one founder: his telephone, his door."""
    one = company(chance)
    shared = {name: one[name] for name in ("legal_rep", "phone", *PLACE)}
    return one, company(chance, **shared)


def _founder_and_company(chance: Random) -> Pair:
    """A company that uses the telephone and the door of its founder."""
    one = person(chance)
    shared = {name: one[name] for name in ("phone", *PLACE)}
    return one, company(chance, legal_rep=one["full_name"], **shared)


TRAPS: Mapping[str, Callable[[Random], Pair]] = {
    "twins": _twins,
    "father and son": _father_and_son,
    "junior": _junior,
    "spouses": _spouses,
    "siblings": _siblings,
    "namesakes": _namesakes,
    "colleagues": _colleagues,
    "branches": _branches,
    "sister companies": _sisters,
    "founder and company": _founder_and_company,
}
"""Pattern → two different customers of it."""


def doubtful(chance: Random) -> Pair:
    """One customer, told of twice: the name, and one or two things more that both tell."""
    one = person(chance) if chance.random() < 0.8 else foreigner(chance)
    common = ("birth_date", "phone", "email", "address")
    shared = chance.sample(common, chance.choice((1, 2)))
    names = {"entity_type", "full_name", "given_name", "family_name", *shared}
    if "address" in shared:
        names |= set(PLACE)
    rest = [column for column in common if column in one and column not in shared]
    apart = set(chance.sample(rest, len(rest) // 2))
    a = {column: value for column, value in one.items() if column in names | apart}
    b = {column: value for column, value in one.items() if column in names | set(rest) - apart}
    return a, b


def _family_of(row: Row) -> str:
    names = (each.written for each in reversed(words.SURNAMES))
    return next(name for name in names if row["full_name"].startswith(name))


def _other_than(value: str, make: Callable[[], str]) -> str:
    while (made := make()) == value:
        pass
    return made


def _phone(chance: Random, row: Row) -> Row:
    return {"phone": row["phone"]} if chance.random() < 0.6 else {}
