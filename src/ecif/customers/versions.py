"""Which versions customers have had, and which customers have changed: what the events must agree with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ecif.store import Connection, Row, Statement, Work

_VERSIONS = Statement(
    text("""
    SELECT c.customer_no, c.legal_entity, v.version, v.since
    FROM customer c
    CROSS JOIN LATERAL (
        SELECT c.version, c.changed_at AS since
        UNION ALL
        SELECT version, valid_from FROM customer_version WHERE customer_id = c.id
    ) AS v
    WHERE c.customer_no = ANY (CAST(:numbers AS text[]))
    """)
)
_HELD = Statement(
    text("""
    SELECT id FROM customer WHERE customer_no = ANY (CAST(:numbers AS text[])) ORDER BY id FOR SHARE
    """)
)
_CHANGED = Statement(
    text("""
    SELECT c.customer_no, v.valid_until AS place
    FROM customer_version v JOIN customer c ON c.id = v.customer_id
    WHERE v.valid_until > CAST(:after AS timestamptz)
    ORDER BY v.valid_until LIMIT CAST(:limit AS bigint)
    """)
)
_LINKED = Statement(
    text("""
    SELECT c.customer_no, l.id AS place FROM link l JOIN customer c ON c.id = l.customer_id
    WHERE l.id > CAST(:after AS bigint) ORDER BY l.id LIMIT CAST(:limit AS bigint)
    """)
)
_ALL = Statement(
    text("""
    SELECT customer_no, id AS place FROM customer
    WHERE id > CAST(:after AS bigint) ORDER BY id LIMIT CAST(:limit AS bigint)
    """)
)


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one customer, each with the moment it began."""

    legal_entity: str
    since: dict[int, datetime]


async def versions_of(connection: Connection, numbers: Sequence[str]) -> dict[str, Versions]:
    """The versions of customers of any legal entity; numbers that were never given are left out."""
    found: dict[str, dict[int, datetime]] = defaultdict(dict)
    entities: dict[str, str] = {}
    for row in await connection.fetch(_VERSIONS, numbers=list(numbers)):
        entities[row["customer_no"]] = row["legal_entity"]
        found[row["customer_no"]][row["version"]] = row["since"]
    return {number: Versions(entities[number], since) for number, since in found.items()}


async def hold_still(work: Work, numbers: Sequence[str]) -> None:
    """Keep these customers from changing until this work ends."""
    await work.connection.fetch(_HELD, numbers=list(numbers))


async def changed_after(connection: Connection, moment: datetime, *, limit: int) -> list[Row]:
    """Customers that got a further version after a moment, with that moment as `place`."""
    return await connection.fetch(_CHANGED, after=moment, limit=limit)


async def linked_after(connection: Connection, link_id: int, *, limit: int) -> list[Row]:
    """Customers that got a record by a link above this id, with the link's id as `place`."""
    return await connection.fetch(_LINKED, after=link_id, limit=limit)


async def numbers_after(connection: Connection, customer_id: int, *, limit: int) -> list[Row]:
    """Customers of every status above an id, with their ids as `place`."""
    return await connection.fetch(_ALL, after=customer_id, limit=limit)
