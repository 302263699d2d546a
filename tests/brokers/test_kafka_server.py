"""The way out to Kafka, against a real broker."""

import asyncio
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ecif.delivery import Handed
from tests.brokers.messages import deliver, expected, first_deliveries, message, some_messages
from tests.brokers.servers import Server, kafka_server
from tests.brokers.test_kafka import read_all, sink_to


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A broker for all tests of this file: it takes seconds to start."""
    server = kafka_server(tmp_path_factory.mktemp("kafka"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


def topic_of(server: Server, name: str, **configuration: str) -> str:
    """A topic with four partitions; the addresses of its broker."""
    servers = f"127.0.0.1:{server.port}"
    admin = AdminClient({"bootstrap.servers": servers})
    made = admin.create_topics([NewTopic(name, 4, 1, config=configuration)])
    made[name].result(20)
    return servers


async def test_every_event_arrives_in_its_customers_order(server: Server) -> None:
    servers = await asyncio.to_thread(topic_of, server, "in-order")
    messages = some_messages(300)
    sink = sink_to(servers, topic="in-order")

    failures = await deliver(sink, messages)
    await sink.close()

    records = await asyncio.to_thread(read_all, servers, "in-order", 300)
    assert failures == 0
    assert first_deliveries(body for _, body in records) == expected(messages)


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(server: Server) -> None:
    servers = await asyncio.to_thread(topic_of, server, "killed")
    messages = some_messages(300)
    sink = sink_to(servers, topic="killed", seconds=1.0)
    await deliver(sink, messages[:50])

    sending = asyncio.create_task(deliver(sink, messages[50:]))
    await asyncio.sleep(0.02)
    server.kill()
    await asyncio.sleep(1.5)
    await asyncio.to_thread(server.start)
    failures = await sending
    await sink.close()

    records = await asyncio.to_thread(read_all, servers, "killed", 300)
    assert failures > 0
    assert first_deliveries(body for _, body in records) == expected(messages)


async def test_an_event_that_the_topic_does_not_take_is_refused(server: Server) -> None:
    servers = await asyncio.to_thread(topic_of, server, "small", **{"max.message.bytes": "2000"})
    sink = sink_to(servers, topic="small")

    refused, taken = await sink.send(message(1, size=50_000)), await sink.send(message(2))
    await sink.close()

    assert (refused.handed, refused.reason) == (Handed.REFUSED, "msg-size-too-large")
    assert taken.handed is Handed.DELIVERED
