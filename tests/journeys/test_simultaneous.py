"""Many callers at the same moment: one person becomes one customer, and near-duplicates see each other."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Any

import pytest

from ecif.intake import Registration
from ecif.policy import moment_of
from ecif.store import PoolLimits, Queue, Work, open_database
from tests.bank import Bank
from tests.journeys.arrivals import Desk, numbers_of, somebody
from tests.journeys.conftest import Faults

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
PEOPLE = 60 * SCALE
CALLERS = 64
PAIRS = 40 * SCALE
pytestmark = [
    pytest.mark.journey,
    pytest.mark.torture,
    pytest.mark.timeout(120 + 60 * SCALE),
]


@pytest.fixture
async def desks(bank: Bank, database_url: str) -> AsyncIterator[list[Desk]]:
    """Two processes of one bank: they share the database and the keys, and nothing else."""
    second = await open_database(
        database_url,
        vault=bank.database.vault,
        moment_of=moment_of,
        limits=PoolLimits(max_size=16, wait_seconds=30.0),
    )
    yield [Desk(bank.database, Queue()), Desk(second, Queue())]
    await second.close()


async def all_at_once(
    desks: list[Desk], number: int, callers: int, *, keys: int
) -> list[Registration]:
    """Callers at both processes with one person, under some different source keys: the others repeat these."""
    said = somebody(number)
    return await asyncio.gather(
        *(
            desks[caller % 2].take_in(f"system{caller % keys}", f"K{number}", said)
            for caller in range(callers)
        )
    )


@pytest.mark.parametrize(("people", "keys"), [(PEOPLE, 8), (SCALE, CALLERS)])
async def test_one_person_sent_by_many_callers_at_once_is_one_customer(
    desks: list[Desk], broken: Faults, tables: Any, people: int, keys: int
) -> None:
    for number in range(people):
        registrations = await all_at_once(desks, number, CALLERS, keys=keys)

        assert len(numbers_of(registrations)) == 1
        outcomes = Counter(each.outcome for each in registrations)
        assert outcomes == Counter(created=1, linked=keys - 1, unchanged=CALLERS - keys)

    assert await tables.fetchval("SELECT count(*) FROM customer") == people
    assert await tables.fetchval("SELECT count(*) FROM source_record") == people * keys
    assert await broken() == []


async def test_whoever_searches_before_the_claim_makes_duplicates(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known-bad variant: what the others did is not seen, so this test can tell right from wrong."""

    async def claim_nothing(work: Work, names: Iterable[Iterable[int]]) -> None:
        return

    monkeypatch.setattr("ecif.intake.receiving.claim", claim_nothing)
    monkeypatch.setattr(Queue, "turn", lambda queue, names: asyncio.Semaphore(CALLERS))

    made = [numbers_of(await all_at_once(desks, number, 8, keys=8)) for number in range(5)]

    assert max(len(numbers) for numbers in made) > 1


def near_duplicates(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same person told twice, the second time with less or with a slip."""
    chance, said = Random(number), somebody(number)
    name = said["names"][0]
    slips: list[dict[str, Any]] = [
        {"documents": []},
        {"documents": [], "emails": []},
        {"names": [{"given": name["given"].split()[0], "family": name["family"]}]},
        {"names": [{"given": name["family"], "family": name["given"]}], "documents": []},
        {"birth_date": said["birth_date"][:7], "documents": []},
    ]
    return said, said | chance.choice(slips)


async def pairs_missed(
    desks: list[Desk], tables: Any, numbers: range, *, at_once: bool
) -> list[int]:
    """Those pairs whose two records are neither one customer nor before a person in one review."""
    missed = []
    for number in numbers:
        stories = [
            desks[place].take_in(f"system{place}", f"{number}-{at_once}", said)
            for place, said in enumerate(near_duplicates(number))
        ]
        registrations = (
            list(await asyncio.gather(*stories)) if at_once else [await story for story in stories]
        )
        records = await tables.fetch(
            "SELECT id FROM source_record WHERE source_key = $1", f"{number}-{at_once}"
        )
        reviewed = await tables.fetchval(
            "SELECT count(*) FROM review WHERE records @> $1", [row["id"] for row in records]
        )
        if len(numbers_of(registrations)) != 1 and not reviewed:
            missed.append(number)
    return missed


async def test_near_duplicates_sent_together_see_each_other(
    desks: list[Desk], tables: Any, broken: Faults
) -> None:
    one_after_the_other = range(1_000, 1_000 + 40)
    together = range(2_000, 2_000 + PAIRS)

    assert await pairs_missed(desks, tables, one_after_the_other, at_once=False) == []
    assert await pairs_missed(desks, tables, together, at_once=True) == []
    assert await broken() == []


async def test_without_claims_near_duplicates_pass_each_other(
    desks: list[Desk], tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known-bad variant of the test above."""

    async def claim_nothing(work: Work, names: Iterable[Iterable[int]]) -> None:
        return

    monkeypatch.setattr("ecif.intake.receiving.claim", claim_nothing)
    monkeypatch.setattr(Queue, "turn", lambda queue, names: asyncio.Semaphore(CALLERS))

    assert await pairs_missed(desks, tables, range(3_000, 3_010), at_once=True)
