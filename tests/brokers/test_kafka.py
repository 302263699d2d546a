"""The way out to Kafka, against the cluster that librdkafka can play, in a process of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from ecif.delivery import Handed
from ecif.delivery.brokers import MEDIA_TYPE
from ecif.delivery.kafka import KafkaSink
from tests.brokers.messages import (
    deliver,
    expected,
    first_deliveries,
    message,
    some_messages,
)

TOPIC = "customers"
_PARTITIONS = 4
_CLUSTER = """
import sys, time
from confluent_kafka import Producer
cluster = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 3})
brokers = cluster.list_topics(timeout=10).brokers.values()
print(",".join(f"{each.host}:{each.port}" for each in brokers), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, int]]:
    """Three brokers: their addresses and their process."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip(), process.pid
    process.kill()
    process.communicate()


def sink_to(servers: str, *, topic: str = TOPIC, seconds: float = 15.0) -> KafkaSink:
    """A way out to a topic; it does not make topics itself."""
    target = {"servers": servers.split(","), "topic": topic, "tls": False}
    return KafkaSink(target, {}, seconds=seconds)


def make_topic(servers: str, topic: str) -> None:
    Producer({"bootstrap.servers": servers}).list_topics(topic, timeout=10)


def read_all(servers: str, topic: str, count: int) -> list[tuple[bytes | None, bytes]]:
    """Keys and values until it is quiet: at least `count` of them, or what came within ten seconds."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": uuid4().hex, "auto.offset.reset": "earliest"}
    )
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, place, 0) for place in partitions])
    records: list[tuple[bytes | None, bytes]] = []
    waited = 0
    while waited < (4 if len(records) >= count else 40):
        record = consumer.poll(0.25)
        if record is None:
            waited += 1
        elif record.error() is None:
            assert record.headers() == [("content-type", MEDIA_TYPE.encode())]
            records.append((record.key(), record.value() or b""))
    consumer.close()
    return records


async def test_every_event_arrives_in_its_customers_order(cluster: tuple[str, int]) -> None:
    servers, _ = cluster
    messages = some_messages(300)
    make_topic(servers, "in-order")
    sink = sink_to(servers, topic="in-order")

    failures = await deliver(sink, messages)
    await sink.close()

    records = await asyncio.to_thread(read_all, servers, "in-order", 300)
    assert failures == 0
    assert first_deliveries(body for _, body in records) == expected(messages)
    assert {key for key, _ in records} == {str(each.subject).encode() for each in messages}


async def test_a_cluster_that_stands_still_loses_nothing(cluster: tuple[str, int]) -> None:
    servers, pid = cluster
    messages = some_messages(300)
    make_topic(servers, "paused")
    sink = sink_to(servers, topic="paused", seconds=0.5)
    await deliver(sink, messages[:50])

    sending = asyncio.create_task(deliver(sink, messages[50:]))
    await asyncio.sleep(0.02)
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(1.2)
    os.kill(pid, signal.SIGCONT)
    failures = await sending
    await sink.close()

    records = await asyncio.to_thread(read_all, servers, "paused", 300)
    assert failures > 0
    assert first_deliveries(body for _, body in records) == expected(messages)


async def test_an_event_that_no_broker_takes_is_refused_and_others_go_on(
    cluster: tuple[str, int],
) -> None:
    servers, _ = cluster
    make_topic(servers, TOPIC)
    sink = sink_to(servers)

    refused = await sink.send(message(1, size=2_000_000))
    taken = await sink.send(message(2))
    nobody = await sink.send(message(3, subject=None))
    await sink.close()

    assert (refused.handed, refused.reason) == (Handed.REFUSED, "msg-size-too-large")
    assert (taken.handed, nobody.handed) == (Handed.DELIVERED, Handed.DELIVERED)


async def test_a_cluster_that_is_not_there_is_tried_again_later() -> None:
    sink = sink_to("127.0.0.1:9", seconds=0.3)

    outcome = await sink.send(message(1))
    await sink.close()

    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "msg-timed-out")


async def test_what_was_not_confirmed_when_the_way_closes_counts_as_not_sent() -> None:
    sink = sink_to("127.0.0.1:9")
    sending = asyncio.create_task(sink.send(message(1)))
    await asyncio.sleep(0.05)

    await sink.close()

    assert (await sending).handed is Handed.RETRY
