"""A test event to one target, now: what would become of a real one."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import orjson

from ecif.delivery.leases import Held
from ecif.delivery.sink import Message, Outcome
from ecif.delivery.targets import WaysOut

_TYPE = "ecif.subscription.test.v1"


class Tried(NamedTuple):
    """The id of a test event, and what became of it."""

    event_id: UUID
    outcome: Outcome


async def try_out(ways_out: WaysOut, held: Held, source: str) -> Tried:
    """Send a test event; it is in no feed, and no place moves."""
    event_id = uuid4()
    body = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "type": _TYPE,
        "time": datetime.now(UTC),
        "dataschema": f"urn:ecif:schema:{_TYPE}",
        "datacontenttype": "application/json",
        "data": {"subscription_id": str(held.id)},
    }
    sink = ways_out.open(held)
    try:
        written = orjson.dumps(body, option=orjson.OPT_UTC_Z)
        message = Message(str(event_id), 0, _TYPE, None, written)
        return Tried(event_id, await sink.send(message))
    finally:
        await sink.close()
