"""The access log: one JSON line per request, written in batches by a thread, so that no request waits for it."""

import atexit
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from typing import BinaryIO, Final

_FLUSH_SECONDS: Final = 0.1
_MOST_WAITING: Final = 100_000


class AccessLog:
    """Takes a line per request: route template, status, duration, request id; never a path, a query or a body.

    When what it writes to does not take the lines as fast as they come, the oldest are dropped and counted.
    """

    def __init__(self, out: BinaryIO | None, *, clock: Callable[[], float]) -> None:
        """Write to `out`; None keeps silent.

        Args:
            out: Where the lines go.
            clock: Unix time in seconds.
        """
        self._out = out
        self._clock = clock
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._noted = 0
        self._written = 0
        self._stop = Event()
        self._thread: Thread | None = None

    def note(self, method: str, route: str, status: int, seconds: float, request_id: str) -> None:
        """A request has been answered."""
        if self._out is None:
            return
        if self._thread is None:
            self._begin()
        self._noted += 1
        self._waiting.append(
            f'{{"event":"http.request","at":{self._clock():.3f},"method":"{method}","route":"{route}",'
            f'"status":{status},"ms":{seconds * 1000:.2f},"request_id":"{request_id}"}}\n'
        )

    def close(self) -> None:
        """Write what is left."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
            self._thread = None

    def _begin(self) -> None:
        self._stop.clear()
        self._thread = Thread(target=self._write, name="access log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _write(self) -> None:
        while not self._stop.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not lines or self._out is None:
            return
        dropped = self._noted - self._written - len(lines) - len(self._waiting)
        self._written = self._noted - len(self._waiting)
        if dropped > 0:
            lines.append(f'{{"event":"http.requests_dropped_from_log","count":{dropped}}}\n')
        try:
            self._out.write("".join(lines).encode())
            self._out.flush()
        except (OSError, ValueError):
            self._out = None  # whoever read it is gone; requests go on
