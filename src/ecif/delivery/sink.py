"""What every way out of the house has in common: a message goes in, an outcome comes back."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One event on its way to one subscriber; `body` is the CloudEvent as structured JSON.

    The body is the same, byte by byte, on every redelivery.
    """

    event_id: str
    position: int
    type: str
    subject: str | None
    body: bytes


class Handed(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    """The subscriber has confirmed it."""
    RETRY = "retry"
    """The subscriber as a whole does not take anything now."""
    REFUSED = "refused"
    """The subscriber does not take this event: too large, not routable, answered with an error of its own."""
    GONE = "gone"
    """The subscriber wants nothing any more."""


class Outcome(NamedTuple):
    """What became of a message and why.

    `reason` is a slug and never holds personal data; `status` is the answer's HTTP status where there was one;
    `retry_after_seconds` is how long the subscriber asks to be left alone.
    """

    handed: Handed
    reason: str
    status: int | None = None
    retry_after_seconds: float | None = None


class Sink(Protocol):
    """A way out: one subscriber's endpoint, or its topic in a broker. It keeps connections, never events."""

    async def send(self, message: Message) -> Outcome:
        """Hand one message over; whatever happens on the way is an outcome, never an exception."""

    async def close(self) -> None:
        """Let go of all connections."""
