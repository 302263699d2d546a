"""The fault schedule: who is killed, frozen, restarted or left without room, and when, by a seed."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from tests.torture.deliveries import Fault
from tests.torture.subscribers import end_of_feed
from tests.torture.system import APIS, POSTGRES, WORKERS, System
from tests.torture.workload import Known

VICTIMS = (POSTGRES, POSTGRES, *APIS, *WORKERS)
AT_LEAST_ANSWERED = 8
"""Between two blows some calls get through: a system that is only ever down loses nothing either."""

FROZEN_SECONDS = 5.0
"""Longer than a relay's lease (3 s): who wakes up finds a successor at work."""

_MOMENT_SECONDS = 0.4
_PATIENCE_SECONDS = 30.0
_CALM_BEFORE_SECONDS = 3.5
_CALM_AFTER_SECONDS = 6.0
_FREEZE_EVERY = 8
_RESTART_EVERY = 10
_TAKEOVER_EVERY = 8
_FULL_EVERY = 12
_FULL_SECONDS = 2.0


@dataclass
class Hurting:
    """Hurts a system `kills` times, and notes what it did."""

    system: System
    seed: int
    kills: int
    known: Known
    faults: list[Fault] = field(default_factory=list)
    killed: int = 0
    _passing: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def progress(self) -> float:
        """How much of it is done, from 0 to 1."""
        return self.killed / self.kills

    async def run(self) -> None:
        """Blow after blow; every third hits two at the same moment, every eighth is a worker's alone."""
        chance = Random(self.seed)
        for blow in count(1):
            if self.killed == self.kills:
                break
            await self._until_answered()
            await asyncio.sleep(chance.random() * _MOMENT_SECONDS)
            if blow % _FREEZE_EVERY == _FREEZE_EVERY // 2:
                self._let_pass(self._freeze(chance.choice(WORKERS)))
            if blow % _RESTART_EVERY == _RESTART_EVERY // 2:
                await self._restart()
            if blow % _FULL_EVERY == _FULL_EVERY // 2:
                await self._fill_the_disk()
            if blow % _TAKEOVER_EVERY == _TAKEOVER_EVERY - 1:
                await self._take_over(chance.choice(WORKERS))
                continue
            left = self.kills - self.killed
            hit = {chance.choice(VICTIMS) for _ in range(min(left, chance.choice((1, 1, 2))))}
            await asyncio.gather(*(self._kill(name) for name in sorted(hit)))
        await self._until_all_is_well()
        await self._until_answered()

    async def _until_all_is_well(self) -> None:
        """Nobody sleeps any more, the database is back, and every API answers."""
        while self._passing:
            await asyncio.wait(self._passing)
        await asyncio.to_thread(self.system.wait_until_ready)

    def _let_pass(self, trouble: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(trouble)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _take_over(self, name: str) -> None:
        """A worker's death that nothing else disturbs."""
        await self._until_all_is_well()
        await asyncio.sleep(_CALM_BEFORE_SECONDS)
        await self._kill(name)
        await asyncio.sleep(_CALM_AFTER_SECONDS)

    async def _kill(self, name: str) -> None:
        held = await asyncio.to_thread(self.system.carried_by, name) if name in WORKERS else []
        self.killed += 1
        dead = await asyncio.to_thread(self.system.kill, name)
        fault = Fault(dead, "kill", name, held)
        self.faults.append(fault)
        if name == POSTGRES:
            self._let_pass(self._until_back(fault))

    async def _restart(self) -> None:
        fault = Fault(time.monotonic(), "restart", POSTGRES)
        self.faults.append(fault)
        await asyncio.to_thread(self.system.restart_postgres)
        self._let_pass(self._until_back(fault))

    async def _fill_the_disk(self) -> None:
        """No room for the database: what it cannot write it refuses, or it dies of it."""
        if self.system.disk is None:
            return
        fault = Fault(time.monotonic(), "full", POSTGRES)
        self.faults.append(fault)
        await asyncio.to_thread(self.system.disk.fill, _FULL_SECONDS)
        self._let_pass(self._until_back(fault))

    async def _until_back(self, fault: Fault) -> None:
        """Note when the database takes sessions again."""
        await end_of_feed(self.system)
        fault.over = time.monotonic()

    async def _freeze(self, name: str) -> None:
        began = time.monotonic()
        self.faults.append(Fault(began, "freeze", name, over=began + FROZEN_SECONDS))
        await asyncio.to_thread(self.system.freeze, name, FROZEN_SECONDS)

    async def _until_answered(self) -> None:
        enough = self.known.answered + AT_LEAST_ANSWERED
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while self.known.answered < enough and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
