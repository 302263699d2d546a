"""What clerks do to a record: leave things out, mishear names, exchange digits, write addresses their own way."""

from collections.abc import Callable, Mapping
from random import Random  # noqa: TID251  # the caller's seed decides

from ecif.intake.sample_words import SOUNDS_ALIKE

_LEFT_OUT = {
    "name_en": 0.5,
    "gender": 0.1,
    "birth_date": 0.15,
    "id_number": 0.1,
    "phone": 0.12,
    "email": 0.5,
    "address": 0.15,
    "province": 0.1,
    "city": 0.1,
    "postcode": 0.5,
    "employer": 0.6,
    "legal_rep": 0.3,
}
"""How often each value is missing."""


def misspelt(chance: Random, row: Mapping[str, str | None]) -> dict[str, str | None]:
    """The row as one clerk of one system wrote it."""
    told = {
        name: value
        for name, value in row.items()
        if value is not None and chance.random() >= _LEFT_OUT.get(name, 0.0)
    }
    for name, (share, change) in _CHANGES.items():
        if name in told and chance.random() < share:
            told[name] = change(chance, told[name])
    if "id_number" not in told:
        told.pop("id_type", None)
    return dict(told)


def _misheard(chance: Random, name: str) -> str:
    places = [place for place, sign in enumerate(name) if place and sign in SOUNDS_ALIKE]
    if not places:
        return _other_order(chance, name)
    place = chance.choice(places)
    return name[:place] + SOUNDS_ALIKE[name[place]] + name[place + 1 :]


def _other_order(chance: Random, name: str) -> str:
    if " " not in name:
        return name
    given, family = name.rsplit(" ", 1)
    return f"{family}, {given}" if chance.random() < 0.5 else f"{family.upper()} {given}"


def _exchanged(chance: Random, number: str) -> str:
    """Two neighbours exchanged, but not where they are equal."""
    place = chance.randrange(6, len(number) - 1) if len(number) > 8 else 0
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def _old_number(chance: Random, number: str) -> str:
    """The fifteen digits that resident ids had before 1999. Source: GB 11643-1989."""
    if len(number) != 18 or not number.startswith(tuple("12345678")) or number[6:8] != "19":
        return _exchanged(chance, number)
    return number[:6] + number[8:17]


def _other_sign(chance: Random, text: str) -> str:
    return text.replace("-", chance.choice(("/", "", ".")))


def _dialled(chance: Random, phone: str) -> str:
    return chance.choice(("+86 ", "0086", "86-")) + phone


def _shortened(chance: Random, address: str) -> str:
    for word, short in (("单元", "-"), ("栋", "-"), ("室", ""), ("省", ""), ("市", "")):
        if chance.random() < 0.7:
            address = address.replace(word, short)
    return address


def _short_form(chance: Random, name: str) -> str:
    return name.replace("有限公司", chance.choice(("有限责任公司", "公司", "")))


_CHANGES: Mapping[str, tuple[float, Callable[[Random, str], str]]] = {
    "full_name": (0.06, _misheard),
    "org_name": (0.2, _short_form),
    "birth_date": (0.15, _other_sign),
    "id_number": (0.05, _old_number),
    "phone": (0.2, _dialled),
    "address": (0.4, _shortened),
}
"""How often a value is written differently, and how."""
