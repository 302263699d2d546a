"""Joins the calls, the subscriber's events and the tables of a run, and says what does not fit.

A promise by itself each: nothing acknowledged is lost, every acknowledged change has its events, no event is without
its change, a customer's events are in order and whole, positions have no gap, a repeated call took effect once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.invariants import Copy
from tests.torture.record import Call, Record

_MERGED = "ecif.customer.merged.v1"
_UNMERGED = "ecif.customer.unmerged.v1"


def findings(record: Record) -> list[str]:
    """Everything that is wrong with a run; an empty list is what was promised."""
    checks = (
        _positions,
        _what_was_read,
        _sequences,
        _versions,
        _registered,
        _took_effect_once,
        _merged,
        _redirects,
        _replayed,
    )
    return [finding for check in checks for finding in check(record)]


def _positions(record: Record) -> Iterator[str]:
    for place, row in enumerate(record.tables["feed"], start=1):
        if row["position"] != place:
            yield f"the feed has position {row['position']} at place {place}"
            return
    numbered = Counter(row["outbox_id"] for row in record.tables["feed"])
    for row in record.tables["outbox"]:
        if numbered.pop(row["id"], 0) != 1:
            yield f"event {row['id']} has not exactly one position"
    if numbered:
        yield f"positions without events: {sorted(numbered)[:5]}"


def _what_was_read(record: Record) -> Iterator[str]:
    """The subscriber read what the tables hold, in their order, each at least once."""
    outbox = {row["id"]: row for row in record.tables["outbox"]}
    held = [
        (row["position"], outbox[row["outbox_id"]])
        for row in record.tables["feed"]
        if row["outbox_id"] in outbox
    ]
    reached = 0
    for event in record.events:
        place = event["position"] - 1
        if place > reached:
            yield f"the subscriber got position {event['position']} after {reached}"
        if place >= len(held) or words_of(event) != row_words_of(*held[place]):
            yield f"the subscriber got something else at position {event['position']}"
            return
        reached = max(reached, event["position"])
    if reached != len(held):
        yield f"the subscriber got {reached} of {len(held)} events"


def words_of(event: dict[str, Any]) -> tuple[Any, ...]:
    """What an event says, as far as the tables know it."""
    sequence = int(event["sequence"]) if "sequence" in event else None
    return (
        event["position"],
        event["id"],
        event["type"],
        event.get("subject"),
        sequence,
        event["data"],
    )


def row_words_of(position: int, row: dict[str, Any]) -> tuple[Any, ...]:
    """What the tables say of the event at a position."""
    return position, row["event_id"], row["type"], row["subject"], row["sequence"], row["data"]


def _sequences(record: Record) -> Iterator[str]:
    last: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    for event in record.events:
        if event["id"] in seen or "sequence" not in event:
            continue
        seen.add(event["id"])
        number, sequence = event["subject"], int(event["sequence"])
        if sequence != last[number] + 1:
            yield f"{number}: event {sequence} came after {last[number]}"
        last[number] = sequence


def _versions(record: Record) -> Iterator[str]:
    """Every version of every customer is told, and none that is not there."""
    told: dict[str, set[int]] = defaultdict(set)
    for event in record.events:
        if "sequence" in event:
            told[event["subject"]].add(event["data"]["version"])
    kept: dict[str, set[int]] = defaultdict(set)
    for row in record.tables["customer_version"]:
        kept[row["customer_no"]].add(row["version"])
    for row in record.tables["customer"]:
        number, version = row["customer_no"], row["version"]
        if kept[number] != set(range(1, version)):
            yield f"{number}: version {version} follows {sorted(kept[number])}"
        if told.pop(number, set()) != set(range(1, version + 1)):
            yield f"{number}: its events do not tell its {version} versions"
    if told:
        yield f"events of customers that are not there: {sorted(told)[:5]}"


def _registered(record: Record) -> Iterator[str]:
    records = {
        (row["source_system"], row["source_key"]): row for row in record.tables["source_record"]
    }
    told = {
        (event["subject"], event["data"]["version"])
        for event in record.events
        if "sequence" in event
    }
    linked = {
        event["data"]["record_id"]
        for event in record.events
        if event["type"] == "ecif.record.linked.v1"
    }
    for call in _acknowledged(record, "register"):
        wish, answer = call.wish, call.answer
        stored = records.get((wish["system"], wish["key"]))
        if stored is None:
            yield f"call {call.number}: its record is lost"
            continue
        if stored["source_version"] < wish["version"] and answer["outcome"] != "unchanged":
            yield f"call {call.number}: its update is lost"
        if stored["record_id"] not in linked:
            yield f"call {call.number}: its record was never told"
        if (answer["customer_no"], answer["version"]) not in told:
            yield f"call {call.number}: the version it was answered was never told"


def _took_effect_once(record: Record) -> Iterator[str]:
    sent: Counter[tuple[str, str]] = Counter()
    done: Counter[tuple[str, str]] = Counter()
    for call in record.calls:
        if call.kind == "register":
            place = (call.wish["system"], call.wish["key"])
            sent[place] += 1
            done[place] += call.is_acknowledged and call.answer["outcome"] != "unchanged"
    for row in record.tables["source_record"]:
        place = (row["source_system"], row["source_key"])
        if not done[place] <= row["version"] <= sent[place]:
            yield f"{place}: {row['version']} versions of {sent[place]} calls, {done[place]} acknowledged"
    merges = sum(row["method"] == "person" for row in record.tables["merge"])
    wished = sum(call.kind == "merge" for call in record.calls)
    if not len(_acknowledged(record, "merge")) <= merges <= wished:
        yield f"{merges} merges of {wished} calls"


def _merged(record: Record) -> Iterator[str]:
    """Every merge is told by both who took part, and so is its end."""
    rows = {row["merge_id"]: row for row in record.tables["merge"]}
    told = {event["id"]: event for event in record.events if event["type"] in (_MERGED, _UNMERGED)}
    times = Counter((event["data"]["merge_id"], event["type"]) for event in told.values())
    for merge_id, row in rows.items():
        if times[merge_id, _MERGED] != 2 or times[merge_id, _UNMERGED] != 2 * row["undone"]:
            yield f"merge {merge_id} was not told, or not undone, by both"
    if unknown := {merge_id for merge_id, _ in times} - rows.keys():
        yield f"events of merges that are not there: {sorted(unknown)[:5]}"
    for call in _acknowledged(record, "merge") + _acknowledged(record, "unmerge"):
        found = rows.get(call.answer["merge_id"])
        if found is None or (call.kind == "unmerge" and not found["undone"]):
            yield f"call {call.number}: its {call.kind} is lost"


def _redirects(record: Record) -> Iterator[str]:
    customers = {row["customer_no"]: row for row in record.tables["customer"]}
    for row in customers.values():
        target = row["merged_into"]
        if target is not None and customers[target]["status"] == "merged":
            yield f"{row['customer_no']} does not lead to a customer in one hop"
    for call in _acknowledged(record, "register"):
        if call.answer["customer_no"] not in customers:
            yield f"call {call.number}: the number it was answered is not there"


def _replayed(record: Record) -> Iterator[str]:
    """Whoever replays the events knows whose each record is and how each customer stands."""
    copy = Copy()
    for event in record.events:
        copy.apply(event["type"], event["data"])
    for row in record.tables["customer"]:
        if copy.status.get(row["customer_no"]) != row["status"]:
            yield f"{row['customer_no']} is {row['status']}, its events say otherwise"
    for row in record.tables["source_record"]:
        if copy.home.get(row["record_id"]) != row["customer_no"]:
            yield f"record {row['record_id']} is {row['customer_no']}'s, its events say otherwise"
    if unknown := copy.home.keys() - {row["record_id"] for row in record.tables["source_record"]}:
        yield f"events of records that are not there: {sorted(unknown)[:5]}"


def _acknowledged(record: Record, kind: str) -> list[Call]:
    return [call for call in record.calls if call.kind == kind and call.is_acknowledged]
