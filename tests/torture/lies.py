"""Ways to spoil an honest record: a checker that believes one of them is worth nothing."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.torture.record import Record

Lie = Callable[[Record, Random], None]


def lose_an_event_on_its_way(record: Record, chance: Random) -> None:
    del record.events[chance.randrange(len(record.events))]


def lose_the_last_event(record: Record, chance: Random) -> None:
    record.events.pop()


def exchange_two_events(record: Record, chance: Random) -> None:
    place = chance.randrange(len(record.events) - 1)
    events = record.events
    events[place], events[place + 1] = events[place + 1], events[place]


def never_number_an_event(record: Record, chance: Random) -> None:
    """As a reader that goes by ids does: everything after it moves up."""
    place = chance.randrange(len(record.tables["feed"]))
    del record.tables["feed"][place], record.events[place]
    for moved in (*record.tables["feed"][place:], *record.events[place:]):
        moved["position"] -= 1


def leave_a_gap(record: Record, chance: Random) -> None:
    for row in record.tables["feed"][chance.randrange(len(record.tables["feed"])) :]:
        row["position"] += 1


def number_an_event_twice(record: Record, chance: Random) -> None:
    rows = record.tables["feed"]
    rows.append({"position": len(rows) + 1, "outbox_id": chance.choice(rows)["outbox_id"]})


def announce_what_never_was(record: Record, chance: Random) -> None:
    """An event without a change, everywhere alike: in the outbox, the feed and the subscriber's copy."""
    told = chance.choice([event for event in record.events if "sequence" in event])
    number = told["subject"]
    own = [row for row in record.tables["outbox"] if row["subject"] == number]
    data = {"customer_no": number, "version": 1_000_000, "changed_fields": []}
    row: dict[str, Any] = {
        "id": record.tables["outbox"][-1]["id"] + 1,
        "event_id": "none",
        "type": "ecif.customer.updated.v1",
        "subject": number,
        "sequence": len(own) + 1,
        "data": data,
    }
    position = len(record.tables["feed"]) + 1
    record.tables["outbox"].append(row)
    record.tables["feed"].append({"position": position, "outbox_id": row["id"]})
    event = {"id": "none", "type": row["type"], "subject": number, "position": position}
    record.events.append(event | {"sequence": f"{row['sequence']:019d}", "data": data})


def keep_a_change_to_oneself(record: Record, chance: Random) -> None:
    """A new version of a customer without an event."""
    row = chance.choice(record.tables["customer"])
    record.tables["customer_version"].append(
        {"customer_no": row["customer_no"], "version": row["version"]}
    )
    row["version"] += 1


def lose_an_acknowledged_record(record: Record, chance: Random) -> None:
    del record.tables["source_record"][chance.randrange(len(record.tables["source_record"]))]


def lose_an_acknowledged_update(record: Record, chance: Random) -> None:
    done = [c for c in record.calls if c.kind == "register" and c.is_acknowledged]
    call = chance.choice([c for c in done if c.answer["outcome"] != "unchanged"])
    for row in record.tables["source_record"]:
        if (row["source_system"], row["source_key"]) == (call.wish["system"], call.wish["key"]):
            row["source_version"] = call.wish["version"] - 1


def lose_an_acknowledged_merge(record: Record, chance: Random) -> None:
    done = [c.answer["merge_id"] for c in record.calls if c.kind == "merge" and c.is_acknowledged]
    lost = chance.choice(done)
    record.tables["merge"] = [m for m in record.tables["merge"] if m["merge_id"] != lost]


def take_effect_twice(record: Record, chance: Random) -> None:
    row = chance.choice(record.tables["source_record"])
    row["version"] += sum(call.kind == "register" for call in record.calls)


def move_a_record_in_silence(record: Record, chance: Random) -> None:
    row = chance.choice(record.tables["source_record"])
    others = [c["customer_no"] for c in record.tables["customer"]]
    row["customer_no"] = chance.choice([no for no in others if no != row["customer_no"]])


def restart_a_sequence(record: Record, chance: Random) -> None:
    told = [event for event in record.events if int(event.get("sequence", "0")) > 1]
    chance.choice(told)["sequence"] = f"{1:019d}"


def lead_in_two_hops(record: Record, chance: Random) -> None:
    merged = [row for row in record.tables["customer"] if row["status"] == "merged"]
    row, other = chance.sample(merged, 2)
    row["merged_into"] = other["customer_no"]


LIES: tuple[Lie, ...] = (
    lose_an_event_on_its_way,
    lose_the_last_event,
    exchange_two_events,
    never_number_an_event,
    leave_a_gap,
    number_an_event_twice,
    announce_what_never_was,
    keep_a_change_to_oneself,
    lose_an_acknowledged_record,
    lose_an_acknowledged_update,
    lose_an_acknowledged_merge,
    take_effect_twice,
    move_a_record_in_silence,
    restart_a_sequence,
    lead_in_two_hops,
)
