"""The shapes of subscriptions: what integration teams send, and what they and the stewards read."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints, model_validator

from ecif.api.bodies import Body, Moment, SystemName
from ecif.delivery import Attempt, Subscription, Target, Waiting
from ecif.store import Cursor

_TYPE = r"^ecif\.[a-z_]{1,40}\.[a-z_]{1,40}\.v[0-9]{1,3}$"
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    Field(pattern=r"^[^\x00-\x1f\x7f]+$", examples=["CRM"]),
]
Types = Annotated[
    list[Annotated[str, Field(pattern=_TYPE)]] | None,
    Field(
        min_length=1,
        max_length=50,
        description="Only these types; without it all.",
        examples=[["ecif.customer.merged.v1"]],
    ),
]
Systems = Annotated[
    list[SystemName] | None,
    Field(
        min_length=1,
        max_length=50,
        description="Only customers that have, or have had, a record of one of these systems.",
    ),
]
Kinds = Annotated[
    list[Literal["person", "organisation"]] | None,
    Field(min_length=1, max_length=2, description="Only customers of these kinds."),
]
Content = Annotated[
    Literal["ids", "masked", "full"],
    Field(
        description="What an event says of its customer: ids and field names; or also the customer as of its version, "
        "masked, or in clear (needs `customers:reveal`)."
    ),
]
CursorText = Annotated[str, Field(max_length=100, examples=["1.42"])]


class PlaceBody(Body):
    """A place in the feed: after a cursor, or from a time on."""

    cursor: CursorText | None = None
    time: Moment | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "PlaceBody":
        if (self.cursor is None) == (self.time is None):
            raise ValueError("give either `cursor` or `time`")
        return self

    def place(self) -> Cursor | datetime:
        """The place.

        Raises:
            BadRequest: The cursor is none.
        """
        if self.cursor is not None:
            return Cursor.of(self.cursor)
        assert self.time is not None  # noqa: S101  # one of the two is given
        return self.time


class _WithCredentials(Body):
    """A body that may hold what a broker asks for; it is sealed and never shown again."""

    credentials: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")],
            Annotated[SecretStr, Field(max_length=20_000)],
        ]
        | None,
        Field(
            max_length=10,
            description="What the broker asks for, such as `username` and `password`.",
        ),
    ] = None

    def plain_credentials(self) -> dict[str, str]:
        """In clear, for sealing."""
        return {name: each.get_secret_value() for name, each in (self.credentials or {}).items()}


class SubscriptionBody(_WithCredentials):
    """Who wants to be told, of what, and from where on."""

    name: Name
    target: Target
    types: Types = None
    source_systems: Systems = None
    kinds: Kinds = None
    content: Content = "ids"
    start: Literal["now", "beginning"] | PlaceBody = "now"


class SubscriptionChangeBody(_WithCredentials):
    """What is to be otherwise; what is left out stays. `status` pauses and resumes; null chooses everything."""

    name: Name | None = None
    target: Target | None = None
    types: Types = None
    source_systems: Systems = None
    kinds: Kinds = None
    content: Content | None = None
    status: Literal["active", "paused"] | None = None

    def said(self) -> dict[str, Any]:
        """What is to be otherwise."""
        may_be_null = ("types", "source_systems", "kinds")
        plain = self.model_dump(mode="json", include=self.model_fields_set)
        if self.credentials is not None:
            plain["credentials"] = self.plain_credentials()
        return {
            name: value for name, value in plain.items() if value is not None or name in may_be_null
        }


class ReplayBody(Body):
    """From where to send again: everything after a cursor or since a time, or one event by its position."""

    cursor: CursorText | None = None
    time: Moment | None = None
    position: Annotated[int | None, Field(strict=True, ge=1, le=2**63 - 1)] = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "ReplayBody":
        if [self.cursor, self.time, self.position].count(None) != 2:
            raise ValueError("give one of `cursor`, `time` and `position`")
        return self


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
