"""What a review is, as it stands in the table, and how its sealed parts are read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter

from ecif.errors import Conflict, NotFound
from ecif.rules import Band, Evidence
from ecif.security import Opener
from ecif.store import Row

Kind = Literal["match", "ambiguous", "contradiction"]

MAX_RECORDS = 50
"""The most records one review holds; nobody compares more side by side."""

REVIEW_COLUMNS = """id, records, subject_record_id, kind, within, band, bits, rules_version, status, opened_at,
    claimed_by, claimed_until, judgement, judged_by, judged_at, closed_at"""


class Judgement(StrEnum):
    """What a person says about the records of a review."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class ReviewNotFound(NotFound):
    """No review has this id."""

    slug = "review-not-found"
    title = "There is no review with this id."


class ReviewAlreadyDecided(Conflict):
    """Somebody was faster, or the review has settled by itself."""

    slug = "review-already-decided"
    title = "This review is no longer open."


class ReviewClaimed(Conflict):
    """Another steward is at it."""

    slug = "review-claimed"
    title = "Another steward has claimed this review."


class ReviewChanged(Conflict):
    """The customers changed after the steward looked."""

    slug = "review-changed"
    title = "The customers of this review have changed; look at it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A doubt to be put before a person.

    `records` are the records in doubt, `subject_record_id` the one among them whose arrival or change raised the
    doubt; `evidence` is a JSON list, strongest first, of `{record_id, bits, evidence, vetoes}`, sealed by the
    subject record's key for the column `review.evidence`. `bits` and `band` are those of the strongest tie.
    """

    records: tuple[int, ...]
    subject_record_id: int
    kind: Kind
    bits: float
    band: Band
    evidence: bytes

    @property
    def kept_records(self) -> list[int]:
        """The records as they are stored: each once, in order, the subject always among them."""
        others = sorted(set(self.records) - {self.subject_record_id})
        return sorted([self.subject_record_id, *others[: MAX_RECORDS - 1]])


@dataclass(frozen=True, slots=True)
class ReviewTie:
    """How the subject record stood to one other record when the review was opened."""

    record_id: int
    bits: float
    evidence: tuple[Evidence, ...]
    vetoes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review as it stands.

    `within`: its records shared one customer when it was opened. A review that somebody was unsure about is still
    open and carries that judgement.
    """

    id: UUID
    records: tuple[int, ...]
    subject_record_id: int
    kind: Kind
    within: bool
    band: Band
    bits: float
    rules_version: int
    status: Literal["open", "decided", "settled"]
    opened_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    judgement: Judgement | None
    judged_by: str | None
    judged_at: datetime | None
    closed_at: datetime | None

    def claimed_by_another(self, subject: str, now: datetime) -> bool:
        """Whether somebody else holds it at this moment."""
        return (
            self.claimed_by not in (None, subject)
            and self.claimed_until is not None
            and self.claimed_until > now
        )

    @property
    def others(self) -> tuple[int, ...]:
        """The records that the subject is compared with."""
        return tuple(each for each in self.records if each != self.subject_record_id)


_TIES = TypeAdapter(tuple[ReviewTie, ...])


def review_of(row: Row) -> Review:
    """A review from its row (`REVIEW_COLUMNS`)."""
    plain = {name: row[name] for name in Review.__dataclass_fields__}
    plain["records"] = tuple(plain["records"])
    plain["band"] = Band(plain["band"])
    plain["judgement"] = Judgement(plain["judgement"]) if plain["judgement"] else None
    return Review(**plain)


def ties_of(opener: Opener, sealed: bytes) -> tuple[ReviewTie, ...]:
    """Open the evidence of a review with the subject record's key.

    Raises:
        SealBroken: It was altered, or belongs to another record.
    """
    return _TIES.validate_json(opener.open("review.evidence", sealed))
