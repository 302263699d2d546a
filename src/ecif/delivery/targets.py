"""Where a subscription sends: the shape of each kind of target, and the way out that it opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecif.delivery.addresses import AddressNotAllowed, place_of
from ecif.delivery.leases import Held
from ecif.delivery.secrets import open_secrets
from ecif.delivery.signing import Scheme
from ecif.delivery.sink import Handed, Message, Outcome, Sink
from ecif.delivery.webhook import Outside, Webhook
from ecif.errors import Unprocessable
from ecif.security import KeyDestroyed, SealBroken, Vault

_BROKERS: Final[Mapping[str, str]] = {
    "kafka": "ecif.delivery.kafka",
    "nats": "ecif.delivery.nats",
    "rabbitmq": "ecif.delivery.rabbit",
}
"""Kind of target → the module whose `open_sink(target, credentials)` opens it; each needs the extra of its name."""

Server = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}:[0-9]{1,5}$",
        examples=["kafka1.bank.example:9093"],
    ),
]
Servers = Annotated[list[Server], Field(min_length=1, max_length=20)]


class TargetNotInstalled(Unprocessable):
    """This installation has no client for such a target."""

    slug = "target-not-installed"
    title = "This installation has no client for this kind of target."


class _Target(BaseModel):
    """What all targets share: nothing in them is secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WebhookTarget(_Target):
    """An HTTPS address that takes one event per POST, signed as Standard Webhooks says."""

    kind: Literal["webhook"]
    url: Annotated[
        str, Field(min_length=1, max_length=2_000, examples=["https://crm.bank.example/hooks/ecif"])
    ]
    signatures: Annotated[
        list[Scheme],
        Field(
            min_length=1,
            max_length=2,
            description="`v1`: HMAC-SHA256 with a shared secret; `v1a`: Ed25519, verified with a public key.",
        ),
    ] = ["v1"]


class KafkaTarget(_Target):
    """A topic; the customer number is the key of its messages, so a customer stays in one partition."""

    kind: Literal["kafka"]
    servers: Servers
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
    tls: bool = True


class NatsTarget(_Target):
    """A subject of a JetStream stream; the event's id is its `Nats-Msg-Id`."""

    kind: Literal["nats"]
    servers: Servers
    subject: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,15}$", max_length=200)
    ]
    tls: bool = True


class RabbitTarget(_Target):
    """An exchange; messages are persistent, mandatory, confirmed. An empty routing key stands for each event's type."""

    kind: Literal["rabbitmq"]
    servers: Servers
    exchange: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{0,200}$")]
    routing_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{0,200}$")]
    virtual_host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,100}$")] = "/"
    tls: bool = True


Target = Annotated[
    WebhookTarget | KafkaTarget | NatsTarget | RabbitTarget, Field(discriminator="kind")
]


@dataclass(frozen=True, slots=True)
class WaysOut:
    """How this installation reaches subscribers; the worker and the door that tests a target hold one each."""

    vault: Vault
    outside: Outside

    def check(self, target: Target) -> None:
        """Refuse what is never reached from here.

        Raises:
            AddressNotAllowed: Deliveries may not go there.
            TargetNotInstalled: There is no client for it.
        """
        if isinstance(target, WebhookTarget):
            place_of(target.url, self.outside.allowed)
            return
        self._check_servers(target.servers)
        if _module_of(target.kind) is None:
            raise TargetNotInstalled(f"Install ecif[{target.kind}].", field="target.kind")

    def open(self, subscription: Held) -> Sink:
        """The way to a subscription's target; where there is none any more, one on which nothing arrives."""
        target = subscription.target
        try:
            secrets = open_secrets(
                self.vault, subscription.legal_entity, subscription.id, subscription.secrets
            )
            if target["kind"] == "webhook":
                place = place_of(target["url"], self.outside.allowed)
                return Webhook(place, secrets.keys, self.outside)
            self._check_servers(target["servers"])
        except AddressNotAllowed:
            return Closed("address-not-allowed")
        except (SealBroken, KeyDestroyed):
            return Closed("no-keys")
        return _opened(target, secrets.credentials)

    def _check_servers(self, servers: list[str]) -> None:
        """A broker is named by the bank: its client connects where it likes, so only whole names are believed."""
        if not self.outside.brokers.issuperset(each.lower() for each in servers):
            raise AddressNotAllowed(
                "This installation does not deliver to this broker.", field="target.servers"
            )


@dataclass(frozen=True, slots=True)
class Closed:
    """A way out that is closed, and why: its events wait as they do for any endpoint that is not reached."""

    reason: str

    async def send(self, message: Message) -> Outcome:  # noqa: ARG002  # nothing is sent
        """Say why nothing is sent."""
        return Outcome(Handed.RETRY, self.reason)

    async def close(self) -> None:
        """There is nothing to let go of."""


def _opened(target: Mapping[str, Any], credentials: Mapping[str, str]) -> Sink:
    module = _module_of(target["kind"])
    if module is None:
        return Closed("not-installed")
    sink: Sink = module.open_sink(target, credentials)
    return sink


def _module_of(kind: str) -> Any:
    """The module that opens a kind of broker; None where its client is not installed."""
    try:
        return import_module(_BROKERS[kind])
    except ImportError:
        return None
