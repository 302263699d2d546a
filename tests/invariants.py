"""What must hold after any sequence of calls, read from the tables and the feed alone.

Nothing of the product decides here: the questions are plain SQL, and events are replayed by a reader of its own, as
a subscriber who has nothing but the documents would write one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_NONE_MAY_BE_FOUND = {
    "a live record sits on a customer that is not live": """
        SELECT r.id FROM source_record r LEFT JOIN customer c ON c.id = r.customer_id
        WHERE r.live AND c.live IS NOT TRUE""",
    "a live customer has no live record": """
        SELECT c.customer_no FROM customer c
        WHERE c.live AND NOT EXISTS (SELECT FROM source_record r WHERE r.customer_id = c.id AND r.live)""",
    "a merged customer still has records": """
        SELECT c.customer_no FROM customer c
        WHERE c.status = 'merged' AND EXISTS (SELECT FROM source_record r WHERE r.customer_id = c.id)""",
    "a record has not exactly one open link, to its customer": """
        SELECT r.id FROM source_record r LEFT JOIN link l ON l.record_id = r.id AND l.until IS NULL
        GROUP BY r.id HAVING count(l.id) <> 1 OR min(l.customer_id) <> min(r.customer_id)""",
    "a redirect needs more than one hop": """
        SELECT c.customer_no FROM customer c LEFT JOIN customer s ON s.id = c.merged_into_id
        WHERE c.status = 'merged' AND (s.id IS NULL OR s.status = 'merged')""",
    "a customer is merged without a standing merge, or stands in spite of one": """
        SELECT c.customer_no FROM customer c
        WHERE (c.status = 'merged') <> EXISTS (
            SELECT FROM merge m WHERE m.absorbed_id = c.id AND m.undone_at IS NULL)""",
    "a redirect does not lead where its merges lead": """
        WITH RECURSIVE led AS (
            SELECT absorbed_id AS start, survivor_id AS here FROM merge WHERE undone_at IS NULL
            UNION SELECT l.start, m.survivor_id FROM led l
            JOIN merge m ON m.absorbed_id = l.here AND m.undone_at IS NULL)
        SELECT c.customer_no FROM led l JOIN customer c ON c.id = l.start
        WHERE NOT EXISTS (SELECT FROM merge m WHERE m.absorbed_id = l.here AND m.undone_at IS NULL)
          AND c.merged_into_id IS DISTINCT FROM l.here""",
    "the versions of a customer have a hole": """
        SELECT c.customer_no FROM customer c LEFT JOIN customer_version v ON v.customer_id = c.id
        GROUP BY c.id HAVING count(v.version) <> c.version - 1 OR max(v.version) >= c.version OR min(v.version) <> 1""",
    "the versions of a customer do not follow each other in time": """
        SELECT c.customer_no FROM customer_version v JOIN customer c ON c.id = v.customer_id
        LEFT JOIN customer_version n ON n.customer_id = v.customer_id AND n.version = v.version + 1
        WHERE v.valid_until <> coalesce(n.valid_from, c.changed_at) OR v.valid_from >= v.valid_until""",
    "the events of a customer have a hole": """
        SELECT o.subject FROM outbox o JOIN event_subject s USING (subject)
        GROUP BY o.subject, s.last_sequence
        HAVING count(*) <> s.last_sequence OR min(o.sequence) <> 1 OR max(o.sequence) <> s.last_sequence""",
    "an event has no position, or several": """
        SELECT o.id FROM outbox o LEFT JOIN feed f ON f.outbox_id = o.id GROUP BY o.id HAVING count(f.position) <> 1""",
    "positions have a gap": """
        SELECT s.position FROM sequencer s
        WHERE (SELECT count(*) FROM feed) <> s.position OR (SELECT coalesce(max(position), 0) FROM feed) <> s.position
           OR (SELECT coalesce(min(position), 1) FROM feed) <> 1""",
    "events of a customer have positions in another order than their numbers": """
        SELECT subject FROM (
            SELECT o.subject, o.sequence, lag(o.sequence) OVER (PARTITION BY o.subject ORDER BY f.position) AS former
            FROM feed f JOIN outbox o ON o.id = f.outbox_id WHERE o.subject IS NOT NULL) AS told
        WHERE sequence <> coalesce(former, 0) + 1""",
    "two live records of one customer are kept apart": """
        SELECT a.id FROM anti_link a
        JOIN source_record x ON x.id = ANY (a.left_records) JOIN source_record y ON y.id = ANY (a.right_records)
        WHERE a.until IS NULL AND x.customer_id = y.customer_id AND x.live AND y.live""",
}


@dataclass
class Copy:
    """What a subscriber knows who has read every event: whose each record is, every status and version."""

    status: dict[str, str] = field(default_factory=dict)
    version: dict[str, int] = field(default_factory=dict)
    told: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    home: dict[str, str] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)

    def apply(self, kind: str, data: dict[str, Any]) -> None:
        """Take one event in."""
        number = data.get("customer_no")
        if number is None:
            return
        self.version[number] = data["version"]
        self.told[number].add(data["version"])
        self.status[number] = data.get("status", self.status.get(number, ""))
        if kind == "ecif.record.linked.v1":
            self.home[data["record_id"]] = number
            self.live.add(data["record_id"])
        elif kind == "ecif.record.unlinked.v1":
            self.live.discard(data["record_id"])
        elif kind in ("ecif.customer.merged.v1", "ecif.customer.unmerged.v1"):
            merged = kind == "ecif.customer.merged.v1"
            for record in data["moved"]:
                self.home[record["record_id"]] = data["survivor"] if merged else data["absorbed"][0]


async def faults(connection: Any, *, at_most: int = 5) -> list[str]:
    """Every broken invariant with some ids that break it; the feed is read to its end before.

    Args:
        connection: A bare connection to the tables, with all events numbered.
        at_most: How many ids to name.
    """
    found = []
    for what, question in _NONE_MAY_BE_FOUND.items():
        rows = await connection.fetch(question)
        if rows:
            found.append(f"{what}: {[str(row[0]) for row in rows[:at_most]]} of {len(rows)}")
    copy = Copy()
    for row in await connection.fetch(
        "SELECT o.type, o.data FROM feed f JOIN outbox o ON o.id = f.outbox_id ORDER BY f.position"
    ):
        copy.apply(row["type"], json.loads(row["data"]))
    return found + (await _differences(connection, copy))[: at_most * 4]


async def _differences(connection: Any, copy: Copy) -> list[str]:
    """Where a copy built from events differs from the tables."""
    rows = await connection.fetch("SELECT customer_no, status, version FROM customer")
    found = [fault for row in rows for fault in _customer_faults(copy, row)]
    if unknown := copy.status.keys() - {row["customer_no"] for row in rows}:
        found.append(f"events of customers that are not there: {_short(unknown)}")
    records = await connection.fetch(
        "SELECT r.id::text AS id, r.live, c.customer_no FROM source_record r JOIN customer c ON c.id = r.customer_id"
    )
    found += [fault for row in records for fault in _record_faults(copy, row)]
    if unknown := copy.home.keys() - {row["id"] for row in records}:
        found.append(f"events of records that are not there: {_short(unknown)}")
    return found


def _customer_faults(copy: Copy, row: Any) -> Iterator[str]:
    number, status, version = row
    if copy.status.get(number) != status:
        yield f"{number} is {status}, its events say {copy.status.get(number)}"
    if copy.told[number] != set(range(1, version + 1)):
        yield f"{number} has {version} versions, its events tell {_short(copy.told[number])}"
    if copy.version.get(number) != version:
        yield f"{number} ends at version {version}, its events at {copy.version.get(number)}"


def _record_faults(copy: Copy, row: Any) -> Iterator[str]:
    record, live, number = row
    if copy.home.get(record) != number:
        yield f"record {record} is {number}'s, its events say {copy.home.get(record)}"
    if (record in copy.live) is not (live is True):
        yield f"record {record} is live: {live}, its events say otherwise"


def _short(values: Iterable[Any]) -> list[Any]:
    return sorted(values)[:10]
