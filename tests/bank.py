"""A bank of a test's own: a migrated database, and people who are customers of it without having been matched."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from sqlalchemy import text

from ecif import customers, policy
from ecif.customers import ClearCustomer, Desk, NewRecord
from ecif.identity import Identity, Name, Person, Phone
from ecif.policy import rule_sets, sources
from ecif.rules import Evidence, Reason, SecondPersonRules
from ecif.security import Actor, MasterKeys, Scope, Vault
from ecif.store import Database, PoolLimits, Statement, Work, open_database

Answer = TypeVar("Answer")

ANNA = Actor("anna", frozenset({Scope.ADMIN}))
BERTA = Actor("berta", frozenset({Scope.ADMIN}))
BY_RULES = Reason(by="rules", rules_version=1)
_source_keys = count(1)
EVIDENCE = Evidence(about="phone", level="equal", bits=9.5, values=("+8613800000001",) * 2)


def person(name: str, phone: str | None = None, **said: object) -> Person:
    """Somebody with a name and perhaps a telephone."""
    phones = (Phone(number=phone),) if phone else ()
    return Person.model_validate({"names": (Name(full=name),), "phones": phones, **said})


@dataclass(slots=True)
class Opened:
    """A customer that a test has opened: its number and its records, in the order in which they came."""

    no: str
    records: list[int]


@dataclass(slots=True)
class Bank:
    """Opens customers directly on the desk, so that tests of later decisions do not hang on matching."""

    database: Database

    async def do(
        self, story: Callable[[Work], Awaitable[Answer]], *, actor: Actor = ANNA
    ) -> Answer:
        """Tell a story in a transaction, as a door would."""
        return await self.database.run(actor, story)

    async def customer(self, *said: Identity) -> Opened:
        """Open one customer with one record per identity."""

        async def story(work: Work) -> Opened:
            desk = Desk(work)
            folder = None
            records = []
            for each in said:
                new = NewRecord(
                    source_system="core", source_key=f"K{next(_source_keys)}", identity=each
                )
                digest = customers.digest_of(work, new)
                record = await desk.receive(new, stored_key=new.source_key, digest=digest)
                records.append(record.id)
                if folder is None:
                    folder = await desk.open_customer(record, BY_RULES)
                else:
                    desk.assign(record, folder, "automatic", BY_RULES)
            assert folder is not None
            await customers.put_back(desk)
            return Opened(folder.customer_no, records)

        return await self.do(story)

    async def people(self, *names: str) -> list[Opened]:
        """Open one customer with one record per name."""
        return [await self.customer(person(name)) for name in names]

    async def look(self, customer_no: str) -> ClearCustomer:
        """The customer that a number stands for now."""
        return await self.do(lambda work: customers.get_clear(work, customer_no))

    async def version(self, customer_no: str) -> int:
        """Its version now."""
        return (await self.look(customer_no)).version

    async def ask_for_second_person(self, **words: bool) -> None:
        """Let the rules ask for two people for these decisions."""

        async def story(work: Work) -> None:
            lines = SecondPersonRules(**words)
            rules = work.rules.model_copy(update={"second_person": lines})
            await policy.activate(work, (await policy.add_rule_set(work, rules)).version)

        await self.do(story)

    async def events(self) -> list[dict[str, object]]:
        """Every event so far: type, subject, sequence and data."""
        return await self.rows("SELECT type, subject, sequence, data FROM outbox ORDER BY id")

    async def rows(self, sql: str) -> list[dict[str, object]]:
        """Rows of a query over the tables, as a test that looks behind the doors needs them."""
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(Statement(text(sql)))]


@asynccontextmanager
async def open_bank(
    url: str, *, connections: int = 4, keys: MasterKeys | None = None
) -> AsyncIterator[Bank]:
    """A bank on a migrated, empty database."""
    # A process serves one database; what it remembers of that one for good is not true of the next test's.
    rule_sets._loaded.clear()
    sources._settled.clear()
    database = await open_database(
        url,
        vault=Vault(keys or MasterKeys.fresh()),
        moment_of=policy.moment_of,
        limits=PoolLimits(min_size=1, max_size=connections, wait_seconds=30.0),
    )
    try:
        yield Bank(database)
    finally:
        await database.close()
