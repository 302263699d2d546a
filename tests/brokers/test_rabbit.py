"""The way out to RabbitMQ, against a real server."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from ecif.delivery import Handed
from ecif.delivery.brokers import MEDIA_TYPE
from ecif.delivery.rabbit import RabbitSink
from tests.brokers.messages import deliver, expected, first_deliveries, message, some_messages
from tests.brokers.servers import Server, rabbit_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A broker for all tests of this file: it takes seconds to start."""
    server = rabbit_server(tmp_path_factory.mktemp("rabbit"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
async def exchange(server: Server) -> str:
    """An exchange of a test's own, with a lasting queue for all events of customers."""
    name = f"bank-{uuid4().hex}"
    async with await connected(server) as connection:
        channel = await connection.channel()
        declared = await channel.declare_exchange(name, "topic", durable=True)
        queue = await channel.declare_queue(name, durable=True)
        await queue.bind(declared, "ecif.customer.#")
    return name


async def connected(server: Server) -> aio_pika.abc.AbstractConnection:
    return await aio_pika.connect(host="127.0.0.1", port=server.port, timeout=10)


def sink_to(
    server: Server, exchange: str, *, routing_key: str = "", password: str = "guest"
) -> RabbitSink:
    target = {
        "servers": ["127.0.0.1:9", f"127.0.0.1:{server.port}"],  # on the first nobody listens
        "exchange": exchange,
        "routing_key": routing_key,
        "virtual_host": "/",
        "tls": False,
    }
    return RabbitSink(target, {"username": "guest", "password": password}, seconds=3.0)


async def taken(server: Server, queue: str) -> list[bytes]:
    """Everything in the queue, in its order."""
    async with await connected(server) as connection:
        channel: AbstractChannel = await connection.channel()
        found = await channel.get_queue(queue)
        bodies = []
        while (got := await found.get(no_ack=True, fail=False)) is not None:
            assert got.content_type == MEDIA_TYPE
            assert got.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            bodies.append(got.body)
    return bodies


async def test_every_event_arrives_in_its_customers_order(server: Server, exchange: str) -> None:
    messages = some_messages(200)
    sink = sink_to(server, exchange)

    failures = await deliver(sink, messages)
    await sink.close()

    assert failures == 0
    assert first_deliveries(await taken(server, exchange)) == expected(messages)


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(
    server: Server, exchange: str
) -> None:
    messages = some_messages(300)
    sink = sink_to(server, exchange)
    await deliver(sink, messages[:50])

    sending = asyncio.create_task(deliver(sink, messages[50:]))
    await asyncio.sleep(0.02)
    server.kill()
    await asyncio.to_thread(server.start)
    failures = await sending
    await sink.close()

    assert failures > 0
    assert first_deliveries(await taken(server, exchange)) == expected(messages)


async def test_an_event_that_no_queue_takes_is_refused_and_others_go_on(
    server: Server, exchange: str
) -> None:
    sink = sink_to(server, exchange)
    strange = message(1)._replace(type="ecif.review.opened.v1")

    refused, kept = await sink.send(strange), await sink.send(message(2))
    await sink.close()

    assert (refused.handed, refused.reason) == (Handed.REFUSED, "unroutable")
    assert kept.handed is Handed.DELIVERED
    assert len(await taken(server, exchange)) == 1


async def test_an_exchange_that_is_not_there_is_tried_again_later(server: Server) -> None:
    sink = sink_to(server, "nobody")

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "no-exchange")


async def test_a_wrong_password_is_tried_again_later(server: Server, exchange: str) -> None:
    sink = sink_to(server, exchange, password="no")

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "not-authorised")


async def test_a_key_that_no_queue_is_bound_to_is_tried_again_later(
    server: Server, exchange: str
) -> None:
    sink = sink_to(server, exchange, routing_key="nobody")

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "unroutable")
