"""Ways to spoil what the receivers noted: a checker that believes one of them is worth nothing."""

import json
from collections import Counter
from itertools import pairwise
from random import Random

from tests.torture.delivered import shared_signature
from tests.torture.deliveries import Delivery, Quiet
from tests.torture.lies import Lie
from tests.torture.record import Record

_NOBODY = "00000000-0000-0000-0000-000000000000"


def lose_a_delivery(record: Record, chance: Random) -> None:
    """All deliveries of one event to one receiver."""
    lost = _any(record, chance)
    _drop(record, lost.sink, lost.id)


def lose_the_last_delivery(record: Record, chance: Random) -> None:
    name = chance.choice(("good", "slow", "resting"))
    last = max(_of(record, name), key=lambda each: each.arrived)
    _drop(record, name, last.id)


def lose_what_was_refused(record: Record, chance: Random) -> None:
    """Whoever refused an event never gets it again."""
    refused = [each for each in record.told.deliveries if each.status == 500]
    lost = chance.choice(refused)
    for each in record.told.deliveries:
        if (each.sink, each.id) == (lost.sink, lost.id):
            each.status = 500


def forget_what_is_owed(record: Record, chance: Random) -> None:
    """The cursor of somebody who takes nothing moves past everything."""
    hole = record.told.subscribers["hole"].id
    for row in record.tables["subscription"]:
        if row["id"] == hole:
            row["position"] = len(record.tables["feed"])
    rows = record.tables["delivery"]
    kept = [row for row in rows if row["subscription_id"] != hole]
    record.tables["delivery"] = kept


def exchange_two_of_a_customer(record: Record, chance: Random) -> None:
    """Two events of one customer come to one receiver in the other order."""
    one, other = _pair(record, chance)
    one.arrived, other.arrived = other.arrived, one.arrived
    one.answered, other.answered = other.answered, one.answered


def send_on_before_the_answer(record: Record, chance: Random) -> None:
    """The next event of a customer is sent while the former is still on its way."""
    one, other = _pair(record, chance)
    one.answered = other.arrived + 1


def tell_a_merge_too_early(record: Record, chance: Random) -> None:
    """A merge comes before an event of somebody who took part, though not of its own customer."""
    first = [(json.loads(each.body), each) for each in _firsts(record, "good")]
    for event, merge in chance.sample(first, len(first)):
        others = set(event["data"].get("participants", ())) - {event.get("subject")}
        earlier = [
            each
            for told, each in first
            if told.get("subject") in others and told["position"] < event["position"]
        ]
        if earlier:
            merge.arrived = chance.choice(earlier).arrived - 1
            return


def change_a_body(record: Record, chance: Random) -> None:
    told = _any(record, chance)
    event = json.loads(told.body)
    event["data"]["changed_fields"] = ["none"]
    say(record, told, json.dumps(event))


def change_a_signature(record: Record, chance: Random) -> None:
    told = _any(record, chance)
    others = [each for each in record.told.deliveries if each.signature != told.signature]
    told.signature = chance.choice(others).signature


def double_with_another_body(record: Record, chance: Random) -> None:
    """A redelivery says the same in other bytes."""
    told = _again(record, _any(record, chance))
    say(record, told, json.dumps(json.loads(told.body), indent=1))


def double_under_another_id(record: Record, chance: Random) -> None:
    told = _again(record, _any(record, chance))
    told.id = _NOBODY
    say(record, told, told.body)


def invent_an_event(record: Record, chance: Random) -> None:
    told = _again(record, _any(record, chance))
    told.id = _NOBODY
    say(record, told, json.dumps(json.loads(told.body) | {"id": _NOBODY}))


def send_what_was_not_asked_for(record: Record, chance: Random) -> None:
    other = [each for each in _of(record, "good") if "merged.v1" not in each.body]
    told = _again(record, chance.choice(other))
    told.sink = "merges"
    say(record, told, told.body)


def tell_somebody_who_left(record: Record, chance: Random) -> None:
    quiet = next(each for each in record.told.quiet if each.name == "leaving")
    _send_past(record, quiet, chance)


def tell_somebody_who_rests(record: Record, chance: Random) -> None:
    quiet = next(each for each in record.told.quiet if each.name == "resting")
    told = _send_past(record, quiet, chance)
    told.at = (quiet.until or 0.0) - 0.1


def leave_a_subscription_standing(record: Record, chance: Random) -> None:
    """One that was told 410 goes on."""
    for row in record.tables["subscription"]:
        if row["id"] == record.told.subscribers["gone"].id:
            row["status"] = "active"


def leave_somebody_waiting(record: Record, chance: Random) -> None:
    good = record.told.subscribers["good"].id
    row = {"subscription_id": good, "position": chance.randrange(1, len(record.tables["feed"]))}
    record.tables["delivery"].append(row)


def leave_a_hole_in_the_stream(record: Record, chance: Random) -> None:
    del record.told.stream[chance.randrange(len(record.told.stream))]


def tell_twice_in_the_stream(record: Record, chance: Random) -> None:
    place = chance.randrange(len(record.told.stream))
    record.told.stream.insert(place, record.told.stream[place])


def exchange_two_in_the_stream(record: Record, chance: Random) -> None:
    stream, place = record.told.stream, chance.randrange(len(record.told.stream) - 1)
    stream[place], stream[place + 1] = stream[place + 1], stream[place]


def _any(record: Record, chance: Random) -> Delivery:
    return chance.choice(_of(record, chance.choice(("good", "far", "slow", "resting"))))


def _of(record: Record, name: str) -> list[Delivery]:
    return [each for each in record.told.deliveries if each.sink == name]


def _firsts(record: Record, name: str) -> list[Delivery]:
    first: dict[str, Delivery] = {}
    for each in sorted(_of(record, name), key=lambda each: each.arrived):
        first.setdefault(each.id, each)
    return list(first.values())


def _pair(record: Record, chance: Random) -> tuple[Delivery, Delivery]:
    """Two events of one customer, one right after the other, that came once each."""
    came = _of(record, "good")
    times = Counter(each.id for each in came)
    once = [each for each in came if times[each.id] == 1]
    customers: dict[str, list[tuple[int, Delivery]]] = {}
    for each in once:
        event = json.loads(each.body)
        if "sequence" in event:
            customers.setdefault(event["subject"], []).append((int(event["sequence"]), each))
    pairs = [
        (one, other)
        for own in customers.values()
        for (number, one), (following, other) in pairwise(own)
        if following == number + 1
    ]
    return chance.choice(pairs)


def _drop(record: Record, name: str, event_id: str) -> None:
    kept = [each for each in record.told.deliveries if (each.sink, each.id) != (name, event_id)]
    record.told.deliveries[:] = kept


def _again(record: Record, told: Delivery) -> Delivery:
    last = max(each.answered or each.arrived for each in record.told.deliveries)
    double = Delivery(
        len(record.told.deliveries) + 1_000_000,
        told.sink,
        last + 1,
        told.line,
        told.at + 1_000,
        told.id,
        told.stamp,
        told.signature,
        told.body,
        last + 2,
        200,
    )
    record.told.deliveries.append(double)
    return double


def _send_past(record: Record, quiet: Quiet, chance: Random) -> Delivery:
    later = [
        each for each in _of(record, "good") if json.loads(each.body)["position"] > quiet.after
    ]
    told = _again(record, chance.choice(later))
    told.sink = quiet.name
    say(record, told, told.body)
    return told


def say(record: Record, told: Delivery, body: str) -> None:
    """Give a delivery a body, well signed: a relay that errs signs its errors."""
    secret = record.told.subscribers[told.sink].secret
    told.body = body
    told.signature = "v1," + shared_signature(secret, f"{told.id}.{told.stamp}.{body}")


DELIVERY_LIES: tuple[Lie, ...] = (
    lose_a_delivery,
    lose_the_last_delivery,
    lose_what_was_refused,
    forget_what_is_owed,
    exchange_two_of_a_customer,
    send_on_before_the_answer,
    tell_a_merge_too_early,
    change_a_body,
    change_a_signature,
    double_with_another_body,
    double_under_another_id,
    invent_an_event,
    send_what_was_not_asked_for,
    tell_somebody_who_left,
    tell_somebody_who_rests,
    leave_a_subscription_standing,
    leave_somebody_waiting,
    leave_a_hole_in_the_stream,
    tell_twice_in_the_stream,
    exchange_two_in_the_stream,
)
