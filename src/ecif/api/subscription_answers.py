"""What integration teams and stewards read of subscriptions, of what waits, and of attempts."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ecif.delivery import Attempt, Subscription, Waiting


class FailureAnswer(BaseModel):
    """The last attempt that failed."""

    at: datetime
    reason: str
    status: int | None


class SubscriptionAnswer(BaseModel):
    """A subscription as it stands; its secrets are not shown again."""

    subscription_id: UUID
    name: str
    target: dict[str, Any]
    types: list[str] | None
    source_systems: list[str] | None
    kinds: list[str] | None
    content: Literal["ids", "masked", "full"]
    status: Literal["active", "paused", "disabled"]
    why: Annotated[str | None, Field(description="Why it is disabled.")]
    version: int
    made_by: str
    made_at: datetime
    cursor: Annotated[str, Field(description="Everything at or below was delivered, or waits.")]
    lag: Annotated[int, Field(description="Events of the feed after the cursor.")]
    oldest_unsent_at: datetime | None
    waiting: Annotated[int, Field(description="Events that wait beside the cursor.")]
    parked: Annotated[int, Field(description="Of them, those that wait for a person.")]
    delivered: int
    delivered_at: datetime | None
    failing_since: Annotated[datetime | None, Field(description="Nothing but failures since then.")]
    retry_at: datetime | None
    last_failure: FailureAnswer | None
    public_keys: Annotated[list[str], Field(description="They verify `v1a` signatures.")]


class NewSubscriptionAnswer(BaseModel):
    """A subscription with what is shown only once."""

    subscription: SubscriptionAnswer
    secret: Annotated[str | None, Field(description="Verifies `v1` signatures; shown only now.")]
    public_key: str | None


class SubscriptionsAnswer(BaseModel):
    """A page of subscriptions, the oldest first."""

    items: list[SubscriptionAnswer]
    next: str | None


class TriedAnswer(BaseModel):
    """What became of a test event."""

    outcome: Literal["delivered", "retry", "refused", "gone"]
    reason: str
    status: int | None
    event_id: UUID


class WaitingAnswer(BaseModel):
    """An event that waits beside the cursor."""

    position: int
    event_id: UUID
    type: str
    customers: list[str]
    state: Literal["due", "waiting", "parked"]
    attempts: int
    due_at: datetime
    reason: str | None
    status: int | None
    since: datetime


class WaitingsAnswer(BaseModel):
    """A page of the events that wait, in the order of the feed."""

    items: list[WaitingAnswer]
    next: str | None


class AttemptAnswer(BaseModel):
    """One failed attempt, or several successful ones counted together."""

    at: datetime
    outcome: Literal["delivered", "retry", "refused", "gone"]
    reason: str
    status: int | None
    first_position: int
    last_position: int
    count: int


class AttemptsAnswer(BaseModel):
    """A page of attempts, the latest first."""

    items: list[AttemptAnswer]
    next: str | None


def subscription_of(each: Subscription) -> dict[str, Any]:
    """A subscription as it is answered."""
    held, standing = each.held, each.held.standing
    failure = {"at": each.failed_at, "reason": each.failure, "status": each.failure_status}
    return {
        "subscription_id": each.id,
        "name": held.name,
        "target": held.target,
        "types": held.types,
        "source_systems": held.source_systems,
        "kinds": held.kinds,
        "content": held.content,
        "status": each.status,
        "why": each.why,
        "version": each.version,
        "made_by": each.made_by,
        "made_at": each.made_at,
        "cursor": str(each.cursor),
        "lag": each.lag,
        "oldest_unsent_at": each.oldest_unsent_at,
        "waiting": each.apart,
        "parked": each.parked,
        "delivered": each.delivered_count,
        "delivered_at": each.delivered_at,
        "failing_since": standing.failing_since,
        "retry_at": standing.retry_at,
        "last_failure": None if each.failed_at is None else failure,
        "public_keys": list(each.public_keys),
    }


def waiting_of(each: Waiting) -> dict[str, Any]:
    """An event that waits, as it is answered."""
    return {name: getattr(each, name) for name in WaitingAnswer.model_fields}


def attempt_of(each: Attempt) -> dict[str, Any]:
    """An attempt as it is answered."""
    return {name: getattr(each, name) for name in AttemptAnswer.model_fields}
