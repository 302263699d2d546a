import sys
from typing import Any

import pytest

from ecif.delivery import AddressNotAllowed, Handed, Message, NewSubscription, Outside, subscribe
from ecif.delivery.secrets import open_secrets
from ecif.delivery.targets import KafkaTarget, NatsTarget, RabbitTarget, TargetNotInstalled, WaysOut
from ecif.security import MasterKeys, Vault
from tests.delivery.post import Post

SERVERS = ["broker1.bank.example:9093"]
TARGETS: list[Any] = [
    KafkaTarget(kind="kafka", servers=SERVERS, topic="customers"),
    NatsTarget(kind="nats", servers=SERVERS, subject="bank.customers"),
    RabbitTarget(kind="rabbitmq", servers=SERVERS, exchange="customers", routing_key="all"),
]
MODULES = {"kafka": "kafka", "nats": "nats", "rabbitmq": "rabbit"}


def ways_out(brokers: str) -> WaysOut:
    return WaysOut(Vault(MasterKeys.fresh()), Outside.of("", http=False, brokers=brokers))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("brokers", ["", "broker2.bank.example:9093", "broker1.bank.example:9092"])
def test_only_brokers_that_the_bank_names_are_delivered_to(target: Any, brokers: str) -> None:
    with pytest.raises(AddressNotAllowed):
        ways_out(brokers).check(target)


@pytest.mark.parametrize("target", TARGETS)
def test_a_broker_without_its_client_is_refused_by_name(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"ecif.delivery.{MODULES[target.kind]}", None)

    with pytest.raises(TargetNotInstalled, match=target.kind):
        ways_out("BROKER1.bank.example:9093").check(target)


async def test_credentials_are_sealed_and_what_cannot_be_sent_waits(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ecif.delivery.kafka", None)
    new = NewSubscription(
        name="stream", target=TARGETS[0], credentials={"username": "ecif", "password": "quiet"}
    )
    made, secrets = await post.bank.do(lambda work: subscribe(work, new))
    vault = post.bank.database.vault
    way = WaysOut(vault, Outside.of("", http=False, brokers=SERVERS[0])).open(made.held)

    outcome = await way.send(Message("e1", 1, "ecif.customer.created.v1", None, b"{}"))

    kept = open_secrets(vault, "main", made.id, made.held.secrets)
    assert (outcome.handed, outcome.reason) == (Handed.RETRY, "not-installed")
    assert (secrets.secret, secrets.public_key) == (None, None)
    assert kept.credentials == {"username": "ecif", "password": "quiet"}
    assert b"quiet" not in made.held.secrets
    assert "quiet" not in repr(made.held.target)
