"""Every happening: past tense, ids and field names only, never values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened. `subject` is the customer number whose sequence counts it, or None."""

    type: ClassVar[str]
    subject: str | None = None

    def data(self) -> dict[str, Any]:
        """What a subscriber reads by default: ids, versions and field names."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Names a source record: by its key, or by record id alone where the source's keys are personal."""

    record_id: int
    source_system: str
    source_key: str | None

    def data(self) -> dict[str, Any]:
        """The reference as subscribers read it."""
        plain: dict[str, Any] = {
            "record_id": str(self.record_id),
            "source_system": self.source_system,
        }
        if self.source_key is not None:
            plain["source_key"] = self.source_key
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class _CustomerEvent(Event):
    """A happening that gave its customer a new version."""

    version: int

    def data(self) -> dict[str, Any]:
        return {"customer_no": self.subject, "version": self.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreated(_CustomerEvent):
    """A customer number was given."""

    type = "ecif.customer.created.v1"
    kind: str

    def data(self) -> dict[str, Any]:
        return {
            "customer_no": self.subject,
            "version": self.version,
            "kind": self.kind,
            "status": "live",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUpdated(_CustomerEvent):
    """The golden record has a new version; `changed_fields` may be empty when only its records changed."""

    type = "ecif.customer.updated.v1"
    changed_fields: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return {
            "customer_no": self.subject,
            "version": self.version,
            "changed_fields": list(self.changed_fields),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rekeyed(_CustomerEvent):
    """Part of a merge or unmerge: everything a subscriber needs to re-key its own copy."""

    merge_id: str
    survivor: str
    absorbed: tuple[str, ...]
    moved: tuple[RecordRef, ...]
    participants: tuple[str, ...]
    status: str
    changed_fields: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return {
            "customer_no": self.subject,
            "version": self.version,
            "status": self.status,
            "merge_id": self.merge_id,
            "survivor": self.survivor,
            "absorbed": list(self.absorbed),
            "moved": [record.data() for record in self.moved],
            "participants": list(self.participants),
            "changed_fields": list(self.changed_fields),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersMerged(_Rekeyed):
    """Two customers became one; the survivor and each absorbed one tell it in their own sequence."""

    type = "ecif.customer.merged.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersUnmerged(_Rekeyed):
    """A merge was taken back, or records were detached into a customer of their own."""

    type = "ecif.customer.unmerged.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerClosed(_CustomerEvent):
    """The last source record of this customer went away."""

    type = "ecif.customer.closed.v1"

    def data(self) -> dict[str, Any]:
        return {"customer_no": self.subject, "version": self.version, "status": "closed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerReopened(_CustomerEvent):
    """A closed customer has source records again."""

    type = "ecif.customer.reopened.v1"

    def data(self) -> dict[str, Any]:
        return {"customer_no": self.subject, "version": self.version, "status": "live"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLinked(_CustomerEvent):
    """A source record now belongs to this customer."""

    type = "ecif.record.linked.v1"
    record: RecordRef

    def data(self) -> dict[str, Any]:
        return {"customer_no": self.subject, "version": self.version, **self.record.data()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnlinked(_CustomerEvent):
    """A source record no longer belongs to this customer."""

    type = "ecif.record.unlinked.v1"
    record: RecordRef

    def data(self) -> dict[str, Any]:
        return {"customer_no": self.subject, "version": self.version, **self.record.data()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened(Event):
    """A doubtful match waits for a person."""

    type = "ecif.review.opened.v1"
    review_id: str
    customers: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return {"review_id": self.review_id, "customers": list(self.customers)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecided(Event):
    """A review ended, by a person or because its records came together or were kept apart."""

    type = "ecif.review.decided.v1"
    review_id: str
    outcome: str

    def data(self) -> dict[str, Any]:
        return {"review_id": self.review_id, "outcome": self.outcome}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFailing(Event):
    """A subscriber has taken nothing for days; its place is kept."""

    type = "ecif.subscription.failing.v1"
    subscription_id: str
    since: datetime | None

    def data(self) -> dict[str, Any]:
        since = None if self.since is None else self.since.isoformat()
        return {"subscription_id": self.subscription_id, "failing_since": since}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDisabled(Event):
    """A subscriber gets nothing any more until somebody resumes it; `reason` is a slug."""

    type = "ecif.subscription.disabled.v1"
    subscription_id: str
    reason: str

    def data(self) -> dict[str, Any]:
        return {"subscription_id": self.subscription_id, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySkipped(Event):
    """Two people let a subscriber do without one event: here its copy has a gap."""

    type = "ecif.delivery.skipped.v1"
    subscription_id: str
    event_id: str
    position: int

    def data(self) -> dict[str, Any]:
        return {
            "subscription_id": self.subscription_id,
            "event_id": self.event_id,
            "position": self.position,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HoleFound(Event):
    """The versions of a customer and its events do not agree, or the feed is not whole; `what` is a slug."""

    type = "ecif.reconciler.hole_found.v1"
    what: str
    customers: tuple[str, ...]
    place: int

    def data(self) -> dict[str, Any]:
        return {"what": self.what, "customers": list(self.customers), "place": self.place}
