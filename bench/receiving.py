"""A local receiver of webhooks in a process of its own: takes everything, and says how late it came.

Two of its paths are bad: on `/hole` nothing is ever answered, on `/drip` a byte per second.
"""

import argparse
import asyncio
import json
import os
import time
from datetime import datetime
from typing import Any

import uvloop

_TAKEN = b"HTTP/1.1 204 Taken\r\n\r\n"
_DRIP = b"POST /drip"
_BAD = (b"POST /hole", _DRIP)
_DRIPPED = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"


class Counter:
    """How many came, and in milliseconds how long after the time of their event."""

    def __init__(self, *, is_timed: bool) -> None:
        """`is_timed`: read each body; otherwise it is only counted."""
        self.count = 0
        self.is_timed = is_timed
        self.late_ms: list[float] = []

    def take(self, body: bytes) -> None:
        """Note one event."""
        self.count += 1
        if self.is_timed:
            at = datetime.fromisoformat(json.loads(body)["time"])
            self.late_ms.append((time.time() - at.timestamp()) * 1_000)

    def told(self) -> bytes:
        """What is answered to a GET."""
        late = sorted(self.late_ms) or [0.0]
        figures: dict[str, Any] = {
            "count": self.count,
            "p50_ms": late[len(late) // 2],
            "p99_ms": late[int(len(late) * 0.99)],
        }
        return json.dumps(figures).encode()


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, counter: Counter) -> None:
        """Count into `counter`."""
        self.counter, self.received = counter, b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, rest = self.received.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                told, self.received = self.counter.told(), rest
                self.transport.write(
                    b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n" % len(told) + told
                )
                continue
            if head.startswith(_BAD):
                self.received = b""  # a hole says nothing; a drip says it very slowly
                if head.startswith(_DRIP):
                    self._drip(0)
                return
            length = int(head.rpartition(b"Content-Length: ")[2])
            if len(rest) < length:
                return
            self.counter.take(rest[:length])
            self.received = rest[length:]
            self.transport.write(_TAKEN)

    def _drip(self, place: int) -> None:
        """One byte now, the next one in a second."""
        if self.transport.is_closing() or place == len(_DRIPPED):
            return
        self.transport.write(_DRIPPED[place : place + 1])
        asyncio.get_running_loop().call_later(1.0, self._drip, place + 1)


async def _serve(port: int, *, is_timed: bool) -> None:
    counter = Counter(is_timed=is_timed)
    server = await asyncio.get_running_loop().create_server(
        lambda: Line(counter), "127.0.0.1", port
    )
    await server.serve_forever()


def main() -> None:
    """Listen until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--timed", action="store_true")
    told = parser.parse_args()
    os.sched_setaffinity(0, {told.core})
    uvloop.run(_serve(told.port, is_timed=told.timed))


if __name__ == "__main__":
    main()
