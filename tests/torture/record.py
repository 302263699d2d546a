"""What a run leaves behind, and what a checker may look at: calls, events as read, tables, deliveries."""

import json
import os
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg

from tests.torture.deliveries import Told

_TABLES = {
    "outbox": "SELECT id, event_id::text AS event_id, type, subject, sequence, data FROM outbox ORDER BY id",
    "feed": "SELECT position, outbox_id FROM feed ORDER BY position",
    "customer": """
        SELECT c.customer_no, c.status, c.version, s.customer_no AS merged_into FROM customer c
        LEFT JOIN customer s ON s.id = c.merged_into_id""",
    "customer_version": """
        SELECT c.customer_no, v.version FROM customer_version v JOIN customer c ON c.id = v.customer_id""",
    "source_record": """
        SELECT r.id::text AS record_id, r.source_system, r.source_key, r.source_version, r.version, r.live,
               c.customer_no
        FROM source_record r JOIN customer c ON c.id = r.customer_id""",
    "merge": """
        SELECT m.id::text AS merge_id, s.customer_no AS survivor, a.customer_no AS absorbed,
               m.undone_at IS NOT NULL AS undone, m.method
        FROM merge m JOIN customer s ON s.id = m.survivor_id JOIN customer a ON a.id = m.absorbed_id""",
    "subscription": "SELECT id::text AS id, status, why, position FROM subscription",
    "delivery": "SELECT subscription_id::text AS subscription_id, position FROM delivery",
}


@dataclass
class Call:
    """One thing a caller wanted: how often it was sent, and the first answer, if any came."""

    number: int
    kind: str
    wish: dict[str, Any]
    sent: int = 0
    status: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def is_acknowledged(self) -> bool:
        """The caller was told that it is done."""
        return self.status is not None and self.status < 300


@dataclass
class Record:
    """Everything there is to judge a run by."""

    calls: list[Call] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    told: Told = field(default_factory=Told)


class Journal:
    """A file that survives the death of everybody: each line is on the disk before anything else happens."""

    def __init__(self, path: Path) -> None:
        """Begin an empty one."""
        self._file: BinaryIO = path.open("wb")

    def note(self, *lines: dict[str, Any]) -> None:
        """Write lines; they are on the disk when this returns."""
        self._file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def calls_in(path: Path) -> list[Call]:
    """The calls of a journal: each line is an intent or an answer, the first answer of a call counts."""
    calls: dict[int, Call] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        plain = json.loads(line)
        number = plain.pop("number")
        if "wish" in plain:
            call = calls.setdefault(number, Call(number, plain["kind"], plain["wish"]))
            call.sent += 1
        elif calls[number].status is None:
            calls[number].status, calls[number].answer = plain["status"], plain["answer"]
    return list(calls.values())


def events_in(path: Path) -> list[dict[str, Any]]:
    """The events of a journal, in the order in which the subscriber read them."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def tables_of(url: str) -> dict[str, list[dict[str, Any]]]:
    """The tables as they stand."""
    connection = await asyncpg.connect(url)
    try:
        tables = {name: await connection.fetch(sql) for name, sql in _TABLES.items()}
    finally:
        await connection.close()
    plain = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    for row in plain["outbox"]:
        row["data"] = json.loads(row["data"])
    return plain


def copied(record: Record) -> Record:
    """The same record, its calls, events and tables to be spoilt."""
    calls = [replace(call, wish={**call.wish}, answer={**call.answer}) for call in record.calls]
    events = json.loads(json.dumps(record.events))
    tables = {name: [dict(row) for row in rows] for name, rows in record.tables.items()}
    return Record(calls, events, tables, record.told)


def with_told_copied(record: Record) -> Record:
    """The same record, its deliveries and what the tables say of them to be spoilt."""
    told = replace(
        record.told,
        deliveries=[copy(each) for each in record.told.deliveries],
        stream=list(record.told.stream),
        quiet=[copy(each) for each in record.told.quiet],
    )
    spoilt = ("subscription", "delivery")
    own = {name: [dict(row) for row in record.tables[name]] for name in spoilt}
    return Record(record.calls, record.events, record.tables | own, told)
