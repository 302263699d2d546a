"""A subscription of a topic, through the relay, against the cluster that librdkafka can play."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator

import orjson
import pytest

from ecif.delivery import Allowed, NewSubscription, Outside, subscribe
from ecif.delivery.targets import KafkaTarget
from tests.brokers.test_kafka import make_topic, read_all
from tests.delivery.post import Post, post_of
from tests.delivery.relaying import some_events

TOPIC = "customers"
CLUSTER = """
import sys
from confluent_kafka import Producer
cluster = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 1})
print(*[f"{each.host}:{each.port}" for each in cluster.list_topics(timeout=10).brokers.values()], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.communicate()


async def test_a_topic_gets_every_event_keyed_by_customer_and_in_order(
    post: Post, server: str
) -> None:
    make_topic(server, TOPIC)
    outside = Outside(allowed=Allowed(), brokers=frozenset([server]))
    bank = post_of(post.bank, allowed=outside.allowed, brokers=outside.brokers)
    target = KafkaTarget(kind="kafka", servers=[server], topic=TOPIC, tls=False)
    new = NewSubscription(name="stream", target=target, start="beginning")
    made, _ = await post.bank.do(lambda work: subscribe(work, new))
    count = await some_events(bank)

    async with bank.relay():
        await bank.until(made.id, lag=0, delivered_count=count)

    sequences = defaultdict(list)
    for key, value in read_all(server, TOPIC, count):
        event = orjson.loads(value)
        assert key == event["subject"].encode()
        sequences[event["subject"]].append(event["sequence"])
    assert sum(map(len, sequences.values())) == count
    assert all(each == sorted(each) for each in sequences.values())
