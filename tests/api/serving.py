"""The counter's application behind a real socket, a reader of its streams, and a line that is cut at times."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import uvicorn

from tests.api.counter import Counter


@asynccontextmanager
async def served(counter: Counter) -> AsyncIterator[int]:
    """The application on a port of this machine; the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        counter.app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
    )
    config.timeout_graceful_shutdown = 5
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        counter.app.state.wiring.stopping.set()
        server.should_exit = True
        await serving
        listening.close()


@dataclass
class EventSource:
    """Reads messages as browsers do. Source: WHATWG HTML, 9.2.6, interpreting an event stream."""

    last_id: str | None = None
    messages: list[tuple[str, str, Any]] = field(default_factory=list)
    comments: int = 0

    def take(self, block: str) -> None:
        """One block, up to its blank line: what was cut before it never happened."""
        kind, words, place = "message", list[str](), self.last_id
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            if name == "data":
                words.append(value)
            elif name == "event":
                kind = value
            elif name == "id":
                place = value
            elif line.startswith(":"):
                self.comments += 1
        self.last_id = place
        if words:
            self.messages.append((kind, place or "", json.loads("\n".join(words))))

    async def read(self, port: int, token: str, query: str = "", *, until: int = 2**31) -> int:
        """Read until the stream ends or so many messages are here; the status of the answer."""
        headers = {"Authorization": f"Bearer {token}"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        limits = httpx.Timeout(30)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=limits) as http:
            address = f"/v1/events/stream{query}"
            async with http.stream("GET", address, headers=headers) as answer:
                rest = ""
                async for text in answer.aiter_text():
                    *blocks, rest = (rest + text).split("\n\n")
                    for block in blocks:
                        self.take(block)
                    if len(self.messages) >= until:
                        break
                return answer.status_code

    @property
    def positions(self) -> list[int]:
        """Of the events read so far, in the order in which they came."""
        return [said["position"] for kind, _, said in self.messages if kind == "message"]


@asynccontextmanager
async def cutting_line(port: int, cuts: Iterator[int]) -> AsyncIterator[int]:
    """A port that leads to another one and breaks each connection after so many bytes of its answer."""
    conversations: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        task.add_done_callback(conversations.discard)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(OSError):
            far_writer.write(await reader.readuntil(b"\r\n\r\n"))
            left = next(cuts)
            while left and (piece := await far_reader.read(min(left, 4_096))):
                writer.write(piece)
                await writer.drain()
                left -= len(piece)
        for each in (writer, far_writer):
            each.transport.abort()
            with suppress(OSError):
                await each.wait_closed()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*conversations)


def random_cuts(seed: int) -> Iterator[int]:
    """After how many bytes each connection breaks: some at once, some after many messages."""
    chance = Random(seed)
    while True:
        yield int(300 + chance.expovariate(1 / 1_500))
