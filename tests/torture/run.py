"""One torture run: callers at work, processes killed by a seeded schedule, a record for a checker at the end."""

import asyncio
from dataclasses import dataclass
from random import Random

import asyncpg
import httpx

from tests.invariants import faults
from tests.torture.record import Journal, Record, calls_in, events_in, tables_of
from tests.torture.subscriber import Subscriber
from tests.torture.system import APIS, POSTGRES, WORKERS, System
from tests.torture.workload import Caller, Known

CALLERS = 6
VICTIMS = (POSTGRES, POSTGRES, *APIS, *WORKERS)
AT_LEAST_ANSWERED = 8
"""Between two blows some calls get through: a system that is only ever down loses nothing either."""

_MOMENT_SECONDS = 0.4
_PATIENCE_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(15.0, connect=2.0)
_QUIET_SECONDS = 60.0


@dataclass
class Torture:
    """A system that runs, and how it is hurt."""

    system: System
    seed: int
    kills: int

    async def run(self) -> Record:
        """Hurt it `kills` times while callers work and a subscriber reads; then let it come to rest."""
        calls, events = self.system.home / "calls.jsonl", self.system.home / "events.jsonl"
        intents, pages = Journal(calls), Journal(events)
        closing, at_rest, known = asyncio.Event(), asyncio.Event(), Known()
        bearer = {"Authorization": f"Bearer {self.system.token}"}
        async with httpx.AsyncClient(headers=bearer, timeout=_TIMEOUT) as http:
            subscriber = Subscriber(http, self.system.addresses, pages)
            async with asyncio.TaskGroup() as everybody:
                reading = everybody.create_task(subscriber.follow(at_rest))
                supervising = everybody.create_task(self._supervise())
                async with asyncio.TaskGroup() as callers:
                    for caller in self._callers(http, intents, known, closing):
                        callers.create_task(caller.work())
                    await self._hurt(known)
                    closing.set()
                await self._wait_until_announced()
                at_rest.set()
                await reading
                while await subscriber.read_once(wait_seconds=0):
                    pass
                supervising.cancel()
        intents.close()
        pages.close()
        tables = await tables_of(self.system.database_url)
        return Record(calls_in(calls), events_in(events), tables)

    def _callers(
        self, http: httpx.AsyncClient, intents: Journal, known: Known, closing: asyncio.Event
    ) -> list[Caller]:
        addresses = self.system.addresses
        chances = [Random(self.seed * 1_000 + place) for place in range(CALLERS)]
        return [Caller(http, addresses, intents, known, chance, closing) for chance in chances]

    async def _hurt(self, known: Known) -> None:
        """Blow after blow; every third hits two processes at the same moment."""
        chance = Random(self.seed)
        left = self.kills
        while left:
            await self._until_answered(known)
            await asyncio.sleep(chance.random() * _MOMENT_SECONDS)
            hit = {chance.choice(VICTIMS) for _ in range(min(left, chance.choice((1, 1, 2))))}
            left -= len(hit)
            await asyncio.gather(*(asyncio.to_thread(self.system.kill, name) for name in hit))
        await asyncio.to_thread(self.system.wait_until_ready)
        await self._until_answered(known)

    async def _until_answered(self, known: Known) -> None:
        enough = known.answered + AT_LEAST_ANSWERED
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while known.answered < enough and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

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
