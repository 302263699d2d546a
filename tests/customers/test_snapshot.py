"""A snapshot is the state at its place, whatever happens while it is read; the feed goes on exactly there."""

import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
import pytest

from ecif import customers
from ecif.customers import Desk, NewRecord, SnapshotLine
from ecif.errors import Refusal
from ecif.store import Sequencer, SnapshotPlace, Work, snapshot_place
from tests.bank import Bank, person
from tests.invariants import Copy
from tests.store.writers import tick_until_quiet

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
Assignments = dict[str, tuple[int, set[str]]]
"""Customer number → its version and the ids of its live records."""


class Clerks:
    """Decide this and that by a seed: open, merge, undo, detach, change, withdraw."""

    def __init__(self, bank: Bank, seed: int) -> None:
        self.bank, self.chance = bank, Random(seed)
        self.numbers: list[str] = []
        self.records: list[int] = []
        self.merges: list[Any] = []

    async def decide(self, count: int) -> None:
        ways = [self._open, self._merge, self._merge, self._unmerge, self._detach]
        for _ in range(count):
            with suppress(Refusal):
                await self.chance.choice([*ways, self._say_again, self._withdraw])()

    async def _open(self) -> None:
        said = [person(f"Ann {self.chance.random()}") for _ in range(self.chance.randint(1, 3))]
        opened = await self.bank.customer(*said)
        self.numbers.append(opened.no)
        self.records += opened.records

    async def _merge(self) -> None:
        survivor, *absorb = self.chance.sample(self.numbers, self.chance.choice([2, 2, 3]))
        done = await self.bank.do(
            lambda work: customers.merge(work, survivor, absorb, reason="same", seen_version=None)
        )
        self.merges += [rekeying.id for rekeying in done.rekeyings]

    async def _unmerge(self) -> None:
        if self.merges:
            merge_id = self.merges.pop(self.chance.randrange(len(self.merges)))
            await self.bank.do(lambda work: customers.unmerge(work, merge_id, reason="two people"))

    async def _detach(self) -> None:
        number, record = self.chance.choice(self.numbers), self.chance.choice(self.records)
        done = await self.bank.do(
            lambda work: customers.detach(work, number, [record], reason="somebody else")
        )
        self.numbers.append(done.rekeyings[0].absorbed.customer_no)

    async def _say_again(self) -> None:
        new = person(f"Ann {self.chance.random()}")
        await self._at_record(
            lambda desk, record: desk.replace(
                record,
                said := NewRecord(source_system="core", source_key=record.source_key, identity=new),
                customers.digest_of(desk.work, said),
            )
        )

    async def _withdraw(self) -> None:
        await self._at_record(lambda desk, record: desk.withdraw(record))

    async def _at_record(self, change: Callable[[Desk, Any], None]) -> None:
        record_id = self.chance.choice(self.records)

        async def story(work: Work) -> None:
            homes = await customers.customers_of(work, [record_id])
            folders = await customers.take_out(work, customer_ids=list(homes.values()))
            desk = Desk(work, folders)
            change(desk, folders[homes[record_id]].records[record_id])
            await customers.put_back(desk)

        await self.bank.do(story)


@pytest.fixture
async def tables(database_url: str) -> Any:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def read(
    bank: Bank, place: SnapshotPlace, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> list[SnapshotLine]:
    lines: list[SnapshotLine] = []
    after: int | None = 0
    while after is not None:
        async with bank.database.connection() as connection:
            page = await customers.snapshot_page(
                connection, place, legal_entity="main", after=after, limit=3
            )
        lines += page.lines
        after = page.last_id
        if meanwhile is not None:
            await meanwhile()
    return lines


def assignments_of(lines: list[SnapshotLine]) -> Assignments:
    return {
        line.customer_no: (line.version, {str(each.record_id) for each in line.records})
        for line in lines
    }


async def follow(copy: Copy, tables: Any, after: int, until: int = 2**40) -> None:
    question = (
        "SELECT o.type, o.data FROM feed f JOIN outbox o ON o.id = f.outbox_id"
        " WHERE f.position > $1 AND f.position <= $2 ORDER BY f.position"
    )
    for row in await tables.fetch(question, after, until):
        copy.apply(row["type"], json.loads(row["data"]))


def live_of(copy: Copy) -> Assignments:
    held: dict[str, set[str]] = {
        number: set() for number, status in copy.status.items() if status == "live"
    }
    for record, number in copy.home.items():
        if record in copy.live:
            held[number].add(record)
    return {number: (copy.version[number], records) for number, records in held.items()}


def copy_of(lines: list[SnapshotLine]) -> Copy:
    copy = Copy()
    for line in lines:
        copy.status[line.customer_no], copy.version[line.customer_no] = "live", line.version
        for record in line.records:
            copy.home[str(record.record_id)] = line.customer_no
            copy.live.add(str(record.record_id))
    return copy


@pytest.mark.parametrize("seed", range(6 * SCALE))
async def test_a_snapshot_and_the_events_after_it_are_what_a_later_snapshot_shows(
    bank: Bank, tables: Any, seed: int
) -> None:
    clerks, sequencer = Clerks(bank, seed), Sequencer()
    for _ in range(6):
        await clerks._open()
    await clerks.decide(25)
    await tick_until_quiet(bank.database, sequencer)
    await clerks.decide(4)  # decided, and not told yet
    place = await snapshot_place(bank.database)

    async def meanwhile() -> None:
        await clerks.decide(4)
        if clerks.chance.random() < 0.5:
            await tick_until_quiet(bank.database, sequencer)

    lines = await read(bank, place, meanwhile)
    await tick_until_quiet(bank.database, sequencer)
    fresh = await read(bank, await snapshot_place(bank.database))

    before = Copy()
    await follow(before, tables, 0, place.position)
    assert assignments_of(lines) == live_of(before)
    copy = copy_of(lines)
    await follow(copy, tables, place.position)
    assert live_of(copy) == assignments_of(fresh)
    assert assignments_of(lines) != assignments_of(fresh)


async def test_a_place_within_a_transaction_is_none_to_take_a_snapshot_at(
    bank: Bank, tables: Any
) -> None:
    opened = await bank.people("Ann", "Bo")
    await tick_until_quiet(bank.database, Sequencer())
    await bank.do(
        lambda work: customers.merge(
            work, opened[0].no, [opened[1].no], reason="same", seen_version=None
        )
    )
    place = await snapshot_place(bank.database)
    # As a full batch ends: the first half of the merge has a position, the other half has not.
    await tables.execute(
        "INSERT INTO feed SELECT 5, min(id), 'main' FROM outbox WHERE type = 'ecif.customer.merged.v1'"
    )
    await tables.execute("UPDATE sequencer SET position = 5, floor = 6")

    with pytest.raises(Refusal, match="busy"):
        await snapshot_place(bank.database)

    assert place.position == 4
