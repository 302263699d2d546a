"""From events of the feed to messages of one subscription: which it wants, and what each of them says."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from ecif import customers
from ecif.customers import CustomerState
from ecif.delivery.envelope import body_of
from ecif.delivery.lanes import Entry, lanes_of
from ecif.delivery.leases import Held
from ecif.delivery.sink import Message
from ecif.security import KeyDestroyed, SealBroken, Vault
from ecif.store import Connection, Database, Row, events_at

_KIND_OF_DIGIT: Final = {"1": "person", "2": "organisation"}


async def wanted_of(connection: Connection, held: Held, rows: Sequence[Row]) -> list[Row]:
    """The events that a subscription asked for; one that names kinds or source systems gets events of customers only.

    A customer is of a source system when it has, or has ever had, a record of it.
    """
    if held.kinds:
        rows = [row for row in rows if _kind_of(row["subject"]) in held.kinds]
    if held.source_systems:
        numbers = {row["subject"] for row in rows if row["subject"] is not None}
        known = await customers.known_to(
            connection, held.legal_entity, numbers, held.source_systems
        )
        rows = [row for row in rows if row["subject"] in known]
    return list(rows)


async def entries_of(
    connection: Connection, vault: Vault, held: Held, source: str, rows: Sequence[Row]
) -> list[Entry]:
    """Events ready to be sent, each in the lanes of its customers; one that cannot be written has no message."""
    contents = await _contents_of(connection, vault, held, rows)
    return [
        Entry(
            row["position"],
            _lanes(row),
            str(row["event_id"]),
            row["type"],
            _message_of(row, source, contents.get(row["position"])),
        )
        for row in rows
    ]


async def message_at(database: Database, held: Held, source: str, position: int) -> Message | None:
    """An event that was set aside, read again: the same bytes as before; None when it cannot be written."""
    async with database.connection() as connection:
        rows = await events_at(connection, [position], legal_entity=held.legal_entity)
        entries = await entries_of(connection, database.vault, held, source, rows)
    return entries[0].message if entries else None


def _message_of(row: Row, source: str, content: Mapping[str, Any] | None) -> Message | None:
    """One event as it is sent; None when it cannot be written, so that it is set aside and stops nobody else."""
    try:
        body = body_of(row, source, content)
    except (TypeError, ValueError):
        return None
    return Message(str(row["event_id"]), row["position"], row["type"], row["subject"], body)


def _lanes(row: Row) -> tuple[str, ...]:
    if '"participants"' not in row["data"]:
        return lanes_of(row["subject"])
    return lanes_of(row["subject"], orjson.loads(row["data"])["participants"])


async def _contents_of(
    connection: Connection, vault: Vault, held: Held, rows: Sequence[Row]
) -> dict[int, dict[str, Any]]:
    """Position → the customer as of the event's version, as far as the subscription may see it."""
    if held.content == "ids":
        return {}
    places = {row["position"]: place for row in rows if (place := _version_of(row)) is not None}
    opened_by = vault if held.content == "full" else None
    try:
        states = await customers.states_at(
            connection, held.legal_entity, list(set(places.values())), clear_with=opened_by
        )
    except (KeyDestroyed, SealBroken):
        states = await _one_by_one(connection, vault, held, set(places.values()))
    return {
        position: _content_of(states[place])
        for position, place in places.items()
        if place in states
    }


async def _one_by_one(
    connection: Connection, vault: Vault, held: Held, places: set[tuple[str, int]]
) -> dict[tuple[str, int], CustomerState]:
    """Those that can be opened: of somebody whose key was destroyed, nothing is told any more but ids."""
    found: dict[tuple[str, int], CustomerState] = {}
    for place in places:
        try:
            found |= await customers.states_at(
                connection, held.legal_entity, [place], clear_with=vault
            )
        except (KeyDestroyed, SealBroken):
            continue
    return found


def _version_of(row: Row) -> tuple[str, int] | None:
    if row["subject"] is None:
        return None
    version = orjson.loads(row["data"]).get("version")
    return None if version is None else (row["subject"], version)


def _content_of(state: CustomerState) -> dict[str, Any]:
    return {
        "customer_no": state.customer_no,
        "kind": state.kind,
        "status": state.status,
        "version": state.version,
        "golden": orjson.Fragment(state.golden),
    }


def _kind_of(subject: str | None) -> str | None:
    return None if subject is None else _KIND_OF_DIGIT.get(subject[0])
