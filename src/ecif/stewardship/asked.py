"""What people were asked before: the reviews about given records, with the evidence of their moment."""

from collections.abc import Iterable

from sqlalchemy import text

from ecif.stewardship.places import place_after, place_of
from ecif.stewardship.reviews import REVIEW_COLUMNS, Review, review_of
from ecif.store import Page, Statement, Work, page_of

_ABOUT = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS}, evidence FROM review
    WHERE status = 'open' AND records && CAST(:records AS bigint[]) AND legal_entity = CAST(:legal_entity AS text)
    UNION ALL
    SELECT {REVIEW_COLUMNS}, evidence FROM review
    WHERE status <> 'open' AND records && CAST(:records AS bigint[]) AND legal_entity = CAST(:legal_entity AS text)
    """)
)
_DECIDED = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS} FROM review
    WHERE legal_entity = CAST(:legal_entity AS text) AND status = 'decided'
      AND (opened_at, id) > (CAST(:after AS timestamptz), CAST(:after_id AS uuid))
    ORDER BY opened_at, id LIMIT CAST(:limit AS bigint)
    """)
)


async def reviews_about(work: Work, records: Iterable[int]) -> list[tuple[Review, bytes]]:
    """Every review that names one of these records, with its evidence sealed by its subject record's key."""
    wanted = list(records)
    if not wanted:
        return []
    rows = await work.connection.fetch(_ABOUT, legal_entity=work.legal_entity, records=wanted)
    return [(review_of(row), row["evidence"]) for row in rows]


async def decided_reviews(work: Work, after: str | None, *, limit: int) -> Page[Review]:
    """A page of the reviews that people have closed with a judgement, oldest first.

    Raises:
        BadCursor: `after` is not a cursor of this list.
    """
    moment, review_id = place_after(after)
    rows = await work.connection.fetch(
        _DECIDED,
        legal_entity=work.legal_entity,
        after=moment,
        after_id=review_id,
        limit=limit + 1,
    )
    return page_of(
        [review_of(row) for row in rows], limit, lambda each: place_of(each.opened_at, each.id)
    )
