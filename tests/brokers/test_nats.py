"""The way out to NATS JetStream, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from ecif.delivery import Handed
from ecif.delivery.brokers import MEDIA_TYPE
from ecif.delivery.nats import NatsSink
from tests.brokers.messages import deliver, expected, first_deliveries, message, some_messages
from tests.brokers.servers import Server, nats_server

SUBJECT = "bank.customers"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server with a stream that listens to the subject."""
    server = nats_server(tmp_path)
    await asyncio.to_thread(server.start)
    client = await nats.connect(f"nats://127.0.0.1:{server.port}")
    await client.jetstream().add_stream(StreamConfig(name="bank", subjects=[SUBJECT]))
    await client.close()
    yield server
    server.kill()


def sink_to(server: Server, *, subject: str = SUBJECT, seconds: float = 2.0) -> NatsSink:
    target = {"servers": [f"127.0.0.1:{server.port}"], "subject": subject, "tls": False}
    return NatsSink(target, {}, seconds=seconds)


async def stored(server: Server) -> list[bytes]:
    """Everything in the stream, in its order."""
    client = await nats.connect(f"nats://127.0.0.1:{server.port}")
    context = client.jetstream()
    state = (await context.stream_info("bank")).state
    bodies = []
    for place in range(state.first_seq, state.last_seq + 1):
        found = await context.get_msg("bank", place)
        assert (found.headers or {})["content-type"] == MEDIA_TYPE
        bodies.append(found.data or b"")
    await client.close()
    return bodies


async def test_every_event_arrives_in_its_customers_order(server: Server) -> None:
    messages = some_messages(200)
    sink = sink_to(server)

    failures = await deliver(sink, messages)
    await sink.close()

    assert failures == 0
    assert first_deliveries(await stored(server)) == expected(messages)


async def test_a_server_that_is_killed_and_comes_back_loses_nothing(server: Server) -> None:
    messages = some_messages(300)
    sink = sink_to(server)
    await deliver(sink, messages[:50])

    sending = asyncio.create_task(deliver(sink, messages[50:]))
    await asyncio.sleep(0.01)
    server.kill()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(server.start)
    failures = await sending
    await sink.close()

    assert failures > 0
    assert first_deliveries(await stored(server)) == expected(messages)


async def test_an_event_that_is_sent_again_is_stored_once(server: Server) -> None:
    sink, event = sink_to(server), message(1)

    first, again = await sink.send(event), await sink.send(event)
    await sink.close()

    assert (first.reason, again.reason) == ("accepted", "duplicate")
    assert first.handed is again.handed is Handed.DELIVERED
    assert await stored(server) == [event.body]


async def test_a_subject_that_no_stream_hears_is_tried_again_later(server: Server) -> None:
    sink = sink_to(server, subject="bank.nobody")

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "no-stream")


async def test_an_event_that_is_too_large_is_refused(server: Server) -> None:
    sink = sink_to(server)

    refused, taken = await sink.send(message(1, size=2_000_000)), await sink.send(message(2))
    await sink.close()

    assert (refused.handed, refused.reason) == (Handed.REFUSED, "too-large")
    assert taken.handed is Handed.DELIVERED


async def test_a_server_that_is_not_there_is_tried_again_later(server: Server) -> None:
    server.kill()
    sink = sink_to(server)

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "not-connected")
