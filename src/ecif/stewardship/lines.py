"""Another rule set is to decide: activated at once, or proposed where the rules want two people."""

from typing import Literal

from ecif import customers, policy
from ecif.rules import SourceRules
from ecif.stewardship.proposals import Proposal, ProposalOutdated, Proposed
from ecif.stewardship.proposing import propose
from ecif.store import Work


class ProposedRules(Proposed):
    """This rule set is to take the place of that one."""

    kind: Literal["rules"] = "rules"
    version: int
    replaces: int


async def activate_rules(work: Work, version: int, *, reason: str) -> int | Proposal:
    """Let a stored rule set decide from now on, or propose it.

    Returns:
        The version that is active now, or the proposal.

    Raises:
        RuleSetNotFound: There is none with this version.
    """
    await policy.get_rules(work, version)
    asked = ProposedRules(reason=reason, seen={}, version=version, replaces=work.rules.version)
    if work.rules.second_person.rules:
        return await propose(work, asked)
    return await carry_out_rules(work, asked)


async def believe_source(work: Work, system: str, lines: SourceRules) -> Proposal | None:
    """Let a source be believed otherwise from now on, or propose it.

    A source that has sent nothing yet is described by one person: no golden record depends on it.

    Returns:
        The proposal, where the rules want two people; None when the source is believed so now.
    """
    draft = await policy.draft_of_source(work, system, lines)
    if draft is None:
        return None
    if not await customers.has_sent(work, system):
        await policy.activate(work, draft.version)
        return None
    done = await activate_rules(work, draft.version, reason=f"trust in the source system {system}")
    return done if isinstance(done, Proposal) else None


async def carry_out_rules(work: Work, asked: ProposedRules) -> int:
    """Do what was proposed.

    Raises:
        ProposalOutdated: Another rule set decides by now than when this was proposed.
    """
    if work.rules.version != asked.replaces:
        raise ProposalOutdated
    await policy.activate(work, asked.version)
    return asked.version
