"""Receivers in a process of their own that nobody kills: they note every delivery, and some of them misbehave.

`python -m tests.torture.sinks HOME SEED PORT…`: the ports of the API, which is reached through a bad network too.
SIGUSR1 heals the network and the moods; SIGTERM ends it when everything noted is on the disk.
"""

import asyncio
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TextIO

from tests.torture.proxy import Proxy

NAMES = (
    "good",  # takes everything at once
    "merges",  # wants merges and their ends only
    "masked",  # wants the masked customer in each event
    "far",  # is reached through a bad network
    "slow",
    "moody",  # answers 500 now and then
    "resting",  # is paused for a while
    "leaving",  # is deleted
    "gone",  # answers 410 once it has had enough
    "hole",  # accepts, never answers
    "drip",  # answers a byte per second
)
PORTS = "sinks.json"
DELIVERIES = "deliveries.jsonl"
TROUBLE = "trouble.json"
GONE_AFTER = 20
_SLOW_SECONDS = 0.05
_MOODY_SHARE = 0.05
_FOR_EVER_SECONDS = 86_400.0
_ANSWER = "HTTP/1.1 {} Said\r\nContent-Length: 0\r\n\r\n"
_LONG_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Got:
    """One delivery as it came: which one of all, to whom, on a connection from when on."""

    number: int
    line: float
    headers: dict[str, str]
    body: bytes


Manner = Callable[[Got], Awaitable[int | None]]
"""How a receiver behaves: the status it answers, or None to drip a byte per second."""


@dataclass
class Receivers:
    """All receivers; what they note is numbered in the order in which it happens."""

    journal: TextIO
    seed: int
    is_healed: bool = False
    number: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def manners(self) -> dict[str, Manner]:
        """Who behaves differently from taking everything at once."""
        return {
            "slow": self._slow,
            "moody": self._moody,
            "gone": self._gone,
            "hole": self._hole,
            "drip": self._drip,
        }

    async def listen(self, name: str) -> int:
        """Open one receiver; on which port."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._converse(name, reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                pass  # the other side has gone, or we have
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _converse(
        self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = time.monotonic()
        while True:
            got = await self._next(name, line, reader)
            manner = self.manners.get(name)
            status = 200 if manner is None else await manner(got)
            if status is None:
                await _drip(writer)
                return
            # Noted before it is said: whoever hears of it finds it noted.
            self._note({"number": got.number, "status": status})
            writer.write(_ANSWER.format(status).encode())
            await writer.drain()

    async def _next(self, name: str, line: float, reader: asyncio.StreamReader) -> Got:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        parts = (each.partition(":") for each in head if each)
        headers = {key.lower(): value.strip() for key, _, value in parts}
        body = await reader.readexactly(int(headers["content-length"]))
        self.number += 1
        self._note(
            {
                "number": self.number,
                "sink": name,
                "line": line,
                "at": time.monotonic(),
                "id": headers["webhook-id"],
                "stamp": headers["webhook-timestamp"],
                "signature": headers["webhook-signature"],
                "body": body.decode(),
            }
        )
        return Got(self.number, line, headers, body)

    def _note(self, plain: dict[str, Any]) -> None:
        self.journal.write(json.dumps(plain) + "\n")

    async def _slow(self, _got: Got) -> int:
        await asyncio.sleep(_SLOW_SECONDS)
        return 200

    async def _moody(self, got: Got) -> int:
        name = got.headers["webhook-id"]
        self.seen[name] += 1
        mood = Random(f"{self.seed} {name} {self.seen[name]}").random()
        return 500 if mood < _MOODY_SHARE and not self.is_healed else 200

    async def _gone(self, _got: Got) -> int:
        self.taken["gone"] += 1
        return 200 if self.taken["gone"] <= GONE_AFTER else 410

    async def _hole(self, _got: Got) -> int:
        await asyncio.sleep(_FOR_EVER_SECONDS)
        return 200

    async def _drip(self, _got: Got) -> None:
        return None


async def _drip(writer: asyncio.StreamWriter) -> None:
    for place in range(len(_LONG_ANSWER)):
        writer.write(_LONG_ANSWER[place : place + 1])
        await writer.drain()
        await asyncio.sleep(1)


async def serve(home: Path, journal: TextIO, seed: int, api_ports: list[int]) -> None:
    """Listen until told to end; the ports stand in a file of `home` as soon as everybody listens."""
    receivers = Receivers(journal, seed)
    ports = {name: await receivers.listen(name) for name in NAMES}
    near = [ports["far"], *api_ports]
    proxies = [Proxy(port, Random(seed + place)) for place, port in enumerate(near)]
    far, *apis = [await proxy.listen() for proxy in proxies]
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()

    def heal() -> None:
        receivers.is_healed = True
        for proxy in proxies:
            proxy.heal()

    loop.add_signal_handler(signal.SIGUSR1, heal)
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    fresh = home / f"{PORTS}.fresh"
    fresh.write_text(json.dumps({"sinks": ports | {"far": far}, "apis": apis}))
    fresh.rename(home / PORTS)
    await ending.wait()
    counts = {
        "cut": sum(proxy.cut for proxy in proxies),
        "silenced": sum(proxy.silenced for proxy in proxies),
    }
    (home / TROUBLE).write_text(json.dumps(counts))


def main(home: Path, seed: int, api_ports: list[int]) -> None:
    """Serve; the journal is closed when nobody writes to it any more."""
    with (home / DELIVERIES).open("w", encoding="utf-8") as journal:
        asyncio.run(serve(home, journal, seed, api_ports))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(each) for each in sys.argv[3:]])
