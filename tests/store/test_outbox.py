"""Events and audit lines, written in the transaction of their change."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from ecif.events import CustomerCreated, CustomersMerged, CustomerUpdated, ReviewDecided
from ecif.security import Actor
from ecif.store import Database, Work, list_entries
from tests.store.conftest import Connect
from tests.store.writers import WORKER


def created(number: str) -> CustomerCreated:
    return CustomerCreated(subject=number, version=1, kind="person")


def updated(number: str, version: int) -> CustomerUpdated:
    return CustomerUpdated(subject=number, version=version, changed_fields=("names",))


async def outbox(connection: Any) -> list[tuple[str | None, int | None]]:
    rows = await connection.fetch("SELECT subject, sequence FROM outbox ORDER BY id")
    return [(row["subject"], row["sequence"]) for row in rows]


async def test_each_customer_counts_its_own_events_from_one(
    database: Database, connect: Connect
) -> None:
    async with database.begin(WORKER) as work:
        for event in (created("B"), created("A"), updated("A", 2), updated("B", 2)):
            work.record(event)
    async with database.begin(WORKER) as work:
        work.record(updated("A", 3))

    assert await outbox(await connect()) == [("B", 1), ("A", 1), ("A", 2), ("B", 2), ("A", 3)]


async def test_many_transactions_of_one_customer_make_one_run_of_numbers(
    database: Database, connect: Connect
) -> None:
    async def story(work: Work) -> None:
        work.record(updated("A", 1))
        work.record(updated("A", 1))

    await asyncio.gather(*(database.run(WORKER, story) for _ in range(24)))

    assert await outbox(await connect()) == [("A", number) for number in range(1, 49)]


async def test_participants_of_a_merge_know_each_others_numbers(
    database: Database, connect: Connect
) -> None:
    async with database.begin(WORKER) as work:
        work.record(created("A"))
        for number in ("A", "B"):
            work.record(
                CustomersMerged(
                    subject=number,
                    version=2,
                    merge_id="m",
                    survivor="A",
                    absorbed=("B",),
                    moved=(),
                    participants=("A", "B"),
                    status="live",
                    changed_fields=(),
                )
            )

    rows = await (await connect()).fetch("SELECT data FROM outbox WHERE type LIKE '%merged%'")
    reached = {"A": f"{2:019d}", "B": f"{1:019d}"}
    assert [orjson.loads(row["data"])["participants"] for row in rows] == [reached, reached]


async def test_an_event_of_no_customer_has_no_number(database: Database, connect: Connect) -> None:
    async with database.begin(WORKER) as work:
        work.record(ReviewDecided(review_id="r", outcome="same"))

    assert await outbox(await connect()) == [(None, None)]


async def test_an_event_alone_draws_its_id_under_a_transaction_id(
    database: Database, connect: Connect
) -> None:
    """Also where nothing was written before it: the sequencer relies on it."""
    watcher = await connect()
    async with database.begin(WORKER) as work:
        work.record(ReviewDecided(review_id="r", outcome="same"))

    [plan] = await watcher.fetch(
        "SELECT CAST(CAST(xmin AS text) AS bigint) AS owner, event_id FROM outbox"
    )
    assert plan["owner"] > 0
    assert isinstance(UUID(str(plan["event_id"])), UUID)


async def test_what_was_done_and_looked_at_can_be_read_again(database: Database) -> None:
    clerk = Actor("clerk-7")
    async with database.begin(clerk) as work:
        work.note("customer.merge", "A", absorbed="B")
        work.saw("A", ["phones", "documents"], purpose="call back")
    async with database.begin(clerk) as work:
        work.note("customer.merge", "C")

    async with database.begin(WORKER) as work:
        [merge, look] = await list_entries(work, after=0, limit=10, subject="A")
        later = await list_entries(work, after=look["id"], limit=10, subject=None)

    assert (merge["actor"], merge["action"]) == ("clerk-7", "customer.merge")
    assert orjson.loads(merge["details"]) == {"absorbed": "B"}
    assert (look["action"], look["purpose"]) == ("customer.reveal", "call back")
    assert orjson.loads(look["details"]) == {"fields": ["documents", "phones"]}
    assert [entry["subject"] for entry in later] == ["C"]


async def test_the_moment_of_a_work_only_moves_forward(database: Database) -> None:
    async with database.begin(WORKER) as work:
        began = work.now
        work.advance([began - timedelta(hours=1)])
        unmoved = work.now
        work.advance([began + timedelta(seconds=1), began])

        assert unmoved == began
        assert work.now == began + timedelta(seconds=1)


@pytest.mark.parametrize("count", [1, 3])
async def test_one_legal_entity_does_not_read_the_trail_of_another(
    database: Database, count: int
) -> None:
    for _ in range(count):
        async with database.begin(Actor("clerk", legal_entity="other")) as work:
            work.note("customer.merge", "A")

    async with database.begin(WORKER) as work:
        assert await list_entries(work, after=0, limit=10, subject=None) == []
