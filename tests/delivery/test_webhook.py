import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ecif.delivery.addresses import Allowed, place_of
from ecif.delivery.lines import Answer
from ecif.delivery.secrets import KeptKey
from ecif.delivery.signing import fresh_key
from ecif.delivery.sink import Handed, Message, Outcome
from ecif.delivery.webhook import LARGEST_BODY_BYTES, Outside, Webhook, outcome_of
from tests.delivery.receiver import Receiver, Script, open_receiver

NEAR = Outside(allowed=Allowed.of(["127.0.0.0/8"], http=True))
HURRIED = Outside(allowed=NEAR.allowed, seconds=0.3)
MESSAGE = Message("e1", 1, "ecif.customer.created.v1", "10000000017", b'{"id":"e1"}')

Send = Callable[[], Awaitable[Outcome]]


@asynccontextmanager
async def hooked(
    script: Script, outside: Outside = NEAR
) -> AsyncIterator[tuple[Receiver, Webhook]]:
    async with open_receiver(script) as receiver:
        place = place_of(receiver.url, outside.allowed)
        webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
        try:
            yield receiver, webhook
        finally:
            await webhook.close()


@pytest.mark.parametrize(
    ("status", "handed", "reason"),
    [
        (200, Handed.DELIVERED, "accepted"),
        (204, Handed.DELIVERED, "accepted"),
        (301, Handed.RETRY, "redirect"),
        (302, Handed.RETRY, "redirect"),
        (307, Handed.RETRY, "redirect"),
        (400, Handed.REFUSED, "rejected"),
        (401, Handed.RETRY, "not-authorised"),
        (404, Handed.RETRY, "not-found"),
        (410, Handed.GONE, "gone"),
        (413, Handed.REFUSED, "rejected"),
        (422, Handed.REFUSED, "rejected"),
        (429, Handed.RETRY, "too-many-requests"),
        (500, Handed.RETRY, "server-error"),
        (503, Handed.RETRY, "server-error"),
    ],
)
def test_a_status_means(status: int, handed: Handed, reason: str) -> None:
    assert outcome_of(Answer(status, None)) == Outcome(handed, reason, status)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_how_long_to_wait_is_read_in_both_spellings(written: str, seconds: float | None) -> None:
    assert outcome_of(Answer(503, written)).retry_after_seconds == seconds


async def test_a_redirect_is_not_followed() -> None:
    async with open_receiver() as elsewhere:
        answer = (
            f"HTTP/1.1 307 Go\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        async with hooked(lambda _: answer) as (_, webhook):
            outcome = await webhook.send(MESSAGE)

    assert (outcome.reason, elsewhere.connections) == ("redirect", 0)


async def test_one_connection_carries_many_messages() -> None:
    async with hooked(lambda _: 204) as (receiver, webhook):
        outcomes = [await webhook.send(MESSAGE) for _ in range(20)]

    assert {each.handed for each in outcomes} == {Handed.DELIVERED}
    assert receiver.connections == 1


async def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(closing)
        await writer.drain()
        writer.close()

    async with _serving(serve) as webhook:
        first = await webhook.send(MESSAGE)
        await asyncio.sleep(0.05)
        second = await webhook.send(MESSAGE)

    assert (first.handed, second.handed) == (Handed.DELIVERED, Handed.DELIVERED)


@pytest.mark.parametrize(
    "drips",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "],
    ids=["silent", "in its body", "in its headers"],
)
async def test_an_endpoint_that_drips_has_no_more_time_than_others(drips: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(drips)
        while True:
            writer.write(b"x" if drips else b"")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with _serving(serve, HURRIED) as webhook:
        outcome = await webhook.send(MESSAGE)

    assert outcome == Outcome(Handed.RETRY, "timeout")


async def test_of_a_long_answer_no_more_is_read_than_the_limit() -> None:
    written = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 4_096)
            await writer.drain()
            written += 4_096

    async with _serving(serve) as webhook:
        outcome = await webhook.send(MESSAGE)

    assert outcome.handed is Handed.DELIVERED
    assert written < 50_000_000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 9_000, "bad-answer"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n", "accepted"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "accepted"),
    ],
)
async def test_an_answer_is_read_as_http_or_not_at_all(answer: bytes, reason: str) -> None:
    async with hooked(lambda _: answer, HURRIED) as (_, webhook):
        assert (await webhook.send(MESSAGE)).reason == reason


async def test_a_message_that_is_too_large_is_refused_by_ourselves() -> None:
    async with hooked(lambda _: 204) as (receiver, webhook):
        outcome = await webhook.send(MESSAGE._replace(body=b"x" * (LARGEST_BODY_BYTES + 1)))

    assert (outcome.handed, outcome.reason) == (Handed.REFUSED, "too-large")
    assert receiver.connections == 0


async def test_where_nobody_listens_is_told() -> None:
    async with hooked(lambda _: 204) as (_, webhook):
        pass

    assert (await webhook.send(MESSAGE)).reason == "not-reached"


@asynccontextmanager
async def _serving(serve: Any, outside: Outside = NEAR) -> AsyncIterator[Webhook]:
    tasks: set[asyncio.Task[Any]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place = place_of(f"http://127.0.0.1:{port}/", outside.allowed)
    webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
    try:
        yield webhook
    finally:
        await webhook.close()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
