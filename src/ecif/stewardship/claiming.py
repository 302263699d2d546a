"""Claims: one steward at a review at a time, for a while."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from ecif.stewardship.reviews import (
    REVIEW_COLUMNS,
    Review,
    ReviewAlreadyDecided,
    ReviewClaimed,
    ReviewNotFound,
    review_of,
)
from ecif.store import Statement, Work

CLAIM_LASTS: Final = timedelta(minutes=30)
"""How long a claim keeps other stewards away; claiming again begins anew."""

_CLAIM = Statement(
    text(f"""
    UPDATE review SET claimed_by = CAST(:actor AS text), claimed_until = CAST(:until AS timestamptz)
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text) AND status = 'open'
      AND (claimed_by IS NULL OR claimed_by = CAST(:actor AS text) OR claimed_until <= CAST(:now AS timestamptz))
    RETURNING {REVIEW_COLUMNS}
    """)
)
_RELEASE = Statement(
    text(f"""
    UPDATE review SET claimed_by = NULL, claimed_until = NULL
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text) AND status = 'open'
      AND (claimed_by IS NULL OR claimed_by = CAST(:actor AS text) OR claimed_until <= CAST(:now AS timestamptz))
    RETURNING {REVIEW_COLUMNS}
    """)
)
_ONE = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS} FROM review
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text)
    """)
)


async def claim(work: Work, review_id: UUID) -> Review:
    """Keep other stewards away from a review for half an hour.

    Raises:
        ReviewNotFound: There is no such review.
        ReviewAlreadyDecided: It is no longer open.
        ReviewClaimed: Another steward holds it; the refusal says who and until when.
    """
    row = await work.connection.fetch_one(
        _CLAIM,
        id=review_id,
        legal_entity=work.legal_entity,
        actor=work.actor.subject,
        until=work.now + CLAIM_LASTS,
        now=work.now,
    )
    if row is None:
        raise await _refusal(work, review_id)
    work.note("review.claim", str(review_id))
    return review_of(row)


async def release(work: Work, review_id: UUID) -> Review:
    """Give a claimed review back to the queue.

    Raises:
        ReviewNotFound: There is no such review.
        ReviewAlreadyDecided: It is no longer open.
        ReviewClaimed: Another steward holds it.
    """
    row = await work.connection.fetch_one(
        _RELEASE,
        id=review_id,
        legal_entity=work.legal_entity,
        actor=work.actor.subject,
        now=work.now,
    )
    if row is None:
        raise await _refusal(work, review_id)
    work.note("review.release", str(review_id))
    return review_of(row)


def check_unclaimed(work: Work, review: Review) -> None:
    """Go on only if nobody else is at this review.

    Raises:
        ReviewClaimed: Another steward holds it; the refusal says who and until when.
    """
    if review.claimed_by_another(work.actor.subject, work.now) and review.claimed_until:
        raise ReviewClaimed(
            claimed_by=review.claimed_by, claimed_until=review.claimed_until.isoformat()
        )


async def _refusal(work: Work, review_id: UUID) -> Exception:
    row = await work.connection.fetch_one(_ONE, id=review_id, legal_entity=work.legal_entity)
    if row is None:
        return ReviewNotFound()
    review = review_of(row)
    if review.status != "open" or review.claimed_until is None:
        return ReviewAlreadyDecided(outcome=review.judgement or review.status)
    return ReviewClaimed(
        claimed_by=review.claimed_by, claimed_until=review.claimed_until.isoformat()
    )
