"""Proposing and approving, as two people do it."""

from uuid import UUID

from ecif import delivery, stewardship
from ecif.security import Actor
from ecif.stewardship import (
    Approved,
)
from tests.bank import BERTA, Bank


async def approve(
    bank: Bank, proposal_id: UUID, *, actor: Actor = BERTA, digest: str | None = None
) -> Approved:
    return await bank.do(
        lambda work: stewardship.approve(work, proposal_id, digest=digest, skip=delivery.skip),
        actor=actor,
    )
