"""Hundreds of one name in one town: a record finds its own among them, and is compared with a few."""

from pathlib import Path
from random import Random
from typing import Any

from ecif import intake
from ecif.intake import ReadingRules, RowReader
from ecif.intake.neighbourhood import gather
from ecif.matching import MOST_COMPARED
from ecif.store import Work
from tests.bank import ANNA
from tests.intake.taking_in import Desk, open_desk

PEOPLE = 300


def bearer(number: int, chance: Random) -> dict[str, Any]:
    return {
        "record_id": f"W{number}",
        "full_name": "王伟",
        "birth_date": f"{chance.randrange(1950, 2000)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        "phone": f"138{chance.randrange(10**8):08d}",
        "city": "深圳市",
        "address": f"深南大道{chance.randrange(1, 9_000)}号",
    }


async def compared_with(desk: Desk, row: dict[str, Any]) -> int:
    vault = desk.bank.database.vault
    message = RowReader(ReadingRules(source_system="cards")).message(row)
    prepared = intake.prepare(message, vault, ANNA.legal_entity)

    async def look(work: Work) -> int:
        near = await gather(work, [prepared.keys], lock=False)
        return len(near.candidates(None, prepared.keys))

    return int(await desk.bank.do(look))


async def test_a_record_finds_its_own_among_hundreds_of_its_name(
    database_url: str, tmp_path: Path
) -> None:
    chance = Random(5)
    people = [bearer(number, chance) for number in range(PEOPLE)]
    again = [{**people[place], "record_id": f"K{place}"} for place in range(0, PEOPLE, 7)]
    for row in again:
        del row["address"]
    async with open_desk(database_url, tmp_path) as desk:
        await desk.take_in_rows(people)
        stood = await desk.customers()
        await desk.take_in_rows(again, name="again.ndjson", source_system="cards")
        stand = await desk.customers()
        stranger = await compared_with(desk, bearer(PEOPLE, chance))

    assert len(set(stood.values())) == PEOPLE
    assert all(stand[f"K{place}"] == stand[f"W{place}"] for place in range(0, PEOPLE, 7))
    assert stranger == MOST_COMPARED
