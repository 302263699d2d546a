"""Who changed and who looked, and for which purpose: plain inserts in the business transaction."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB

from ecif.store.connection import Row, Statement
from ecif.store.table import instant, legal_entity, metadata
from ecif.store.work import AuditEntry, Work

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    legal_entity(),
    instant("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("purpose", Text),
    Column("details", JSONB, nullable=False),
    Index(None, "legal_entity", "subject", "id"),
    comment="One thing done or seen; insert-only, ids and field names only.",
)

_PAGE = Statement(
    select(audit_entry)
    .where(
        audit_entry.c.legal_entity == bindparam("legal_entity", type_=Text),
        audit_entry.c.id > bindparam("after", type_=BigInteger),
        (bindparam("subject", type_=Text).is_(None))
        | (audit_entry.c.subject == bindparam("subject", type_=Text)),
    )
    .order_by(audit_entry.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)


def columns_of(actor: str, entries: Sequence[AuditEntry]) -> dict[str, Any]:
    """The entries as the columns that the outbox writes together with the events."""
    return {
        "actor": actor,
        "actions": [entry.action for entry in entries],
        "audited": [entry.subject for entry in entries],
        "purposes": [entry.purpose for entry in entries],
        "details": [orjson.dumps(entry.details).decode() for entry in entries],
    }


async def list_entries(work: Work, *, after: int, limit: int, subject: str | None) -> list[Row]:
    """Entries with an id above `after`, oldest first, at most `limit`."""
    return await work.connection.fetch(
        _PAGE, legal_entity=work.legal_entity, after=after, limit=limit, subject=subject
    )
