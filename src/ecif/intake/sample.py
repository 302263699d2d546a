"""Invented customers of four source systems, with all that makes recognition hard; the same seed, the same file."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random  # noqa: TID251  # seeded: the file is the same every time

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ecif.intake import sample_words as words
from ecif.intake.sample_mistakes import misspelt
from ecif.intake.sample_numbers import mobile, resident_id, unified_code

SOURCES = ("core", "card", "loan", "ebank")
COLUMNS = (
    "record_id",
    "source",
    "cluster_id",
    "entity_type",
    "full_name",
    "name_en",
    "org_name",
    "gender",
    "birth_date",
    "id_type",
    "id_number",
    "phone",
    "email",
    "address",
    "province",
    "city",
    "postcode",
    "employer",
    "legal_rep",
    "country",
)
Row = dict[str, str | None]

_SHARES = (("relative", 0.10), ("twin", 0.02), ("foreigner", 0.10), ("company", 0.15))
"""How often a customer is a relative or a twin of the one before, a foreigner, a company."""

_RECORDS_EACH = (1, 1, 1, 2, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class _Customer:
    """One invented customer: what all its records say when nobody makes a mistake."""

    kind: str
    row: Row
    place: words.Place
    born: date


def write_sample(path: Path, *, rows: int, seed: int) -> None:
    """Write invented customers to a file; the end of its name says the format.

    Raises:
        ValueError: The name ends neither in `.csv` nor in `.ndjson` nor in `.parquet`.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise ValueError(f"{path.name} ends in none of: {', '.join(_WRITERS)}")
    write(path, list(sample_rows(rows=rows, seed=seed)))


def sample_rows(*, rows: int, seed: int) -> Iterator[Row]:
    """Rows of invented customers, in a random order that the seed decides.

    `cluster_id` tells which rows are one customer; it is the truth, and never read by matching. Some customers
    are hard to tell apart: twins, relatives with one telephone, namesakes.
    """
    chance = Random(seed)  # noqa: S311  # invented customers are no secret
    made: list[Row] = []
    customer: _Customer | None = None
    number = 0
    while len(made) < rows:
        number += 1
        customer = _next_customer(chance, customer)
        for source in chance.sample(SOURCES, min(chance.choice(_RECORDS_EACH), len(SOURCES))):
            told = misspelt(chance, customer.row)
            made.append({**told, "source": source, "cluster_id": f"C{number:06d}"})
    del made[rows:]
    chance.shuffle(made)
    for place, row in enumerate(made):
        yield {column: row.get(column) for column in COLUMNS} | {"record_id": f"S{place:07d}"}


def _next_customer(chance: Random, before: _Customer | None) -> _Customer:
    kind = _kind(chance)
    if kind == "company":
        return _company(chance)
    if kind == "foreigner":
        return _foreigner(chance)
    if kind in ("relative", "twin") and before is not None and before.kind == "person":
        return _kin(chance, before, is_twin=kind == "twin")
    return _person(
        chance, chance.choice(words.PLACES), _birthday(chance), chance.choice(words.SURNAMES)
    )


def _kind(chance: Random) -> str:
    left = chance.random()
    for kind, share in _SHARES:
        left -= share
        if left < 0:
            return kind
    return "person"


def _person(chance: Random, place: words.Place, born: date, surname: words.Spelled) -> _Customer:
    is_man = chance.random() < 0.5
    given = chance.sample(words.MALE if is_man else words.FEMALE, chance.choice((1, 2, 2)))
    full = surname.written + "".join(part.written for part in given)
    spelled = "".join(part.latin for part in given)
    row: Row = {
        "entity_type": "person",
        "full_name": full,
        "name_en": f"{surname.latin} {spelled}".upper(),
        "gender": "M" if is_man else "F",
        "birth_date": born.isoformat(),
        "id_type": "resident_id",
        "id_number": resident_id(chance, place.code, born, is_man=is_man),
        "phone": mobile(chance),
        "email": f"{spelled}.{surname.latin}{chance.randrange(100)}@{chance.choice(words.MAIL_HOSTS)}",
        "employer": _firm_name(chance, place)[0],
        **_home(chance, place),
    }
    return _Customer("person", row, place, born)


def _kin(chance: Random, of: _Customer, *, is_twin: bool) -> _Customer:
    """Somebody of the same household: one surname, one address, often one telephone."""
    name = of.row["full_name"] or ""
    surname = next(each for each in reversed(words.SURNAMES) if name.startswith(each.written))
    years = chance.randrange(20, 35)
    born = of.born if is_twin else of.born + timedelta(days=365 * years)
    kin = _person(chance, of.place, min(born, date(2008, 1, 1)), surname)
    shared = {name: of.row[name] for name in ("address", "province", "city", "postcode")}
    if chance.random() < 0.6:
        shared["phone"] = of.row["phone"]
    return replace(kin, row={**kin.row, **shared})


def _foreigner(chance: Random) -> _Customer:
    is_man = chance.random() < 0.5
    given = chance.choice(words.LATIN_GIVEN_MALE if is_man else words.LATIN_GIVEN_FEMALE)
    family = chance.choice(words.LATIN_SURNAMES)
    place, born = chance.choice(words.PLACES), _birthday(chance)
    row: Row = {
        "entity_type": "person",
        "full_name": f"{given} {family}",
        "gender": "M" if is_man else "F",
        "birth_date": born.isoformat(),
        "id_type": "passport",
        "id_number": f"{chance.choice('CEGKLPX')}{chance.randrange(10**7, 10**8)}",
        "phone": mobile(chance),
        "email": f"{given}.{family}@{chance.choice(words.MAIL_HOSTS)}".lower().replace("'", ""),
        **_home(chance, place),
    }
    return _Customer("foreigner", row, place, born)


def _company(chance: Random) -> _Customer:
    place, founded = chance.choice(words.PLACES), _birthday(chance)
    name, latin = _firm_name(chance, place)
    head = chance.choice(words.SURNAMES).written + chance.choice(words.MALE).written
    row: Row = {
        "entity_type": "org",
        "org_name": name,
        "name_en": latin,
        "id_type": "uscc",
        "id_number": unified_code(chance, place.code),
        "phone": mobile(chance),
        "legal_rep": head,
        **_home(chance, place),
    }
    return _Customer("company", row, place, founded)


def _firm_name(chance: Random, place: words.Place) -> tuple[str, str]:
    one, two = chance.sample(words.FIRM_NAMES, 2)
    trade = chance.randrange(len(words.TRADES))
    name = f"{place.city.removesuffix('市')}{one.written}{two.written}{words.TRADES[trade]}有限公司"
    return name, f"{one.latin} {two.latin} {words.TRADE_NAMES_LATIN[trade]} Co., Ltd."


def _home(chance: Random, place: words.Place) -> Row:
    house, stairs, floor = (chance.randrange(1, most) for most in (30, 6, 30))
    door = f"{house}栋{stairs}单元{floor}0{chance.randrange(1, 5)}室"
    road = f"{chance.choice(words.ROADS)}{chance.randrange(1, 900)}号{chance.choice(words.ESTATES)}"
    province = "" if place.province == place.city else place.province
    return {
        "address": f"{province}{place.city}{chance.choice(words.DISTRICTS)}{road}{door}",
        "province": place.province,
        "city": place.city,
        "postcode": place.postcode,
        "country": "CN",
    }


def _birthday(chance: Random) -> date:
    return date(1945, 1, 1) + timedelta(days=chance.randrange(22_000))


def _write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _write_ndjson(path: Path, rows: list[Row]) -> None:
    with path.open("wb") as out:
        for row in rows:
            told = {name: value for name, value in row.items() if value is not None}
            out.write(orjson.dumps(told) + b"\n")


def _write_parquet(path: Path, rows: list[Row]) -> None:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


_WRITERS: dict[str, Callable[[Path, list[Row]], None]] = {
    ".csv": _write_csv,
    ".ndjson": _write_ndjson,
    ".parquet": _write_parquet,
}
