"""A review laid out for the person who decides it: its customers as of now, their records, the evidence."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from ecif import customers
from ecif.customers import ClearCustomer, Folder
from ecif.security import Opener
from ecif.stewardship.reviews import (
    REVIEW_COLUMNS,
    Review,
    ReviewAlreadyDecided,
    ReviewNotFound,
    ReviewTie,
    review_of,
    ties_of,
)
from ecif.store import Row, Statement, Work, take_turn

_ONE = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS}, evidence, reason FROM review
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text)
    """)
)
_LOCK = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS}, evidence, reason FROM review
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text) FOR UPDATE
    """)
)


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A review with everything a person compares, in clear; what leaves the room is masked at the door.

    Attributes:
        review: The review itself.
        seen: Customer number → version, to be sent back with the decision.
        sides: The customers of its records as of now, with all their records; the subject's first.
        ties: The evidence of the moment, strongest first.
        reason: What the last person who judged it wrote.
    """

    review: Review
    seen: dict[str, int]
    sides: tuple[ClearCustomer, ...]
    ties: tuple[ReviewTie, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class HeldReview:
    """An open review and the customers of its records, locked by this transaction."""

    review: Review
    folders: dict[str, Folder]

    @property
    def home(self) -> Folder:
        """The subject record's customer."""
        return self.home_of(self.review.subject_record_id)

    def home_of(self, record_id: int) -> Folder:
        """The customer of one of its records."""
        return next(folder for folder in self.folders.values() if record_id in folder.records)

    @property
    def opener(self) -> Opener:
        """The subject record's key, which seals what the review holds."""
        return self.home.records[self.review.subject_record_id].opener


async def get_review(work: Work, review_id: UUID) -> ReviewCase:
    """A review laid out, also a closed one.

    Raises:
        ReviewNotFound: There is none with this id.
    """
    row = await _read(work, _ONE, review_id)
    review = review_of(row)
    homes = await customers.customers_of(work, review.records)
    masked = await customers.masked_by_ids(work, set(homes.values()))
    numbers = [
        masked[homes[each]].customer_no for each in (review.subject_record_id, *review.others)
    ]
    sides = tuple([await customers.get_clear(work, number) for number in dict.fromkeys(numbers)])
    subject = next(record for record in sides[0].records if record.id == review.subject_record_id)
    reason = row["reason"] and subject.opener.open("review.reason", row["reason"]).decode()
    return ReviewCase(
        review=review,
        seen={side.customer_no: side.version for side in sides},
        sides=sides,
        ties=ties_of(subject.opener, row["evidence"]),
        reason=reason,
    )


async def take_review(work: Work, review_id: UUID) -> HeldReview:
    """Lock the customers of an open review, then the review itself.

    Raises:
        ReviewNotFound: There is none with this id.
        ReviewAlreadyDecided: It is no longer open.
    """
    await take_turn(work)
    review = _still_open(await _read(work, _ONE, review_id))
    folders = await customers.take_out(work, record_ids=review.records)
    review = _still_open(await _read(work, _LOCK, review_id))
    return HeldReview(review, {folder.customer_no: folder for folder in folders.values()})


async def _read(work: Work, statement: Statement, review_id: UUID) -> Row:
    row = await work.connection.fetch_one(statement, id=review_id, legal_entity=work.legal_entity)
    if row is None:
        raise ReviewNotFound
    return row


def _still_open(row: Row) -> Review:
    review = review_of(row)
    if review.status != "open":
        raise ReviewAlreadyDecided(
            outcome=review.judgement or review.status, decided_by=review.judged_by
        )
    return review
