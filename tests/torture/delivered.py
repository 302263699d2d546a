"""Joins what receivers noted with the feed and the tables, and says what does not fit.

A promise by itself each: what comes is genuine, signed and the same every time; a customer's events come one after the
other, a merge after everything earlier of all who took part; nobody lacks anything that nothing owes him; who was to
be left alone is; the stream is whole and in order.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.torture.checker import row_words_of, words_of
from tests.torture.deliveries import HEALTHY, Delivery, Subscriber
from tests.torture.record import Record

Finding = Iterator[str]


def delivery_findings(record: Record) -> list[str]:
    """Everything that is wrong with the deliveries of a run; an empty list is what was promised."""
    joined = Joined(record)
    checks = (_genuine, _signed, _identical, _in_order, _reached, _left_alone, _standing, _streamed)
    return [finding for check in checks for finding in check(joined)]


class Joined:
    """A record with what the checks ask for over and over."""

    def __init__(self, record: Record) -> None:
        """Join the feed with its events."""
        self.record, self.told, self.tables = record, record.told, record.tables
        outbox = {row["id"]: row for row in self.tables["outbox"]}
        self.feed = {
            row["position"]: outbox[row["outbox_id"]]
            for row in self.tables["feed"]
            if row["outbox_id"] in outbox
        }
        self.place = {row["event_id"]: position for position, row in self.feed.items()}

    def position(self, delivery: Delivery) -> int:
        """The place of a delivery's event in the feed; 0 when it is none of the feed's."""
        position: int = self.place.get(delivery.id, 0)
        return position

    def wanted(self, subscriber: Subscriber) -> list[int]:
        """The positions that a subscriber asked for."""
        types = subscriber.types
        return [p for p, row in sorted(self.feed.items()) if types is None or row["type"] in types]

    def lanes(self, position: int) -> set[str]:
        """The customers whose events wait for each other: its own and, of a merge, all who took part."""
        row = self.feed[position]
        return {row["subject"], *row["data"].get("participants", ())} - {None}

    @cached_property
    def of_sink(self) -> dict[str, list[Delivery]]:
        """The deliveries of each receiver, in the order in which they came."""
        found: dict[str, list[Delivery]] = {name: [] for name in self.told.subscribers}
        for each in sorted(self.told.deliveries, key=lambda each: each.arrived):
            found[each.sink].append(each)
        return found

    @cached_property
    def accepted(self) -> dict[str, dict[int, int]]:
        """Receiver → position → when it was first accepted."""
        found: dict[str, dict[int, int]] = {name: {} for name in self.told.subscribers}
        for each in self.told.deliveries:
            if each.is_accepted and each.answered is not None:
                position = self.position(each)
                before = found[each.sink].get(position, each.answered)
                found[each.sink][position] = min(before, each.answered)
        return found


@cache
def _event(body: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(body)
    event["data"].pop("customer", None)  # as of the event's version, where that was asked for
    return event


def _genuine(joined: Joined) -> Finding:
    """What came is an event of the feed, as the tables have it, and was asked for."""
    for each in joined.told.deliveries:
        position, types = joined.position(each), joined.told.subscribers[each.sink].types
        if not position:
            yield f"{each.sink} got an event that was never: {each.id}"
        elif words_of(_event(each.body)) != row_words_of(position, joined.feed[position]):
            yield f"{each.sink} got something else at position {position}"
        elif types is not None and joined.feed[position]["type"] not in types:
            yield f"{each.sink} got position {position} unasked"


def _signed(joined: Joined) -> Finding:
    for each in joined.told.deliveries:
        subscriber = joined.told.subscribers[each.sink]
        content = f"{each.id}.{each.stamp}.{each.body}"
        if not _is_signed(subscriber.secret, subscriber.public_key, each.signature, content):
            yield f"{each.sink}: delivery {each.number} is not signed as it should"


@cache
def _is_signed(secret: str, public: str | None, signature: str, content: str) -> bool:
    """Whether every signature that was asked for holds."""
    signed = dict(part.split(",", 1) for part in signature.split(" "))
    if not hmac.compare_digest(signed["v1"], shared_signature(secret, content)):
        return False
    if public is None:
        return True
    key = Ed25519PublicKey.from_public_bytes(b64decode(public.removeprefix("whpk_")))
    try:
        key.verify(b64decode(signed["v1a"]), content.encode())
    except InvalidSignature:
        return False
    return True


def shared_signature(secret: str, content: str) -> str:
    """HMAC-SHA256 with the shared secret. Source: Standard Webhooks 1.0.0, written here anew."""
    key = b64decode(secret.removeprefix("whsec_"))
    return b64encode(hmac.digest(key, content.encode(), "sha256")).decode()


def _identical(joined: Joined) -> Finding:
    """An event that comes again is the same, byte by byte; and the same for all who see ids only."""
    first: dict[tuple[str, str], str] = {}
    for each in joined.told.deliveries:
        kind = each.sink if each.sink == "masked" else "ids"
        if first.setdefault((kind, each.id), each.body) != each.body:
            yield f"{each.sink} got event {each.id} in other words than before"


def _in_order(joined: Joined) -> Finding:
    """Nothing comes before everything earlier of its customers was accepted."""
    for name, deliveries in joined.of_sink.items():
        before = _before(joined, joined.told.subscribers[name])
        accepted = joined.accepted[name]
        for each in deliveries:
            for earlier in before.get(joined.position(each), ()):
                if accepted.get(earlier, each.arrived) >= each.arrived:
                    yield f"{name} got position {joined.position(each)} before {earlier}"


def _before(joined: Joined, subscriber: Subscriber) -> dict[int, set[int]]:
    """Position → the last ones before it of each of its customers."""
    last: dict[str, int] = {}
    found: dict[int, set[int]] = defaultdict(set)
    for position in joined.wanted(subscriber):
        for lane in joined.lanes(position):
            if lane in last:
                found[position].add(last[lane])
            last[lane] = position
    return found


def _reached(joined: Joined) -> Finding:
    """The healthy have everything; the others have it, or it still stands where it will be sent from."""
    cursors = {row["id"]: row["position"] for row in joined.tables["subscription"]}
    apart = {(row["subscription_id"], row["position"]) for row in joined.tables["delivery"]}
    for name, subscriber in joined.told.subscribers.items():
        if subscriber.id not in cursors:
            continue
        missing = [p for p in joined.wanted(subscriber) if p not in joined.accepted[name]]
        if name not in HEALTHY:
            cursor = cursors[subscriber.id]
            missing = [p for p in missing if p <= cursor and (subscriber.id, p) not in apart]
        if missing:
            yield f"{name} lacks {len(missing)} events, the first at {missing[0]}"


def _left_alone(joined: Joined) -> Finding:
    for quiet in joined.told.quiet:
        for each in joined.of_sink[quiet.name]:
            is_then = quiet.until is None or each.at < quiet.until
            if is_then and joined.position(each) > quiet.after:
                yield f"{quiet.name} was to be left alone and got position {joined.position(each)}"


def _standing(joined: Joined) -> Finding:
    """A bad endpoint changes nothing for the good ones: for them nothing waits."""
    rows = {row["id"]: row for row in joined.tables["subscription"]}
    waiting = {row["subscription_id"] for row in joined.tables["delivery"]}
    for name, subscriber in joined.told.subscribers.items():
        row = rows.get(subscriber.id)
        expected = {"gone": "disabled", "leaving": None}.get(name, "active")
        if (row and row["status"]) != expected:
            yield f"{name} is not {expected or 'deleted'}"
        if name in HEALTHY and subscriber.id in waiting:
            yield f"events still wait for {name}"


def _streamed(joined: Joined) -> Finding:
    """Whoever follows the stream has every event once, in order, however often the connection was cut."""
    positions = [event["position"] for event in joined.told.stream]
    if positions != sorted(joined.feed):
        yield f"the stream told {len(positions)} of {len(joined.feed)} events, or not in order"
    for event in joined.told.stream:
        position = event["position"]
        row = joined.feed.get(position)
        if row is None or words_of(event) != row_words_of(position, row):
            yield f"the stream told something else at position {position}"
