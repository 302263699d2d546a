"""One event as every reader gets it: a CloudEvent in structured JSON."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

_SCHEMAS: Final = "urn:ecif:schema:"


def event_of(
    row: Mapping[str, Any], source: str, content: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A CloudEvent, ready for orjson.

    Args:
        row: One event of the feed, as it is read from there.
        source: The name of this installation.
        content: The customer as of the event's version, for subscribers who may have more than ids; it stands
            beside the ids as `customer`.

    Source: CloudEvents 1.0.2, JSON event format; the sequence and partitioning extensions.
    """
    data: Any = orjson.Fragment(row["data"])
    if content is not None:
        data = {**orjson.loads(row["data"]), "customer": content}
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": source,
        "type": row["type"],
        "time": row["time"],
        "position": row["position"],
        "dataschema": f"{_SCHEMAS}{row['type']}",
        "datacontenttype": "application/json",
        "data": data,
    }
    if row["subject"] is not None:
        event |= {"subject": row["subject"], "partitionkey": row["subject"]}
    if row["sequence"] is not None:
        event["sequence"] = f"{row['sequence']:019d}"
    return event


def body_of(row: Mapping[str, Any], source: str, content: Mapping[str, Any] | None = None) -> bytes:
    """The CloudEvent as the bytes that are sent, the same for the same event every time."""
    return orjson.dumps(event_of(row, source, content), option=orjson.OPT_UTC_Z)
