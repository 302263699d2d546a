"""What must a person decide?

Owns the review queue, the decisions of stewards, and the proposals that need a second person. The doors call
`merge`, `unmerge`, `detach`, `pin` and `release_pin` here, not in `customers`: here they are done or proposed.
"""

from ecif.stewardship.approvals import Approved, approve
from ecif.stewardship.asked import decided_reviews, reviews_about
from ecif.stewardship.cases import ReviewCase, get_review
from ecif.stewardship.claiming import CLAIM_LASTS, claim, release
from ecif.stewardship.decisions import Decided, Decision, decide
from ecif.stewardship.lines import activate_rules, believe_source
from ecif.stewardship.merging import detach, merge, unmerge
from ecif.stewardship.pins import NewPin, pin, release_pin
from ecif.stewardship.proposals import (
    Proposal,
    ProposalAlreadyDecided,
    ProposalCase,
    ProposalNotFound,
    ProposalOutdated,
    ProposalQuestion,
    SecondPersonRequired,
)
from ecif.stewardship.proposing import PROPOSAL_LASTS, get_proposal, list_proposals, reject
from ecif.stewardship.queue import (
    ReviewLine,
    ReviewQuestion,
    list_reviews,
    open_reviews,
    settle,
)
from ecif.stewardship.reviews import (
    Judgement,
    Review,
    ReviewAlreadyDecided,
    ReviewChanged,
    ReviewClaimed,
    ReviewNotFound,
    ReviewRequest,
    ReviewTie,
    ties_of,
)
from ecif.stewardship.skips import ProposedSkip, Skip, propose_skip
from ecif.stewardship.waiting import WaitingWork, waiting_work

__all__ = [
    "CLAIM_LASTS",
    "PROPOSAL_LASTS",
    "Approved",
    "Decided",
    "Decision",
    "Judgement",
    "NewPin",
    "Proposal",
    "ProposalAlreadyDecided",
    "ProposalCase",
    "ProposalNotFound",
    "ProposalOutdated",
    "ProposalQuestion",
    "ProposedSkip",
    "Review",
    "ReviewAlreadyDecided",
    "ReviewCase",
    "ReviewChanged",
    "ReviewClaimed",
    "ReviewLine",
    "ReviewNotFound",
    "ReviewQuestion",
    "ReviewRequest",
    "ReviewTie",
    "SecondPersonRequired",
    "Skip",
    "WaitingWork",
    "activate_rules",
    "approve",
    "believe_source",
    "claim",
    "decide",
    "decided_reviews",
    "detach",
    "get_proposal",
    "get_review",
    "list_proposals",
    "list_reviews",
    "merge",
    "open_reviews",
    "pin",
    "propose_skip",
    "reject",
    "release",
    "release_pin",
    "reviews_about",
    "settle",
    "ties_of",
    "unmerge",
    "waiting_work",
]
