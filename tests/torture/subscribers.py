"""The subscriptions of a run: made, paused, resumed, deleted and, in the end, caught up with, all over HTTP."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from tests.torture.deliveries import HEALTHY, MERGES, Quiet, Subscriber
from tests.torture.sinks import NAMES
from tests.torture.standstill import why_still
from tests.torture.system import System

_PATH = "/v1/admin/subscriptions"
_PAUSE_SECONDS = 0.2
_LEASE_SECONDS = 4.0
"""Longer than a relay may go on with a subscription without asking (3 s)."""

_NOT_THERE = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a session that was ended while it began
)
_PATIENCE_SECONDS = 120.0
"""So long may a healthy subscription stand still before it counts as stuck, however much there is to catch up with."""

_WISHES: dict[str, dict[str, Any]] = {
    "merges": {"types": list(MERGES)},
    "masked": {"content": "masked"},
}


@dataclass
class Subscribers:
    """One subscription for each receiver, by the receiver's name."""

    http: httpx.AsyncClient
    system: System
    found: dict[str, Subscriber] = field(default_factory=dict)
    quiet: list[Quiet] = field(default_factory=list)

    async def subscribe(self) -> None:
        """Make them all, from the beginning of the feed."""
        for name in NAMES:
            url = f"http://127.0.0.1:{self.system.ways.sinks[name]}/"
            schemes = ["v1", "v1a"] if name == "masked" else ["v1"]
            target = {"kind": "webhook", "url": url, "signatures": schemes}
            body = {"name": name, "target": target, "start": "beginning"} | _WISHES.get(name, {})
            made = await self._ask("POST", _PATH, json=body, headers={"Idempotency-Key": name})
            plain = made.json()
            self.found[name] = Subscriber(
                name,
                plain["subscription"]["subscription_id"],
                plain["secret"],
                plain["public_key"],
                MERGES if name == "merges" else None,
            )

    async def come_and_go(self, progress: Callable[[], float]) -> None:
        """One rests for a while, one leaves for good, one says itself that it has had enough."""
        await _until(lambda: progress() > 0.25)
        await self._change("resting", status="paused")
        await self._ask("DELETE", self._path("leaving"), gone=True)
        await self._left_alone("leaving")
        resting = await self._left_alone("resting")
        await _until(lambda: progress() > 0.6)
        resting.until = time.monotonic()
        await self._change("resting", status="active")
        while (await self.standing("gone"))["status"] != "disabled":  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)
        await self._left_alone("gone")

    async def catch_up(self) -> None:
        """The network is good again: whoever waits is tried once more, until nothing waits for the healthy ones.

        Raises:
            TimeoutError: A subscription stands still.
        """
        for name in HEALTHY:
            # Whoever was to be left alone for a while is asked now.
            await self._change(name, status="active")
            fewest, since = await self._left_for(name), time.monotonic()
            while fewest:
                await asyncio.sleep(_PAUSE_SECONDS)
                left = await self._left_for(name)
                if left < fewest:
                    fewest, since = left, time.monotonic()
                elif time.monotonic() > since + _PATIENCE_SECONDS:
                    why = await why_still(self.system, name)
                    raise TimeoutError(f"{left} events to come: {why}")

    async def _left_for(self, name: str) -> int:
        """How many events a subscription has still to be told; those that wait are tried again."""
        standing = await self.standing(name)
        if standing["waiting"]:
            # What a carrier was killed over twice is parked: somebody who looks sends it again.
            for state in ("due", "parked"):
                page = await self._ask(
                    "GET", f"{self._path(name)}/deliveries?state={state}&limit=200"
                )
                for each in page.json()["items"]:
                    place = f"{self._path(name)}/deliveries/{each['position']}/retry"
                    await self._ask("POST", place, gone=True)
            await asyncio.sleep(2)
        return int(standing["lag"] + standing["waiting"])

    async def standing(self, name: str) -> dict[str, Any]:
        """A subscription as it is answered."""
        plain: dict[str, Any] = (await self._ask("GET", self._path(name))).json()
        return plain

    def _path(self, name: str) -> str:
        return f"{_PATH}/{self.found[name].id}"

    async def _change(self, name: str, **said: str) -> None:
        await self._ask("PATCH", self._path(name), json=said, headers={"If-Match": "*"})

    async def _left_alone(self, name: str) -> Quiet:
        await asyncio.sleep(_LEASE_SECONDS)
        quiet = Quiet(name, await end_of_feed(self.system))
        self.quiet.append(quiet)
        return quiet

    async def _ask(
        self, method: str, path: str, *, gone: bool = False, **how: Any
    ) -> httpx.Response:
        """Ask anybody until somebody answers; `gone`: what is no longer there is done with."""
        while True:
            for address in self.system.addresses:
                try:
                    answer = await self.http.request(method, address + path, **how)
                except httpx.TransportError:
                    continue
                if answer.status_code == 503 or "in-flight" in answer.text:
                    continue
                if not (gone and answer.status_code == 404):
                    answer.raise_for_status()
                return answer
            await asyncio.sleep(_PAUSE_SECONDS)


async def end_of_feed(system: System) -> int:
    """The last position that was given, as soon as the database can be asked."""
    while True:
        try:
            connection = await asyncpg.connect(system.database_url, timeout=5)
            try:
                end: int = await connection.fetchval("SELECT position FROM sequencer")
            finally:
                await connection.close(timeout=5)
        except _NOT_THERE:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return end


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(_PAUSE_SECONDS)
