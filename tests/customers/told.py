"""What a reader of the events knows of customers and their records."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Told:
    """Customers with status and version, and the customer of each record."""

    customers: dict[str, tuple[str, int]] = field(default_factory=dict)
    records: dict[int, str] = field(default_factory=dict)


def replay(rows: list[dict[str, Any]]) -> Told:
    told = Told()
    last: dict[str, int] = {}
    for row in rows:
        number, data = row["subject"], json.loads(row["data"])
        assert row["sequence"] == last.get(number, 0) + 1
        last[number] = row["sequence"]
        status = told.customers.get(number, ("live", 0))[0]
        told.customers[number] = (data.get("status", status), data["version"])
        _replay_records(told, row["type"], number, data)
    return told


def _replay_records(told: Told, kind: str, number: str, data: dict[str, Any]) -> None:
    if kind == "ecif.record.linked.v1":
        told.records[int(data["record_id"])] = number
    elif kind == "ecif.record.unlinked.v1":
        told.records.pop(int(data["record_id"]), None)
    for record in data.get("moved", ()):
        home = data["survivor"] if kind == "ecif.customer.merged.v1" else data["absorbed"][0]
        told.records[int(record["record_id"])] = home
