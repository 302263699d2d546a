"""What a proposal is, and when it no longer fits what it was made for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ecif.customers import Folder
from ecif.errors import Conflict, Forbidden, NotFound

Kind = Literal["merge", "unmerge", "detach", "review", "pin", "unpin", "rules", "skip"]
Status = Literal["open", "approved", "rejected", "expired"]


class ProposalNotFound(NotFound):
    """No proposal has this id."""

    slug = "proposal-not-found"
    title = "There is no proposal with this id."


class ProposalAlreadyDecided(Conflict):
    """Somebody was faster, or it has waited too long."""

    slug = "proposal-already-decided"
    title = "This proposal is no longer open."


class ProposalOutdated(Conflict):
    """What it is about has changed since it was made."""

    slug = "proposal-outdated"
    title = "What this proposal is about has changed since; reject it, and propose anew."


class SecondPersonRequired(Forbidden):
    """Whoever proposes may not approve."""

    slug = "second-person-required"
    title = "A proposal must be approved by another person than the one who made it."


class Proposed(BaseModel):
    """What is to be done, exactly.

    Attributes:
        reason: Why, in the maker's words.
        seen: Customer number → version that the maker decided on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    reason: str
    seen: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as it stands, without what it says. `digest` names its exact content, in hexadecimal."""

    id: UUID
    kind: Kind
    customers: tuple[str, ...]
    digest: str
    status: Status
    made_by: str
    made_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProposalCase:
    """A proposal opened: `content` is the plain form of what is to be done, `reason` why it was rejected."""

    proposal: Proposal
    content: dict[str, Any]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalQuestion:
    """Which proposals are asked for, oldest first. `after` is the cursor of the last page."""

    status: Status = "open"
    after: str | None = None
    limit: int = 50


def seen_of(folders: Iterable[Folder]) -> dict[str, int]:
    """Customer number → version, of customers as this transaction holds them."""
    return {folder.customer_no: folder.version for folder in folders}


def changed_between(seen: dict[str, int], present: dict[str, int]) -> list[str]:
    """The customer numbers whose version, or whose part in this, is no longer as it was seen."""
    return sorted(no for no in seen.keys() | present.keys() if seen.get(no) != present.get(no))
