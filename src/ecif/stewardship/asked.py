"""What people were asked before: the reviews about given records, with the evidence of their moment."""

from collections.abc import Iterable

from sqlalchemy import text

from ecif.stewardship.reviews import REVIEW_COLUMNS, Review, review_of
from ecif.store import Statement, Work

_ABOUT = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS}, evidence FROM review
    WHERE status = 'open' AND records && CAST(:records AS bigint[]) AND legal_entity = CAST(:legal_entity AS text)
    UNION ALL
    SELECT {REVIEW_COLUMNS}, evidence FROM review
    WHERE status <> 'open' AND records && CAST(:records AS bigint[]) AND legal_entity = CAST(:legal_entity AS text)
    """)
)


async def reviews_about(work: Work, records: Iterable[int]) -> list[tuple[Review, bytes]]:
    """Every review that names one of these records, with its evidence sealed by its subject record's key."""
    wanted = list(records)
    if not wanted:
        return []
    rows = await work.connection.fetch(_ABOUT, legal_entity=work.legal_entity, records=wanted)
    return [(review_of(row), row["evidence"]) for row in rows]
