"""What people have brought together: the records that were one customer when somebody said so."""

from collections.abc import Iterable

from sqlalchemy import text

from ecif.store import Statement, Work

# A merge that stands says that all records of both sides are one customer: those that the survivor had right after it.
_BROUGHT = Statement(
    text("""
    SELECT m.id, array_agg(DISTINCT l.record_id) AS records
    FROM merge m
    JOIN link l ON l.customer_id = m.survivor_id AND l.since <= m.merged_at
         AND coalesce(l.until, 'infinity') > m.merged_at
    WHERE m.method = 'person' AND m.undone_at IS NULL AND m.legal_entity = CAST(:legal_entity AS text)
      AND m.id IN (SELECT merge_id FROM merge_move WHERE record_id = ANY (CAST(:records AS bigint[])))
    GROUP BY m.id
    """)
)


async def brought_together(work: Work, records: Iterable[int]) -> list[frozenset[int]]:
    """For each standing merge by a person that moved one of these records: the records that it made one customer."""
    wanted = list(records)
    if not wanted:
        return []
    rows = await work.connection.fetch(_BROUGHT, legal_entity=work.legal_entity, records=wanted)
    return [frozenset(row["records"]) for row in rows]
