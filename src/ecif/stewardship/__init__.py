"""What must a person decide?

Owns the review queue, the decisions of stewards, and the proposals that need a second person.
"""

from ecif.stewardship.queue import (
    CLAIM_LASTS,
    ReviewLine,
    ReviewQuestion,
    claim,
    list_reviews,
    open_reviews,
    release,
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
)

__all__ = [
    "CLAIM_LASTS",
    "Judgement",
    "Review",
    "ReviewAlreadyDecided",
    "ReviewChanged",
    "ReviewClaimed",
    "ReviewLine",
    "ReviewNotFound",
    "ReviewQuestion",
    "ReviewRequest",
    "ReviewTie",
    "claim",
    "list_reviews",
    "open_reviews",
    "release",
    "settle",
]
