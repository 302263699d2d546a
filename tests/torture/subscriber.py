"""A subscriber who reads the feed by polling, wherever somebody answers, and goes on where it stopped."""

import asyncio
from dataclasses import dataclass

import httpx

from tests.torture.record import Journal

_PAUSE_SECONDS = 0.1


@dataclass
class Subscriber:
    """Reads one page after the other; a page counts once it is on the disk."""

    http: httpx.AsyncClient
    addresses: list[str]
    journal: Journal
    cursor: str | None = None
    read: int = 0

    async def follow(self, stop: asyncio.Event) -> None:
        """Read until told to stop."""
        while not stop.is_set():
            await self.read_once(wait_seconds=1.0)

    async def read_once(self, *, wait_seconds: float) -> bool:
        """Read one page; whether it held anything."""
        question = {"limit": "200", "wait_seconds": str(wait_seconds)}
        if self.cursor is not None:
            question["after"] = self.cursor
        address = self.addresses[self.read % len(self.addresses)]
        self.read += 1
        try:
            answer = await self.http.get(f"{address}/v1/events", params=question)
            if answer.status_code == 503:
                raise httpx.ReadError("busy")
            answer.raise_for_status()
        except httpx.TransportError:
            await asyncio.sleep(_PAUSE_SECONDS)
            return True
        page = answer.json()
        if page["items"]:
            self.journal.note(*page["items"])
        self.cursor = page["next"]
        return bool(page["items"])
