"""The shapes of what stewards and administrators read: proposals, reviews, rules, sources, the audit trail."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from ecif.api.answers import CustomerAnswer, EvidenceAnswer
from ecif.api.shapes import BandWord, MergeLine, RecordAnswer


class ProposalAnswer(BaseModel):
    """What one person wants done, waiting for another one."""

    proposal_id: UUID
    kind: str
    status: Literal["open", "approved", "rejected", "expired"]
    customers: list[str]
    digest: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class ProposedAnswer(BaseModel):
    """The rules ask for a second person: this is proposed, nothing has changed yet."""

    proposal: ProposalAnswer


class ProposalCaseAnswer(ProposalAnswer):
    """A proposal with what it says, masked."""

    content: dict[str, Any]
    rejected_because: str | None


class ProposalsAnswer(BaseModel):
    """A page of proposals, oldest first."""

    items: list[ProposalAnswer]
    next: str | None


class ApprovedAnswer(BaseModel):
    """A proposal that took effect, and the customers as they are now."""

    proposal: ProposalAnswer
    customers: list[CustomerAnswer]
    merges: list[MergeLine]
    active_rules_version: int | None = None


class ReviewAnswer(BaseModel):
    """A doubt that waits for a person."""

    review_id: UUID
    kind: Literal["match", "ambiguous", "contradiction"]
    status: Literal["open", "decided", "settled"]
    within: bool
    band: BandWord
    bits: float
    rules_version: int
    opened_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    judgement: Literal["same", "different", "unsure"] | None
    judged_by: str | None
    judged_at: datetime | None
    closed_at: datetime | None


class ReviewLineAnswer(ReviewAnswer):
    """One line of the queue."""

    customers: list[CustomerAnswer]


class ReviewsAnswer(BaseModel):
    """A page of the queue, oldest first."""

    items: list[ReviewLineAnswer]
    next: str | None


class TieAnswer(BaseModel):
    """How the subject record stood to one other record when the review was opened."""

    record_id: str
    bits: float
    evidence: list[EvidenceAnswer]
    vetoes: list[str]


class SideAnswer(BaseModel):
    """One customer of a review, with all its records, masked."""

    customer: CustomerAnswer
    records: list[RecordAnswer]


class ReviewCaseAnswer(ReviewAnswer):
    """A review laid out: `seen` is to be sent back with the decision."""

    seen: dict[str, int]
    subject_record_id: str
    sides: list[SideAnswer]
    ties: list[TieAnswer]
    reason: str | None


class DecidedAnswer(BaseModel):
    """What a decision did."""

    review: ReviewAnswer
    customers: list[CustomerAnswer]
    merges: list[MergeLine]
    anti_links: int


class SourceSystemAnswer(BaseModel):
    """A system that sends records, and how far it is believed."""

    system: str
    name: str | None
    ordering: Literal["version", "time"] | None
    keys_are_personal: bool
    trust: int
    free_of_duplicates: bool
    first_seen_at: datetime


class SourceSystemsAnswer(BaseModel):
    """Every source system, by name."""

    items: list[SourceSystemAnswer]
    next: str | None


class RuleSetAnswer(BaseModel):
    """One line of the list of rule sets."""

    version: int
    name: str
    digest: str
    made_by: str
    made_at: datetime
    is_active: bool


class RuleSetsAnswer(BaseModel):
    """Every stored rule set, newest first."""

    items: list[RuleSetAnswer]
    next: str | None


class RulesAnswer(BaseModel):
    """A rule set as it was stored, with all its lines."""

    version: int
    name: str
    digest: str
    rules: dict[str, Any]


class ActiveRulesAnswer(BaseModel):
    """Which rule set decides from now on."""

    active_version: int


class AuditAnswer(BaseModel):
    """One thing done or seen."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    purpose: str | None
    details: dict[str, Any]


class AuditsAnswer(BaseModel):
    """A page of the audit trail, oldest first."""

    items: list[AuditAnswer]
    next: str | None
