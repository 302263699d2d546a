"""What the ways out to brokers have in common: how an event looks there, and how long it may take."""

import ssl
from collections.abc import Mapping
from typing import Final

from ecif.delivery.sink import Handed, Outcome

SEND_SECONDS: Final = 15.0
"""The longest a broker may take to confirm an event; then it is sent again, and may be there twice."""

CONNECT_SECONDS: Final = 5.0
"""The longest it may take to reach a broker."""

MEDIA_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
"""Structured mode. Source: CloudEvents 1.0.2, protocol bindings for Kafka, NATS and AMQP, section 3.2."""

CLIENT: Final = "ecif"
"""What we call ourselves in a broker's lists."""

CONFIRMED: Final = Outcome(Handed.DELIVERED, "accepted")


def retry(reason: str) -> Outcome:
    """The broker as a whole does not take anything now."""
    return Outcome(Handed.RETRY, reason)


def refused(reason: str) -> Outcome:
    """The broker does not take this event."""
    return Outcome(Handed.REFUSED, reason)


def tls_of(credentials: Mapping[str, str]) -> ssl.SSLContext:
    """Whose certificates are believed: those of `ca` (PEM) among the credentials, or what this machine believes."""
    return ssl.create_default_context(cadata=credentials.get("ca"))
