"""The gate before all doors: names each request, notes how it went, and turns our own mistakes into an answer."""

import logging
import re
from collections.abc import Callable
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecif.api.access_log import AccessLog
from ecif.api.problems import REQUEST_ID, Fault, frames_of, problem

_NAMED_BY_CALLER: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 35.0)
_log = logging.getLogger("ecif.faults")


class Traffic:
    """How many requests there were and how long they took, by method, route template and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Count into this registry."""
        self._seconds = Histogram(
            "ecif_http_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._known: dict[tuple[str, str, int], Histogram] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request has been answered."""
        name = (method, route, status)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._seconds.labels(method, route, str(status))
        known.observe(seconds)


class Gate:
    """Middleware around everything; what passes it has a request id, a log line and a measured time."""

    def __init__(
        self, app: ASGIApp, *, log: AccessLog, traffic: Callable[[], Traffic | None]
    ) -> None:
        """Stand before `app`; `traffic` gives the counters once the application has started."""
        self._app = app
        self._log = log
        self._traffic = traffic
        self._prefix = token_hex(5)
        self._count = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        request_id = self._name(scope)
        scope[REQUEST_ID] = request_id
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            _note_fault(error, request_id)
            if status:
                raise
            await problem(Request(scope), Fault())(scope, receive, answer)
        finally:
            self._note(scope, status, perf_counter() - started)

    def _name(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _NAMED_BY_CALLER.fullmatch(value):
                return str(value.decode())
        return f"{self._prefix}-{next(self._count):x}"

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if route != "-" else "-"
        self._log.note(method, route, status, seconds, scope[REQUEST_ID])
        traffic = self._traffic()
        if traffic is not None:
            traffic.note(method, route, status, seconds)


def _note_fault(error: Exception, request_id: str) -> None:
    _log.error(
        "http.fault",
        extra={
            "request_id": request_id,
            "error": type(error).__name__,
            "frames": frames_of(error)[-12:],
        },
    )
