"""Deriving again: after a rule set became active, customers get the golden values that it gives them."""

from typing import Final

from sqlalchemy import text

from ecif.customers.desk import Desk
from ecif.customers.folders import take_out
from ecif.customers.writing import put_back
from ecif.store import Statement, Work

BATCH: Final = 200
"""How many customers are derived again, and locked, in one transaction."""

# Below and above, not unequal: two ends of an index instead of every customer, each time the worker asks.
_OUTDATED = Statement(
    text("""
    SELECT id FROM customer
    WHERE legal_entity = CAST(:legal_entity AS text) AND status <> 'merged'
      AND (rules_version < CAST(:version AS integer) OR rules_version > CAST(:version AS integer))
    ORDER BY id LIMIT CAST(:limit AS bigint)
    """)
)
_AFTER = Statement(
    text("""
    SELECT id FROM customer
    WHERE legal_entity = CAST(:legal_entity AS text) AND id > CAST(:after AS bigint) AND status <> 'merged'
    ORDER BY id LIMIT CAST(:limit AS bigint)
    """)
)


async def derive_outdated(work: Work, *, limit: int = BATCH) -> int:
    """Give some customers of former rules a new version under the active ones.

    Returns:
        How many were derived again; 0 when all stand under the active rules.
    """
    rows = await work.connection.fetch(
        _OUTDATED, legal_entity=work.legal_entity, version=work.rules.version, limit=limit
    )
    if not rows:
        return 0
    folders = await take_out(work, customer_ids=[row["id"] for row in rows])
    desk = Desk(work, folders)
    for folder in folders.values():
        # While we waited for the lock, somebody may have changed it, and so derived it, already.
        if folder.rules_version != work.rules.version and folder.status != "merged":
            desk.touch(folder)
    await put_back(desk)
    return len(rows)


async def customer_ids_after(work: Work, after: int, *, limit: int) -> list[int]:
    """The ids of live and closed customers above `after`, in order."""
    rows = await work.connection.fetch(
        _AFTER, legal_entity=work.legal_entity, after=after, limit=limit
    )
    return [row["id"] for row in rows]
