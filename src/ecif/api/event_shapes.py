"""What each event says, as JSON Schema: found by asking the event classes themselves."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from ecif.events import Event, RecordRef

_NUMBER: Final = {"type": "string", "pattern": "^[12][0-9]{10}$", "examples": ["10000000017"]}
_SEQUENCE: Final = {"type": "string", "pattern": "^[0-9]{19}$"}
_NAMED: Final[dict[str, dict[str, Any]]] = {
    "customer_no": _NUMBER,
    "survivor": _NUMBER,
    "absorbed": {"type": "array", "items": _NUMBER},
    "customers": {"type": "array", "items": _NUMBER},
    "participants": {
        "type": "object",
        "description": "Each customer of this merge, with the last sequence it reached in it.",
        "propertyNames": _NUMBER,
        "additionalProperties": _SEQUENCE,
    },
    "kind": {"type": "string", "enum": ["person", "organisation"]},
    "status": {"type": "string", "enum": ["live", "closed", "merged"]},
    "version": {"type": "integer", "minimum": 1},
    "record_id": {"type": "string", "pattern": "^[0-9]+$"},
    "changed_fields": {
        "type": "array",
        "description": "Names of fields, never their values.",
        "items": {"type": "string"},
    },
}
"""Members that mean the same in every event."""
_CONTENT: Final = {
    "type": "object",
    "description": "The customer as of this version, for a subscription that asks for more than ids.",
}
_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PLAIN: Final[dict[type, Any]] = {str: "words", int: 1, datetime: _MOMENT}
_JSON_TYPES: Final[dict[type, str]] = {str: "string", int: "integer", bool: "boolean"}


def event_types() -> list[type[Event]]:
    """Every event that can happen, by its type."""
    return sorted(_concrete(Event), key=lambda event: event.type)


def shape_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of what an event says: that of `data` in its CloudEvent."""
    full, scant = _sample(event, is_scant=False).data(), _sample(event, is_scant=True).data()
    shape = _object(full, scant)
    if "customer_no" in full:
        shape["properties"]["customer"] = _CONTENT
    return {**shape, "description": (event.__doc__ or "").split("\n")[0]}


def _concrete(event: type[Event]) -> Iterator[type[Event]]:
    if "type" in vars(event):
        yield event
    for each in event.__subclasses__():
        yield from _concrete(each)


def _sample(kind: Any, *, is_scant: bool) -> Any:
    """An instance of an event or of what it holds; a scant one lacks everything that may be missing."""
    hints = get_type_hints(kind)
    said = {each.name: _value(hints[each.name], is_scant=is_scant) for each in fields(kind)}
    return kind(**said)


def _value(hint: Any, *, is_scant: bool) -> Any:
    if get_origin(hint) is UnionType:
        [inner] = [each for each in get_args(hint) if each is not type(None)]
        return None if is_scant else _value(inner, is_scant=is_scant)
    if get_origin(hint) is tuple:
        return (_value(get_args(hint)[0], is_scant=is_scant),)
    return _sample(hint, is_scant=is_scant) if hint is RecordRef else _PLAIN[hint]


def _object(full: dict[str, Any], scant: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(scant),
        "properties": {
            name: _NAMED.get(name) or _schema(value, scant.get(name, value))
            for name, value in full.items()
        },
        "additionalProperties": False,
    }


def _schema(full: Any, scant: Any) -> dict[str, Any]:
    if isinstance(full, dict):
        return _object(full, scant)
    if isinstance(full, list):
        return {"type": "array", "items": _schema(full[0], scant[0])}
    name = _JSON_TYPES[type(full)]
    return {"type": [name, "null"] if scant is None else name}
