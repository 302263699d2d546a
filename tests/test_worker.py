import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from ecif.store import Statement
from ecif.worker import Worker, keep_on
from tests.api.counter import Counter, open_counter, person

RULES_OF_CUSTOMERS = Statement(text("SELECT DISTINCT rules_version FROM customer"))


async def worker_of(counter: Counter) -> Worker:
    return Worker(counter.database, counter.settings)


async def test_a_duty_outlives_what_only_looks_like_its_end() -> None:
    """A lost session may hand out the cancellation of something else; a group of tasks would let the duty go."""
    ends, goes_on = [asyncio.CancelledError, OSError, asyncio.CancelledError], asyncio.Event()

    async def duty() -> None:
        if ends:
            raise ends.pop()
        goes_on.set()
        await asyncio.sleep(3600)

    async with asyncio.TaskGroup() as duties:
        task = duties.create_task(keep_on("a duty", duty))
        async with asyncio.timeout(30):
            await goes_on.wait()
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ends == []


async def test_customers_follow_new_rules_as_ordinary_versions(
    database_url: str, tmp_path: Path
) -> None:
    body = {"birth_date": "1990-03-07", "documents": [{"kind": "passport", "number": "E12345678"}]}
    async with open_counter(database_url, tmp_path) as counter:
        worker = await worker_of(counter)
        number = await counter.number("张伟", **body, occupation="engineer")
        await counter.take_in(person("张伟", **body, source_system="cards", occupation="pilot"))
        before = (await counter.get(f"/v1/customers/{number}")).json()
        await counter.approved(
            await counter.ask("PUT", "/v1/admin/source-systems/core", {"trust": 80})
        )

        derived = [await worker.derive_once(), await worker.derive_once()]

        after = (await counter.get(f"/v1/customers/{number}")).json()
        await worker.sequence_once()
        events = (await counter.get("/v1/events")).json()["items"]
        async with counter.database.connection() as connection:
            versions = [row[0] for row in await connection.fetch(RULES_OF_CUSTOMERS)]
    assert derived == [1, 0]
    assert (before["version"], after["version"]) == (2, 3)
    assert versions == [2]
    assert events[-1]["type"] == "ecif.customer.updated.v1"
    assert events[-1]["data"]["version"] == 3


async def test_events_get_positions_once(database_url: str, tmp_path: Path) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        one, two = await worker_of(counter), await worker_of(counter)
        await counter.number("张伟")
        first = await one.sequence_once()
        await counter.number("李娜")
        others = [await two.sequence_once(), await one.sequence_once(), await two.sequence_once()]
        page = (await counter.get("/v1/events")).json()

    assert (first, others) == (2, [2, 0, 0])
    assert [each["position"] for each in page["items"]] == [1, 2, 3, 4]
