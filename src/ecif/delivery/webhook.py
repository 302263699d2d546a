"""Webhooks: one signed POST per event, to an address that was judged, within fifteen seconds."""

import asyncio
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final, NamedTuple

import ecif
from ecif.delivery.addresses import Address, Allowed, Place
from ecif.delivery.lines import Answer, BadAnswer, Line, open_line
from ecif.delivery.secrets import KeptKey, signing_at
from ecif.delivery.signing import signed_headers
from ecif.delivery.sink import Handed, Message, Outcome

SEND_SECONDS: Final = 15.0
"""The longest one delivery may take, from looking the name up to the last byte. Source: Standard Webhooks 1.0.0."""

LARGEST_BODY_BYTES: Final = 1_048_576
"""No larger event is sent."""

_LINE_SECONDS: Final = 60.0
_TRIED_ADDRESSES: Final = 3
_WHOLE: Final = {
    401: "not-authorised",
    403: "not-authorised",
    404: "not-found",
    405: "not-found",
    407: "not-authorised",
    408: "timeout",
    425: "too-early",
}

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port → addresses, as text."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as this machine knows them.

    Raises:
        OSError: It knows none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How this installation reaches the outside.

    What it allows, who knows names, whose certificates it believes, and which brokers (host:port) it delivers to.
    """

    allowed: Allowed
    resolve: Resolver = resolve
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SEND_SECONDS
    brokers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, networks: str, *, http: bool, brokers: str = "") -> "Outside":
        """As the settings say it: CIDR blocks, and brokers as host:port, parted by commas."""
        allowed = Allowed.of(_listed(networks), http=http)
        return cls(allowed=allowed, brokers=frozenset(each.lower() for each in _listed(brokers)))


class _NotAllowed(Exception):
    """No address of the name may be connected to."""


_REASONS: Final[dict[type[Exception], str]] = {
    _NotAllowed: "address-not-allowed",
    BadAnswer: "bad-answer",
    socket.gaierror: "no-address",
    ssl.SSLError: "tls-failed",
    ConnectionResetError: "connection-lost",
    BrokenPipeError: "connection-lost",
    TimeoutError: "timeout",
    OSError: "not-reached",
}
"""Why nothing was delivered; the first that fits, so the particular stand before the general."""


class _Kept(NamedTuple):
    line: Line
    until: float


class Webhook:
    """One subscriber's endpoint and the connections that are kept to it."""

    def __init__(self, place: Place, keys: Sequence[KeptKey], outside: Outside) -> None:
        """Know where to send, what to sign with, and the limits; nothing is connected yet."""
        self._place = place
        self._keys = keys
        self._outside = outside
        self._free: deque[_Kept] = deque()
        self._head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.authority}\r\nUser-Agent: ecif/{ecif.__version__}\r\n"
            "Content-Type: application/cloudevents+json; charset=utf-8\r\nAccept: */*\r\n"
        )

    async def send(self, message: Message) -> Outcome:
        """Post one event; every way in which this can go wrong is an outcome."""
        if len(message.body) > LARGEST_BODY_BYTES:
            return Outcome(Handed.REFUSED, "too-large")
        try:
            async with asyncio.timeout(self._outside.seconds):
                return outcome_of(await self._ask(self._request(message)))
        except tuple(_REASONS) as error:
            return Outcome(
                Handed.RETRY, next(_REASONS[k] for k in _REASONS if isinstance(error, k))
            )

    async def close(self) -> None:
        """Cut every kept connection."""
        while self._free:
            self._free.pop().line.close()

    def _request(self, message: Message) -> bytes:
        now = time.time()
        keys = signing_at(self._keys, datetime.fromtimestamp(now, UTC))
        headers = signed_headers(keys, message.event_id, int(now), message.body)
        signed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (
            f"{self._head}{signed}Content-Length: {len(message.body)}\r\n\r\n".encode()
            + message.body
        )

    async def _ask(self, request: bytes) -> Answer:
        kept = self._kept()
        if kept is not None:
            try:
                return await self._ask_on(kept, request)
            except ConnectionError:
                pass  # it was closed while it lay idle: asked again on a fresh one
        until = time.monotonic() + _LINE_SECONDS
        return await self._ask_on(_Kept(await self._connect(), until), request)

    async def _ask_on(self, kept: _Kept, request: bytes) -> Answer:
        answer = await kept.line.ask(request)
        if kept.line.is_open:
            self._free.append(kept)
        return answer

    def _kept(self) -> _Kept | None:
        while self._free:
            kept = self._free.pop()
            if kept.line.is_open and kept.until > time.monotonic():
                return kept
            kept.line.close()
        return None

    async def _connect(self) -> Line:
        failed: OSError | None = None
        for address in await self._judged():
            try:
                return await open_line(self._place, address, self._outside.tls)
            except ssl.SSLError:
                raise
            except OSError as error:
                failed = error
        raise ConnectionRefusedError from failed

    async def _judged(self) -> list[Address]:
        """The addresses of the host now that may be connected to."""
        host, port = self._place.host, self._place.port
        found = [_address(each) for each in await self._outside.resolve(host, port)]
        allowed = self._outside.allowed
        judged = [each for each in found if each is not None and allowed.may_connect(each, port)]
        if not judged:
            raise _NotAllowed
        return judged[:_TRIED_ADDRESSES]


def outcome_of(answer: Answer) -> Outcome:
    """What an HTTP answer means. Source: Standard Webhooks 1.0.0: 2xx is success, 410 ends it, 3xx is a failure."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(Handed.DELIVERED, "accepted", status)
    if status == 410:
        return Outcome(Handed.GONE, "gone", status)
    asked = _seconds_of(answer.retry_after)
    if status == 429:
        return Outcome(Handed.RETRY, "too-many-requests", status, asked)
    if status >= 500:
        return Outcome(Handed.RETRY, "server-error", status, asked)
    if status < 400:
        return Outcome(Handed.RETRY, "redirect", status)
    everybodys = _WHOLE.get(status)
    if everybodys is not None:
        return Outcome(Handed.RETRY, everybodys, status)
    return Outcome(Handed.REFUSED, "rejected", status)


def _listed(written: str) -> list[str]:
    return [each.strip() for each in written.split(",") if each.strip()]


def _seconds_of(written: str | None) -> float | None:
    """A `Retry-After` in seconds; None when there is none that can be read. Source: RFC 9110, 10.2.3."""
    if not written:
        return None
    if written.isascii() and written.isdigit():
        return float(written[:9])
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _address(written: str) -> Address | None:
    try:
        return ip_address(written)
    except ValueError:
        return None
