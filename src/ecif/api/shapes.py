"""The shapes of answers beyond a customer: records, merges, reviews, proposals, rules, events."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ecif.api.answers import (
    CustomerAnswer,
    EvidenceAnswer,
    FlagAnswer,
)

BandWord = Literal["automatic", "review", "none"]


class RecordRefAnswer(BaseModel):
    """Names a source record; the key of a source whose keys are personal is not told."""

    record_id: str
    source_system: str
    source_key: str | None = None


class ReasonAnswer(BaseModel):
    """Why a decision was taken, with its inputs of that day."""

    by: Literal["rules", "person"] | None = None
    band: BandWord | None
    bits: float | None
    rules_version: int | None
    evidence: list[EvidenceAnswer]
    vetoes: list[str]
    text: str | None = None


class RecordAnswer(RecordRefAnswer):
    """What one source system says about someone, masked."""

    customer_no: str
    is_live: bool
    version: int
    source_version: int | None
    changed_at: datetime | None
    received_at: datetime
    first_seen_at: datetime
    record: dict[str, Any]
    flags: list[FlagAnswer]


class ProvenanceAnswer(BaseModel):
    """Where one golden value comes from: the records that say it, the one whose words were taken first."""

    field: Annotated[str, Field(examples=["phones[0]"])]
    is_pinned: bool
    records: list[RecordRefAnswer]


class CustomerRecordsAnswer(BaseModel):
    """The source records of a customer, and which of them each golden value comes from."""

    customer_no: str
    version: int
    records: list[RecordAnswer]
    provenance: list[ProvenanceAnswer]
    redirected_from: str | None = None


class RevealAnswer(BaseModel):
    """Chosen golden fields in clear; the look stands in the audit trail."""

    customer_no: str
    version: int
    purpose: str
    values: dict[str, Any]


class HistoryItem(BaseModel):
    """One thing that happened to a customer."""

    at: datetime
    what: Literal["version", "linked", "unlinked", "merged", "unmerged", "kept_apart", "pinned"]


class HistoryAnswer(BaseModel):
    """Every version and link change, oldest first."""

    customer_no: str
    items: list[dict[str, Any]]
    next: str | None


class WhyStep(BaseModel):
    """One decision on the way to the customer as it is now."""

    at: datetime
    step: str
    actor: str
    record: RecordRefAnswer | None = None
    reason: ReasonAnswer


class WhyAnswer(BaseModel):
    """How a customer was put together, step by step."""

    customer_no: str
    version: int
    steps: list[dict[str, Any]]


class LookupAnswer(BaseModel):
    """The customers found; none is an answer too."""

    items: list[CustomerAnswer]


class HitAnswer(BaseModel):
    """A customer that looks like what was asked for: how much, and why."""

    customer: CustomerAnswer
    band: BandWord | None
    bits: float | None
    rules_version: int | None
    evidence: list[EvidenceAnswer]
    vetoes: list[str]


class SearchAnswer(BaseModel):
    """Customers like what was asked for, the likeliest first."""

    items: list[HitAnswer]


class MatchDecision(BaseModel):
    """What would be decided."""

    outcome: Literal["created", "linked", "updated", "unchanged"]
    band: BandWord | None
    bits: float | None
    rules_version: int | None
    evidence: list[EvidenceAnswer]
    vetoes: list[str]
    flags: list[FlagAnswer]
    ambiguous: bool


class MatchAnswer(BaseModel):
    """What taking this record in would decide; nothing has been stored."""

    customer_no: str | None
    decision: MatchDecision
    candidates: list[HitAnswer]


class MergeLine(BaseModel):
    """One merge: its id undoes it."""

    merge_id: UUID
    absorbed: str
    moved: list[RecordRefAnswer]


class MergeAnswer(BaseModel):
    """What a merge did."""

    customer_no: str
    version: int
    customer: CustomerAnswer
    merges: list[MergeLine]
    merge_id: Annotated[UUID | None, Field(description="When there is one merge only.")] = None
    ended_anti_links: int


class UnmergeAnswer(BaseModel):
    """What an unmerge did: the customer that gave records back, and the one that has them now."""

    customer_no: str
    version: int
    customer: CustomerAnswer
    restored: CustomerAnswer
    merge_id: UUID
    moved: list[RecordRefAnswer]


class PinAnswer(BaseModel):
    """The customer with its pin, or without it."""

    customer_no: str
    version: int
    customer: CustomerAnswer


class EventAnswer(BaseModel):
    """A CloudEvent. Source: CloudEvents 1.0.2, JSON event format."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Annotated[str, Field(examples=["ecif.customer.created.v1"])]
    subject: str | None = None
    time: datetime
    sequence: Annotated[str | None, Field(examples=["0000000000000000001"])] = None
    position: int
    partitionkey: str | None = None
    dataschema: str
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]


class EventsAnswer(BaseModel):
    """Events after a cursor, and the cursor after them; an empty page has one too."""

    items: list[EventAnswer]
    next: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]+$", examples=["1.42"])]
