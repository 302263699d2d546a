"""Every way in which the tables and what is told of them can part is found, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from ecif import customers, delivery
from ecif.delivery import Reconciler
from ecif.events import DeliverySkipped
from ecif.store import Sequencer, Work
from tests.bank import Bank, Opened, open_bank, person
from tests.customers.test_snapshot import Clerks
from tests.store.writers import tick_until_quiet

_OF_ANN = "subject = (SELECT min(customer_no) FROM customer)"
_SOME_EVENT = f"id = (SELECT min(id) + 1 FROM outbox WHERE {_OF_ANN})"
_LAST_EVENT = f"id = (SELECT max(id) FROM outbox WHERE {_OF_ANN})"
_COPY = "(legal_entity, event_id, type, subject, sequence, time, data) SELECT legal_entity, event_id, type, subject,"
CORRUPTIONS = {
    "an event in the middle is gone": (
        f"DELETE FROM outbox WHERE {_SOME_EVENT}",
        {"sequence-missing", "feed-dangling"},
    ),
    "the last event is gone": (
        f"DELETE FROM outbox WHERE {_LAST_EVENT}",
        {"sequence-missing", "version-untold", "feed-dangling"},
    ),
    "all events of a customer are gone": (
        f"DELETE FROM outbox WHERE {_OF_ANN}",
        {"sequence-missing", "version-untold", "feed-dangling"},
    ),
    "an event and its count are gone": (
        f"WITH gone AS (DELETE FROM outbox WHERE {_LAST_EVENT})"
        f" UPDATE event_subject SET last_sequence = last_sequence - 1 WHERE {_OF_ANN}",
        {"version-untold", "feed-dangling"},
    ),
    "the events were never counted": (
        f"DELETE FROM event_subject WHERE {_OF_ANN}",
        {"sequence-unknown"},
    ),
    "one event too few is counted": (
        f"UPDATE event_subject SET last_sequence = last_sequence - 1 WHERE {_OF_ANN}",
        {"sequence-unknown"},
    ),
    "one event too many is counted": (
        f"UPDATE event_subject SET last_sequence = last_sequence + 1 WHERE {_OF_ANN}",
        {"sequence-missing"},
    ),
    "an event is there twice": (
        f"INSERT INTO outbox {_COPY} sequence, time, data FROM outbox WHERE {_SOME_EVENT}",
        {"sequence-double"},
    ),
    "an event is numbered like another one": (
        f"UPDATE outbox SET sequence = sequence - 1 WHERE {_SOME_EVENT}",
        {"sequence-missing", "sequence-double"},
    ),
    "an event is numbered beyond the end": (
        f"UPDATE outbox SET sequence = 99 WHERE {_LAST_EVENT}",
        {"sequence-missing", "sequence-unknown"},
    ),
    "two events have changed their numbers": (
        f"UPDATE outbox SET sequence = 3 - sequence WHERE {_OF_ANN} AND sequence IN (1, 2)",
        {"order"},
    ),
    "an event tells a version that never was": (
        "UPDATE outbox SET data = jsonb_set(data, '{version}', '99') WHERE " + _LAST_EVENT,
        {"version-untold", "version-unknown"},
    ),
    "an event tells an older version than the one before": (
        "UPDATE outbox SET data = jsonb_set(data, '{version}', '1') WHERE " + _LAST_EVENT,
        {"version-untold", "order"},
    ),
    "an event is told of another customer": (
        f"UPDATE outbox SET subject = (SELECT max(customer_no) FROM customer) WHERE {_LAST_EVENT}",
        {"sequence-missing", "version-untold", "sequence-unknown", "order"},
    ),
    "an event is told of nobody we know": (
        f"UPDATE outbox SET subject = '19999999990' WHERE {_LAST_EVENT}",
        {"sequence-missing", "version-untold", "sequence-unknown", "version-unknown"},
    ),
    "a customer has a version that nothing told": (
        "UPDATE customer SET version = version + 1 WHERE customer_no = (SELECT min(customer_no) FROM customer)",
        {"version-missing", "version-untold", "version-unknown"},
    ),
    "a customer lost its last version": (
        "UPDATE customer SET version = version - 1 WHERE customer_no = (SELECT min(customer_no) FROM customer)",
        {"version-unknown"},
    ),
    "a former version is gone": (
        "DELETE FROM customer_version WHERE version = 2 AND customer_id = (SELECT min(id) FROM customer)",
        {"version-missing", "version-unknown"},
    ),
    "a customer's number is another one": (
        "UPDATE customer SET customer_no = '19999999990' WHERE id = (SELECT min(id) FROM customer)",
        {"version-unknown", "version-untold"},
    ),
    "an event has lost its position": (
        f"DELETE FROM feed WHERE outbox_id = (SELECT id FROM outbox WHERE {_SOME_EVENT})",
        {"position-missing", "feed-gap"},
    ),
    "an event has two positions": (
        "WITH more AS (UPDATE sequencer SET position = position + 1 RETURNING position)"
        f" INSERT INTO feed SELECT position, (SELECT id FROM outbox WHERE {_SOME_EVENT}), 'main' FROM more",
        {"position-double", "feed-double", "order"},
    ),
    "a position belongs to nothing": (
        "WITH more AS (UPDATE sequencer SET position = position + 1 RETURNING position)"
        " INSERT INTO feed SELECT position, 999999, 'main' FROM more",
        {"feed-dangling"},
    ),
    "two events have changed their positions": (
        f"WITH two AS (SELECT f.position, f.outbox_id FROM feed f JOIN outbox o ON o.id = f.outbox_id"
        f" WHERE o.{_OF_ANN} AND o.sequence IN (1, 2))"
        " UPDATE feed f SET outbox_id = (SELECT t.outbox_id FROM two t WHERE t.position <> f.position)"
        " WHERE f.position IN (SELECT position FROM two)",
        {"order"},
    ),
    "an event of no customer is gone": (
        "DELETE FROM outbox WHERE subject IS NULL",
        {"feed-dangling"},
    ),
}


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    async with open_bank(database_url) as bank:
        yield bank


@pytest.fixture
async def tables(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def some_customers(bank: Bank) -> list[Opened]:
    """Two customers with a history, and an event that belongs to none."""
    ann = await bank.customer(person("Ann", "+43660000001"), person("Anne", "+43660000001"))
    bo = await bank.customer(person("Bo"))
    merged = await bank.do(
        lambda work: customers.merge(work, ann.no, [bo.no], reason="same", seen_version=None)
    )
    merge_id = merged.rekeyings[0].id
    await bank.do(lambda work: customers.unmerge(work, merge_id, reason="two people"))

    async def story(work: Work) -> None:
        work.record(DeliverySkipped(subscription_id="a", event_id="b", position=1))

    await bank.do(story)
    await tick_until_quiet(bank.database, Sequencer())
    return [ann, bo]


async def found(bank: Bank) -> set[str]:
    rows = await bank.rows("SELECT what FROM finding WHERE settled_at IS NULL")
    return {str(row["what"]) for row in rows}


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_corruption_is_found_and_raised_once(bank: Bank, tables: Any, name: str) -> None:
    corruption, expected = CORRUPTIONS[name]
    await some_customers(bank)
    reconciler = Reconciler(bank.database)
    await reconciler.look_once()
    before = await found(bank)

    await tables.execute(corruption)
    await reconciler.look_once()
    await reconciler.look_once()

    raised = await bank.rows(
        "SELECT data, subject, sequence FROM outbox WHERE type = 'ecif.reconciler.hole_found.v1'"
    )
    assert before == set()
    assert await found(bank) == expected
    assert len(raised) == len(await bank.rows("SELECT 1 FROM finding"))
    assert {(row["subject"], row["sequence"]) for row in raised} == {(None, None)}


async def test_what_is_right_again_counts_no_longer(bank: Bank, tables: Any) -> None:
    await some_customers(bank)
    reconciler = Reconciler(bank.database)
    change = f"UPDATE event_subject SET last_sequence = last_sequence {{}} 1 WHERE {_OF_ANN}"

    await tables.execute(change.format("+"))
    await reconciler.look_once()
    during = await found(bank)
    await tables.execute(change.format("-"))
    await reconciler.look_once()

    async with bank.database.connection() as connection:
        report = await delivery.reconciler_report(connection)
    assert during == {"sequence-missing"}
    assert report.holes == 0
    assert report.swept_at is not None


async def test_nothing_is_raised_while_clerks_are_at_work(bank: Bank) -> None:
    clerks, sequencer, reconciler = Clerks(bank, 3), Sequencer(), Reconciler(bank.database)
    for _ in range(6):
        await clerks._open()
    stop = asyncio.Event()

    async def sequence() -> None:
        while not stop.is_set():
            await tick_until_quiet(bank.database, sequencer)
            await asyncio.sleep(0.005)

    async def reconcile() -> int:
        looks = 0
        while not stop.is_set():
            await reconciler.look_once()
            looks += 1
        return looks

    others = asyncio.gather(sequence(), reconcile())
    await clerks.decide(150)
    stop.set()
    _, looks = await others

    assert looks > 10
    assert await found(bank) == set()


async def test_events_that_were_dropped_by_age_are_not_missed(bank: Bank, tables: Any) -> None:
    await some_customers(bank)
    await tables.execute("UPDATE outbox SET time = time - interval '100 days'")
    await tables.execute(
        "UPDATE customer_version SET valid_from = valid_from - interval '100 days'"
    )
    await tables.execute("UPDATE customer SET changed_at = changed_at - interval '100 days'")
    await bank.customer(person("Cleo"))
    await tick_until_quiet(bank.database, Sequencer())
    for table, column in (("feed", "outbox_id"), ("outbox", "id")):
        await tables.execute(
            f"DELETE FROM {table} WHERE {column} IN"
            " (SELECT id FROM outbox WHERE time < now() - interval '90 days')"
        )

    await Reconciler(bank.database).look_once()

    assert await found(bank) == set()
