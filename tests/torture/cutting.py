"""A reader of the live stream whose connections are cut at any byte, ten thousand times if need be."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

_BYTES_UNTIL_CUT = 3_000
_PATIENCE_SECONDS = 10.0
_REQUEST = (
    "GET /v1/events/stream HTTP/1.0\r\nHost: torture\r\nAuthorization: Bearer {token}\r\n"
    "Last-Event-ID: {last_id}\r\n\r\n"
)


@dataclass
class CutReader:
    """Reads from `first_id` to the position `end`, over and over; `is_hasty` believes an id that was cut."""

    port: int
    token: str
    first_id: str
    end: int
    chance: Random
    is_hasty: bool = False
    connections: int = 0
    rounds: int = 0
    faults: list[str] = field(default_factory=list)
    last_id: str = ""
    position: int = 0

    async def read(self, connections: int) -> None:
        """Open so many connections, one after the other."""
        self.begin_again()
        for _ in range(connections):
            self.connections += 1
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    self.take(await self.some_bytes(self._bytes_until_cut()))
            if self.position >= self.end:
                self.rounds += 1
                self.begin_again()

    def begin_again(self) -> None:
        """From `first_id` on."""
        self.last_id = self.first_id
        self.position = int(self.first_id.partition(".")[2])

    def _bytes_until_cut(self) -> int:
        return round(self.chance.expovariate(1 / _BYTES_UNTIL_CUT))

    async def some_bytes(self, left: int) -> bytes:
        """So much of the stream, answer line included, or what comes until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(_REQUEST.format(token=self.token, last_id=self.last_id).encode())
        got = b""
        try:
            while left > len(got) and (piece := await reader.read(left - len(got))):
                got += piece
                if b'"position":%d,' % self.end in got:
                    break
        finally:
            writer.transport.abort()
        return got

    def take(self, got: bytes) -> None:
        """Take in the messages that are whole."""
        head, _, body = got.partition(b"\r\n\r\n")
        if not body:
            return
        if not head.startswith(b"HTTP/1.1 200") and not head.startswith(b"HTTP/1.0 200"):
            self.faults.append(f"answered {head[:20]!r}")
            return
        *whole, rest = body.split(b"\n\n")
        for message in whole:
            self._take_message(message.decode())
        last_line = rest.rpartition(b"\n")[2].decode()
        if self.is_hasty and last_line.startswith("id: ") and "." in last_line:
            self.last_id = last_line.removeprefix("id: ")

    def _take_message(self, message: str) -> None:
        said = dict(line.split(": ", 1) for line in message.split("\n") if ": " in line)
        if "data" in said:
            event: dict[str, Any] = json.loads(said["data"])
            if event["position"] != self.position + 1:
                self.faults.append(f"position {event['position']} after {self.position}")
            self.position = event["position"]
        self.last_id = said.get("id", self.last_id)
