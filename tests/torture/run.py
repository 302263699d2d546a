"""One torture run: callers at work, faults by a seeded schedule, subscribers told, a record for a checker."""

import asyncio
import json
from dataclasses import dataclass
from random import Random

import asyncpg
import httpx

from tests.invariants import faults
from tests.torture.deliveries import Told, deliveries_in
from tests.torture.hurting import Hurting
from tests.torture.record import Journal, Record, calls_in, events_in, tables_of
from tests.torture.sinks import DELIVERIES, TROUBLE
from tests.torture.streaming import StreamReader
from tests.torture.subscriber import Subscriber
from tests.torture.subscribers import Subscribers, end_of_feed
from tests.torture.system import System
from tests.torture.workload import Caller, Known

CALLERS = 6
_TIMEOUT = httpx.Timeout(15.0, connect=2.0)
_QUIET_SECONDS = 60.0


@dataclass
class Torture:
    """A system that runs, and how often it is killed."""

    system: System
    seed: int
    kills: int

    async def run(self) -> Record:
        """Hurt it while callers work and subscribers are told; then let it come to rest."""
        calls, events = self.system.home / "calls.jsonl", self.system.home / "events.jsonl"
        intents, pages = Journal(calls), Journal(events)
        bearer = {"Authorization": f"Bearer {self.system.token}"}
        async with httpx.AsyncClient(headers=bearer, timeout=_TIMEOUT) as http:
            told = await self._told(http, intents, pages)
        intents.close()
        pages.close()
        tables = await tables_of(self.system.database_url)
        await asyncio.to_thread(self.system.close_sinks)
        told.deliveries = deliveries_in(self.system.home / DELIVERIES)
        told.trouble = json.loads((self.system.home / TROUBLE).read_text(encoding="utf-8"))
        return Record(calls_in(calls), events_in(events), tables, told)

    async def _told(self, http: httpx.AsyncClient, intents: Journal, pages: Journal) -> Told:
        """Everything that happens; what the journals and tables do not hold comes back."""
        at_rest = asyncio.Event()
        far = [f"http://127.0.0.1:{port}" for port in self.system.ways.apis]
        reader, stream = Subscriber(http, self.system.addresses, pages), StreamReader(http, far)
        subscribers = Subscribers(http, self.system)
        await subscribers.subscribe()
        async with asyncio.TaskGroup() as everybody:
            reading = everybody.create_task(reader.follow(at_rest))
            streaming = everybody.create_task(stream.follow())
            supervising = everybody.create_task(self._supervise())
            hurt = await self._work_and_hurt(http, intents, subscribers)
            await self._wait_until_announced()
            self.system.heal()
            await subscribers.catch_up()
            at_rest.set()
            await reading
            while await reader.read_once(wait_seconds=0):
                pass
            async with asyncio.timeout(_QUIET_SECONDS):
                while stream.position < await end_of_feed(self.system):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            streaming.cancel()
            supervising.cancel()
        return Told(
            subscribers=subscribers.found,
            stream=stream.got,
            quiet=subscribers.quiet,
            faults=hurt.faults,
            reconnects=stream.connections - 1,
        )

    async def _work_and_hurt(
        self, http: httpx.AsyncClient, intents: Journal, subscribers: Subscribers
    ) -> Hurting:
        closing, known = asyncio.Event(), Known()
        hurt = Hurting(self.system, self.seed, self.kills, known)
        async with asyncio.TaskGroup() as callers:
            callers.create_task(subscribers.come_and_go(lambda: hurt.progress))
            for caller in self._callers(http, intents, known, closing):
                callers.create_task(caller.work())
            await hurt.run()
            closing.set()
        return hurt

    def _callers(
        self, http: httpx.AsyncClient, intents: Journal, known: Known, closing: asyncio.Event
    ) -> list[Caller]:
        addresses = self.system.addresses
        chances = [Random(self.seed * 1_000 + place) for place in range(CALLERS)]
        return [Caller(http, addresses, intents, known, chance, closing) for chance in chances]

    async def _supervise(self) -> None:
        while True:
            self.system.ensure()
            await asyncio.sleep(0.2)

    async def _wait_until_announced(self) -> None:
        """Every event has its position."""
        connection = await asyncpg.connect(self.system.database_url)
        waiting = "SELECT (SELECT count(*) FROM outbox) - position FROM sequencer"
        async with asyncio.timeout(_QUIET_SECONDS):
            while await connection.fetchval(waiting):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.1)
        await connection.close()


async def broken_invariants(system: System) -> list[str]:
    """What must hold after any sequence of calls, asked of the tables themselves."""
    connection = await asyncpg.connect(system.database_url)
    try:
        return await faults(connection)
    finally:
        await connection.close()
