"""A subscriber: a small HTTP server on this machine that notes what it gets and answers as its script says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Delivered:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """Its CloudEvent."""
        event: dict[str, Any] = orjson.loads(self.body)
        return event


Script = Callable[[Delivered], int | bytes | None]
"""What to answer: a status, raw bytes, or None to keep silent."""


@dataclass(slots=True)
class Receiver:
    """What came, in order, and how it is answered; by default everything is taken."""

    url: str = ""
    script: Script = lambda _: 204
    got: list[Delivered] = field(default_factory=list)
    connections: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def taken(self) -> list[Delivered]:
        """What was answered with success."""
        return [each for each in self.got if self.script(each) in range(200, 300)]

    def events(self) -> list[dict[str, Any]]:
        """Every event that came, each delivery of it."""
        return [each.event for each in self.got]

    async def wait_for(self, is_enough: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until enough has come."""
        async with asyncio.timeout(seconds):
            while not is_enough():
                self._news.clear()
                await self._news.wait()

    async def wait_for_count(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many requests have come."""
        await self.wait_for(lambda: len(self.got) >= count, seconds)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        try:
            while True:
                delivered = await _request(reader)
                answer = self.script(delivered)
                self.got.append(delivered)
                self._news.set()
                if answer is None:
                    await asyncio.sleep(3_600)
                writer.write(answer if isinstance(answer, bytes) else _status(answer or 500))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def open_receiver(
    script: Script = lambda _: 204, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver that listens as long as the block lasts."""
    receiver = Receiver(script=script)
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        task.add_done_callback(serving.discard)
        try:
            await receiver.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Delivered:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers["content-length"]))
    return Delivered(head[0].split(" ")[1], headers, body)


def _status(status: int) -> bytes:
    return f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode()
