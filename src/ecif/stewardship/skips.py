"""A subscriber is to do without an event: always the decision of two people, carried out by the room that delivers."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from ecif.stewardship.proposals import Proposal, Proposed
from ecif.stewardship.proposing import propose
from ecif.store import Work


class ProposedSkip(Proposed):
    """This subscriber is to do without this event."""

    kind: Literal["skip"] = "skip"
    subscription_id: UUID
    position: int
    event_id: UUID


Skip = Callable[[Work, UUID, int], Awaitable[Any]]
"""Lets a subscriber (its id) do without an event (its position)."""


async def propose_skip(work: Work, asked: ProposedSkip) -> Proposal:
    """Propose that a subscriber does without an event that does not arrive."""
    return await propose(work, asked)
