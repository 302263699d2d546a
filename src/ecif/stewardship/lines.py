"""Another rule set is to decide: activated at once, or proposed where the rules want two people."""

from typing import Literal

from ecif import policy
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


async def carry_out_rules(work: Work, asked: ProposedRules) -> int:
    """Do what was proposed.

    Raises:
        ProposalOutdated: Another rule set decides by now than when this was proposed.
    """
    if work.rules.version != asked.replaces:
        raise ProposalOutdated
    await policy.activate(work, asked.version)
    return asked.version
