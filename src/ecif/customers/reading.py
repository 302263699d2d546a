"""Questions: whose number is this, how is the customer now, and how was it known at a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from ecif.customers.masked import MaskedCustomer
from ecif.customers.records import SourceRecord
from ecif.customers.stored import records_of
from ecif.errors import CustomerNotFound
from ecif.store import Connection, Statement, Work

_MASKED = Statement(
    text("""
    SELECT c.customer_no, c.kind, c.status, c.version, c.mask_version, c.golden
    FROM customer q JOIN customer c ON c.id = coalesce(q.merged_into_id, q.id)
    WHERE q.customer_no = CAST(:customer_no AS text) AND q.legal_entity = CAST(:legal_entity AS text)
    """)
)
_MASKED_MANY = Statement(
    text("""
    SELECT q.id AS asked_id, c.customer_no, c.kind, c.status, c.version, c.mask_version, c.golden
    FROM customer q JOIN customer c ON c.id = coalesce(q.merged_into_id, q.id)
    WHERE q.id = ANY (CAST(:customer_ids AS bigint[])) AND q.legal_entity = CAST(:legal_entity AS text)
    """)
)
_RESOLVE = Statement(
    text("""
    SELECT customer_no, coalesce(merged_into_id, id) AS id FROM customer
    WHERE customer_no = ANY (CAST(:numbers AS text[])) AND legal_entity = CAST(:legal_entity AS text)
    """)
)
# Where an absorbed number led at a moment is told by the merges that stood then: the redirect of today may have
# been shortened by a later merge.
_AS_OF = Statement(
    text("""
    SELECT c.customer_no, c.kind, v.status, v.version, v.mask_version, v.golden,
           (SELECT m.survivor_id FROM merge m
            WHERE m.absorbed_id = c.id AND m.merged_at <= CAST(:moment AS timestamptz)
              AND coalesce(m.undone_at, 'infinity') > CAST(:moment AS timestamptz)) AS merged_into_id
    FROM customer c
    CROSS JOIN LATERAL (
        SELECT status, version, mask_version, golden FROM customer_version
        WHERE customer_id = c.id AND valid_from <= CAST(:moment AS timestamptz)
          AND valid_until > CAST(:moment AS timestamptz)
        UNION ALL
        SELECT c.status, c.version, c.mask_version, c.golden
        WHERE c.changed_at <= CAST(:moment AS timestamptz)
    ) AS v
    WHERE c.legal_entity = CAST(:legal_entity AS text)
      AND (c.customer_no = CAST(:customer_no AS text) OR c.id = CAST(:customer_id AS bigint))
    """)
)
_CLEAR = Statement(
    text("""
    SELECT c.id, c.legal_entity, c.customer_no, c.kind, c.status, c.version, c.golden_clear, c.wrapped_key,
           c.opened_at, c.changed_at, c.rules_version
    FROM customer q JOIN customer c ON c.id = coalesce(q.merged_into_id, q.id)
    WHERE q.customer_no = CAST(:customer_no AS text) AND q.legal_entity = CAST(:legal_entity AS text)
    """)
)


async def resolve(work: Work, numbers: Sequence[str]) -> dict[str, int]:
    """Each number → the id of the live or closed customer that it stands for.

    Raises:
        CustomerNotFound: One was never given.
    """
    rows = await work.connection.fetch(
        _RESOLVE, numbers=list(numbers), legal_entity=work.legal_entity
    )
    found = {row["customer_no"]: row["id"] for row in rows}
    for number in numbers:
        if number not in found:
            raise CustomerNotFound(customer_no=number)
    return found


async def get_masked(connection: Connection, legal_entity: str, customer_no: str) -> MaskedCustomer:
    """The customer that a number stands for, as everybody may see it: one autocommit statement.

    Raises:
        CustomerNotFound: The number was never given.
    """
    row = await connection.fetch_one(_MASKED, customer_no=customer_no, legal_entity=legal_entity)
    if row is None:
        raise CustomerNotFound
    return MaskedCustomer(*row)


async def masked_by_ids(work: Work, customer_ids: Iterable[int]) -> dict[int, MaskedCustomer]:
    """Customers by their ids, redirects followed; an id that is not of this legal entity is left out."""
    rows = await work.connection.fetch(
        _MASKED_MANY, customer_ids=list(customer_ids), legal_entity=work.legal_entity
    )
    return {row["asked_id"]: MaskedCustomer(*list(row)[1:]) for row in rows}


async def get_as_of(work: Work, customer_no: str, moment: datetime) -> MaskedCustomer:
    """The customer as it was known at a moment; an absorbed number answers itself before its merge.

    Raises:
        CustomerNotFound: The number had not been given by then.
    """
    row = await work.connection.fetch_one(
        _AS_OF,
        customer_no=customer_no,
        customer_id=None,
        moment=moment,
        legal_entity=work.legal_entity,
    )
    while row is not None and row["merged_into_id"] is not None:
        row = await work.connection.fetch_one(
            _AS_OF,
            customer_no=None,
            customer_id=row["merged_into_id"],
            moment=moment,
            legal_entity=work.legal_entity,
        )
    if row is None:
        raise CustomerNotFound
    return MaskedCustomer(
        row["customer_no"],
        row["kind"],
        row["status"],
        row["version"],
        row["mask_version"],
        row["golden"],
    )


@dataclass(frozen=True, slots=True)
class ClearCustomer:
    """A customer with its golden values in clear, and its records; what leaves the room is masked at the door."""

    id: int
    customer_no: str
    kind: str
    status: str
    version: int
    rules_version: int
    opened_at: datetime
    changed_at: datetime
    values: dict[str, Any]
    records: tuple[SourceRecord, ...]


async def get_clear(work: Work, customer_no: str) -> ClearCustomer:
    """The customer that a number stands for, opened, with its records (also those its sources deleted).

    Raises:
        CustomerNotFound: The number was never given.
    """
    row = await work.connection.fetch_one(
        _CLEAR, customer_no=customer_no, legal_entity=work.legal_entity
    )
    if row is None:
        raise CustomerNotFound
    opener = work.vault.opener(row["legal_entity"], f"customer:{row['id']}", row["wrapped_key"])
    return ClearCustomer(
        id=row["id"],
        customer_no=row["customer_no"],
        kind=row["kind"],
        status=row["status"],
        version=row["version"],
        rules_version=row["rules_version"],
        opened_at=row["opened_at"],
        changed_at=row["changed_at"],
        values=orjson.loads(opener.open("customer.golden_clear", row["golden_clear"])),
        records=await records_of(work, row["id"]),
    )
