"""Who must be told?

Owns the subscriptions, what each of them has not received yet, and the ways an event leaves the house.
"""

from ecif.delivery.envelope import body_of, event_of
from ecif.delivery.sink import Handed, Message, Outcome, Sink

__all__ = [
    "Handed",
    "Message",
    "Outcome",
    "Sink",
    "body_of",
    "event_of",
]
