"""An open loop: each request is due at its own moment, whatever became of those before it."""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

_PATIENCE_SECONDS = 30.0


class _Line(asyncio.Protocol):
    """One kept connection; it has one request at a time."""

    def __init__(self, loop: "OpenLoop", port: int) -> None:
        self.loop, self.port, self.place, self.received = loop, port, -1, b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self.loop.lost(self)

    def ask(self, place: int, request: bytes) -> None:
        self.place, self.received = place, b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self.loop.answered(self, int(head[9:12]))


class OpenLoop:
    """Sends requests at their moments, each on a line of its own, and notes when each answer was complete."""

    def __init__(self, requests: list[bytes], due: list[float]) -> None:
        """`due`: seconds after the start, rising, one per request."""
        self._requests, self._due = requests, due
        self._free: list[_Line] = []
        self._left = len(due)
        self._over = asyncio.Event()
        self.sent_at = [0.0] * len(due)
        self.done_at = [0.0] * len(due)
        self.statuses: dict[int, int] = {}

    async def run(self, port: int, lines: int) -> float:
        """Send all; the moment of the start on the clock of `sent_at` and `done_at`."""
        loop = asyncio.get_running_loop()
        for _ in range(lines):
            self._free.append(await self._line(port))
        started = time.perf_counter() + 0.2
        Thread(target=self._pace, args=(loop, started, port), daemon=True).start()
        await asyncio.wait_for(self._over.wait(), self._due[-1] + _PATIENCE_SECONDS)
        return started

    async def _line(self, port: int) -> _Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: _Line(self, port), "127.0.0.1", port)
        return line

    def _pace(self, loop: asyncio.AbstractEventLoop, started: float, port: int) -> None:
        # A thread that sleeps wakes within a tenth of a millisecond; the event loop's timers tick in whole ones.
        for place, due in enumerate(self._due):
            rest = started + due - time.perf_counter()
            if rest > 0:
                time.sleep(rest)
            loop.call_soon_threadsafe(self._send, place, port)

    def _send(self, place: int, port: int) -> None:
        # The line that answered last: the server closes those that say nothing for some seconds.
        if self._free:
            self._ask(self._free.pop(), place)
        else:
            self._ask_anew(place, port)

    def _ask_anew(self, place: int, port: int) -> None:
        opening = asyncio.ensure_future(self._line(port))
        opening.add_done_callback(lambda done: self._ask(done.result(), place))

    def _ask(self, line: _Line, place: int) -> None:
        self.sent_at[place] = time.perf_counter()
        line.ask(place, self._requests[place])

    def lost(self, line: _Line) -> None:
        """A line is closed: it is not asked again, and what it was asked while it closed is asked on a new one."""
        if line in self._free:
            self._free.remove(line)
        elif line.place >= 0:
            self._ask_anew(line.place, line.port)

    def answered(self, line: _Line, status: int) -> None:
        """The answer of a line is complete."""
        self.done_at[line.place] = time.perf_counter()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        line.place = -1
        self._free.append(line)
        self._left -= 1
        if self._left == 0:
            self._over.set()


def _moments(rate: float, seconds: float, arrivals: str) -> list[float]:
    if arrivals == "even":
        return [place / rate for place in range(int(rate * seconds))]
    chance, moments, at = random.Random(7), [], 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        moments.append(at)
    return moments


def _request(body: str, token: str) -> bytes:
    plain = body.encode()
    head = (
        "POST /v1/customers HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(plain)}\r\n\r\n"
    )
    return head.encode() + plain


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _wait_for_nobody() -> None:
    """As callers on a machine of their own, who do not wait for what is at work here; where the system allows it."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def main() -> None:
    """Post the records of a file at an even or a random rate, and print the latencies from the due moments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--skip", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--arrivals", choices=("even", "random"), required=True)
    parser.add_argument("--lines", type=int, default=256)
    parser.add_argument("--core", type=int, required=True)
    told = parser.parse_args()
    os.sched_setaffinity(0, {told.core})
    token = os.environ["BENCH_TOKEN"]
    due = _moments(told.rate, told.seconds, told.arrivals)
    lines = told.records.read_text(encoding="utf-8").splitlines()[told.skip : told.skip + len(due)]
    if len(lines) < len(due):
        sys.exit("the load ran out of records")
    _wait_for_nobody()
    loop = OpenLoop([_request(line, token) for line in lines], due)
    started = asyncio.run(loop.run(told.port, told.lines))
    waited = [(done - started - at) * 1000 for done, at in zip(loop.done_at, due, strict=True)]
    late = [(sent - started - at) * 1000 for sent, at in zip(loop.sent_at, due, strict=True)]
    result = {
        "requests": len(due),
        "refused": sum(count for status, count in loop.statuses.items() if status >= 300),
        "p50_ms": quantile(waited, 0.5),
        "p99_ms": quantile(waited, 0.99),
        "late_p50_ms": quantile(late, 0.5),
        "late_p99_ms": quantile(late, 0.99),
        "waits_ms": waited,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
