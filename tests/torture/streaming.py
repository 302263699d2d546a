"""A subscriber who follows the live stream through a bad network, and goes on after the last event that came whole."""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx

_PAUSE_SECONDS = 0.1
_TIMEOUT = httpx.Timeout(12.0, connect=2.0)


@dataclass
class StreamReader:
    """Reads messages; one counts when its last byte is there."""

    http: httpx.AsyncClient
    addresses: list[str]
    got: list[dict[str, Any]] = field(default_factory=list)
    last_id: str | None = None
    connections: int = 0

    @property
    def position(self) -> int:
        """The last position that came."""
        return int(self.got[-1]["position"]) if self.got else 0

    async def follow(self) -> None:
        """Follow until cancelled, wherever somebody answers."""
        for address in cycle(self.addresses):
            headers = {} if self.last_id is None else {"Last-Event-ID": self.last_id}
            self.connections += 1
            try:
                path = f"{address}/v1/events/stream"
                async with self.http.stream(
                    "GET", path, headers=headers, timeout=_TIMEOUT
                ) as answer:
                    if answer.status_code != 503:
                        answer.raise_for_status()
                        await self._read(answer)
            except httpx.TransportError:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self, answer: httpx.Response) -> None:
        message: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(":")
                message[name] = value.removeprefix(" ")
                continue
            # An empty line ends a message: only now its place counts.
            if "data" in message:
                self.got.append(json.loads(message["data"]))
            self.last_id = message.get("id", self.last_id)
            message = {}
