"""Approval: the second person lets happen exactly what the first one proposed, if nothing has changed since."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from ecif import customers
from ecif.customers import Folder, Rekeyed
from ecif.stewardship.decisions import Decided, ProposedDecision, carry_out_decision
from ecif.stewardship.lines import ProposedRules, carry_out_rules
from ecif.stewardship.merging import (
    ProposedDetach,
    ProposedMerge,
    ProposedUnmerge,
    carry_out_detach,
    carry_out_merge,
    carry_out_unmerge,
)
from ecif.stewardship.pins import (
    ProposedPin,
    ProposedRelease,
    carry_out_pin,
    carry_out_release,
)
from ecif.stewardship.proposals import (
    Proposal,
    ProposalCase,
    ProposalOutdated,
    Proposed,
    SecondPersonRequired,
    changed_between,
    seen_of,
)
from ecif.stewardship.proposing import decide_proposal, take_proposal
from ecif.stewardship.skips import ProposedSkip, Skip
from ecif.store import TryAgain, Work, take_turn

Outcome = Rekeyed | Decided | Folder | int | None
"""What an approved proposal did: a merge or its reversal, a decision, a customer with its pin, a rule set."""

_STORIES: Final[Mapping[str, tuple[type[Proposed], Callable[[Work, Any], Awaitable[Outcome]]]]] = {
    "merge": (ProposedMerge, carry_out_merge),
    "unmerge": (ProposedUnmerge, carry_out_unmerge),
    "detach": (ProposedDetach, carry_out_detach),
    "review": (ProposedDecision, carry_out_decision),
    "pin": (ProposedPin, carry_out_pin),
    "unpin": (ProposedRelease, carry_out_release),
    "rules": (ProposedRules, carry_out_rules),
}


@dataclass(frozen=True, slots=True)
class Approved:
    """A proposal that took effect, and what it did."""

    proposal: Proposal
    outcome: Outcome


async def approve(
    work: Work, proposal_id: UUID, *, skip: Skip, digest: str | None = None
) -> Approved:
    """Let a proposal take effect, on the word of another person than its maker.

    It acts as the approver; the proposal and the audit trail hold both.

    Args:
        work: The transaction.
        proposal_id: Which one.
        skip: Carries out that a subscriber does without an event: the room that delivers is beside this one.
        digest: The digest of the content that the approver read; None where the door has not shown one.

    Raises:
        ProposalNotFound: There is none with this id.
        ProposalAlreadyDecided: It is no longer open.
        SecondPersonRequired: The maker cannot approve, whatever the token, and no machine can.
        ProposalOutdated: A customer has changed since; the refusal names it.
    """
    case = await take_proposal(work, proposal_id)
    proposal = case.proposal
    if work.actor.is_machine or proposal.made_by == work.actor.subject:
        raise SecondPersonRequired
    if digest is not None and digest != proposal.digest:
        raise ProposalOutdated("This is not the proposal that was read.", digest=proposal.digest)
    outcome = await _carry_out(work, case, skip)
    return Approved(await decide_proposal(work, proposal, "approved", reason=None), outcome)


async def _carry_out(work: Work, case: ProposalCase, skip: Skip) -> Outcome:
    if case.proposal.kind == "skip":
        asked = ProposedSkip.model_validate(case.content)
        await skip(work, asked.subscription_id, asked.position)
        return None
    model, carry_out = _STORIES[case.proposal.kind]
    proposed = model.model_validate(case.content)
    await _check_unchanged(work, proposed)
    return await carry_out(work, proposed)


async def _check_unchanged(work: Work, proposed: Proposed) -> None:
    if not proposed.seen:
        return
    await take_turn(work)
    ids = await customers.resolve(work, sorted(proposed.seen))
    folders = await customers.take_out(work, customer_ids=ids.values())
    if any(folder.status == "merged" for folder in folders.values()):
        raise TryAgain
    changed = changed_between(proposed.seen, seen_of(folders.values()))
    if changed:
        raise ProposalOutdated(changed=changed)
