"""Events on their way to a broker, as a relay hands them over: one of a customer after the other."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from uuid import uuid4

from ecif.delivery import Handed, Message, Outcome, Sink


def message(position: int, subject: str | None = "10000000017", *, size: int = 0) -> Message:
    """An event at a position, of a customer or of none."""
    body = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "urn:ecif:ecif",
        "type": "ecif.customer.updated.v1",
        "position": position,
        "subject": subject,
        "data": {"filler": "x" * size},
    }
    return Message(
        str(body["id"]), position, "ecif.customer.updated.v1", subject, json.dumps(body).encode()
    )


def some_messages(count: int, customers: int = 5) -> list[Message]:
    """Events of several customers by turns."""
    return [message(place, f"1{place % customers:010}") for place in range(1, count + 1)]


async def deliver(sink: Sink, messages: Iterable[Message], *, until_delivered: bool = True) -> int:
    """Send each customer's events one after the other, again and again until confirmed; the attempts that failed."""
    lanes: dict[str | None, list[Message]] = defaultdict(list)
    for each in messages:
        lanes[each.subject].append(each)
    failures = 0

    async def walk(lane: list[Message]) -> None:
        nonlocal failures
        for each in lane:
            while (outcome := await sink.send(each)).handed is not Handed.DELIVERED:
                assert outcome.handed is Handed.RETRY, outcome
                failures += 1
                await asyncio.sleep(0.05)

    await asyncio.gather(*(walk(lane) for lane in lanes.values()))
    return failures


def first_deliveries(bodies: Iterable[bytes]) -> dict[str, list[int]]:
    """Customer → positions in the order in which they first arrived; repeated bodies are the same to the byte."""
    known: dict[str, bytes] = {}
    order: dict[str, list[int]] = defaultdict(list)
    for body in bodies:
        read = json.loads(body)
        if read["id"] not in known:
            known[read["id"]] = body
            order[read["subject"]].append(read["position"])
        assert known[read["id"]] == body
    return dict(order)


def expected(messages: Iterable[Message]) -> dict[str, list[int]]:
    """What every customer's events look like when none is lost and none overtakes another."""
    order: dict[str, list[int]] = defaultdict(list)
    for each in messages:
        order[str(each.subject)].append(each.position)
    return dict(order)


__all__ = ["Outcome", "deliver", "expected", "first_deliveries", "message", "some_messages"]
