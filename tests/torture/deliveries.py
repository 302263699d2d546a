"""What a run leaves behind about deliveries: who subscribed, what came to whom and when, and what was done to whom."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

HEALTHY = ("good", "merges", "masked", "far", "slow", "moody", "resting")
"""Receivers that everything must have reached in the end; the others are owed what they did not take."""

STEADY = frozenset({"good", "merges", "masked", "slow"})
"""Receivers of them that are reached directly and at any time."""

_DYING_SECONDS = 0.3
"""Connections that the dead had just opened may be accepted a moment later."""

_WAITING_SECONDS = 1.0
"""An event that happens so soon after a death waits for the successor: no lease has run out yet."""

_BEFORE_SECONDS = 3.0
"""What was over so long before may still be felt."""

MERGES = ("ecif.customer.merged.v1", "ecif.customer.unmerged.v1")


@dataclass
class Quiet:
    """A subscriber that was to be left alone: no event after this position may come to it, until a moment if any.

    `after` is the end of the feed when the lease of whoever carried it had run out, so it covers what was on its way.
    """

    name: str
    after: int
    until: float | None = None


@dataclass
class Subscriber:
    """One subscription as its receiver knows it; `types` None wants everything."""

    name: str
    id: str
    secret: str
    public_key: str | None = None
    types: tuple[str, ...] | None = None


@dataclass
class Delivery:
    """One request that a receiver got. `arrived` and `answered` are places in one journal; times are monotonic."""

    number: int
    sink: str
    arrived: int
    line: float
    at: float
    id: str
    stamp: str
    signature: str
    body: str
    answered: int | None = None
    status: int | None = None

    @property
    def is_accepted(self) -> bool:
        """The receiver has said yes."""
        return self.status == 200

    @property
    def made(self) -> float:
        """When its event happened, by the monotonic clock of this machine."""
        happened = datetime.fromisoformat(self.event["time"]).timestamp()
        return happened - time.time() + time.monotonic()

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class Fault:
    """Something that was done to a process.

    `held`: the receivers that a worker was connected to; `over`: when the process was there again, where that is known.
    """

    at: float
    kind: str
    name: str
    held: list[str] = field(default_factory=list)
    over: float | None = None


@dataclass
class Told:
    """Everything about deliveries that there is to judge a run by; `trouble`: connections that the bad network hurt."""

    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    stream: list[dict[str, Any]] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    reconnects: int = 0
    trouble: dict[str, int] = field(default_factory=dict)


def deliveries_in(path: Path) -> list[Delivery]:
    """The deliveries of a journal: each line is an arrival, or the answer that was then given."""
    deliveries: dict[int, Delivery] = {}
    with path.open(encoding="utf-8") as lines:
        for place, line in enumerate(lines):
            plain = json.loads(line)
            if "status" in plain:
                delivery = deliveries[plain["number"]]
                delivery.answered, delivery.status = place, plain["status"]
            else:
                deliveries[plain["number"]] = Delivery(arrived=place, **plain)
    return list(deliveries.values())


def takeovers(told: Told, *, undisturbed: bool) -> list[float]:
    """Seconds from a worker's death to the first delivery by its successor, one for each steady receiver it carried.

    A delivery is a successor's when its connection is younger than the death; only those are counted for which an
    event waited. `undisturbed`: only where nothing else was done to anybody in between.
    """
    arrivals: dict[str, list[Delivery]] = {}
    for each in told.deliveries:
        arrivals.setdefault(each.sink, []).append(each)
    found = []
    for fault in told.faults:
        if fault.kind != "kill":
            continue
        for name in STEADY.intersection(fault.held):
            heir = fault.at + _DYING_SECONDS
            later = [each for each in arrivals.get(name, []) if each.line > heir]
            first = min(later, key=lambda each: each.at, default=None)
            if first is None or first.made > fault.at + _WAITING_SECONDS:
                continue
            if not (undisturbed and _is_disturbed(told, fault, first.at)):
                found.append(first.at - fault.at)
    return sorted(found)


def _is_disturbed(told: Told, fault: Fault, until: float) -> bool:
    return any(
        other is not fault
        and other.at < until
        and (other.over or other.at) > fault.at - _BEFORE_SECONDS
        for other in told.faults
    )
