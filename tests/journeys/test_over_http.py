"""Many callers at the HTTP door at once: one person is one customer, one change wins, and nobody sees a fault."""

import asyncio
from collections import Counter as Tally
from pathlib import Path

import asyncpg
import pytest

from tests.api.counter import open_counter, person
from tests.invariants import faults
from tests.journeys.arrivals import somebody

CALLERS = 64
pytestmark = [pytest.mark.journey, pytest.mark.torture]


async def test_callers_at_the_door_get_one_customer_and_no_fault(
    database_url: str, tmp_path: Path
) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        for number in range(5):
            bodies = [
                somebody(number)
                | {"source_system": f"system{caller % 8}", "source_key": f"K{number}"}
                for caller in range(CALLERS)
            ]

            answers = await asyncio.gather(
                *(counter.post("/v1/customers", {"kind": "person", **body}) for body in bodies)
            )

            assert Tally(answer.status_code for answer in answers) == {201: 1, 200: CALLERS - 1}
            assert len({answer.json()["customer_no"] for answer in answers}) == 1
        while await counter.number_events():
            pass

    connection = await asyncpg.connect(database_url)
    found = await faults(connection)
    await connection.close()
    assert found == []


async def test_of_many_changes_to_one_version_one_wins(database_url: str, tmp_path: Path) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        survivor = await counter.number("Jana Nováková")
        others = [await counter.number(f"Customer {letter}") for letter in "ABCDEFGHIJKL"]
        seen = {"If-Match": await counter.tag(survivor)}

        answers = await asyncio.gather(
            *(
                counter.post(
                    f"/v1/customers/{survivor}/merge",
                    {"absorb": [other], "reason": "the same"},
                    headers=seen,
                )
                for other in others
            )
        )

        assert Tally(answer.status_code for answer in answers) == {200: 1, 412: len(others) - 1}
        history = (await counter.get(f"/v1/customers/{survivor}")).json()
        assert history["version"] == 2


async def test_a_request_repeated_at_once_takes_effect_once(
    database_url: str, tmp_path: Path
) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        body, key = person(), {"Idempotency-Key": "one"}

        answers = await asyncio.gather(
            *(counter.post("/v1/customers", body, headers=key) for _ in range(CALLERS))
        )
        last = await counter.post("/v1/customers", body, headers=key)

        assert {answer.status_code for answer in answers} <= {201, 409}
        given = {answer.text for answer in (*answers, last) if answer.status_code == 201}
        assert len(given) == 1
        assert last.headers["idempotency-replayed"] == "true"
