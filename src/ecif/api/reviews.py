"""The review queue for other tools: filter, compare, claim, decide."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from ecif import stewardship
from ecif.api.admin_shapes import (
    DecidedAnswer,
    ProposedAnswer,
    ReviewAnswer,
    ReviewCaseAnswer,
    ReviewsAnswer,
)
from ecif.api.answers import evidence_of, json_answer, written
from ecif.api.bodies import Body, CustomerNumber, Sentence
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.laid_out import (
    clear_side,
    folders_of,
    merges_of,
    proposed,
    review_of,
    shown,
)
from ecif.api.pages import After, Limit, Word
from ecif.api.repeats import Told, once
from ecif.security import Scope
from ecif.stewardship import (
    Decision,
    Judgement,
    Proposal,
    ReviewAlreadyDecided,
    ReviewCase,
    ReviewChanged,
    ReviewClaimed,
    ReviewNotFound,
    ReviewQuestion,
)
from ecif.store import BadCursor, KeyReused, RequestInFlight, Work

door = Door("reviews")

_Seen = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]


class DecisionBody(Body):
    """What a steward says: same, different or unsure, and which versions that was judged on."""

    decision: Judgement
    reason: Sentence
    seen: Annotated[
        dict[CustomerNumber, _Seen],
        Field(max_length=50, description="Customer number → version, as the review showed them."),
    ]
    survivor: CustomerNumber | None = None
    customers: Annotated[list[CustomerNumber] | None, Field(min_length=1, max_length=50)] = None


class ReviewFilter(BaseModel):
    """Which reviews are asked for; without `claimed_by` also those that somebody holds."""

    status: Literal["open", "decided", "settled"] = "open"
    kind: Literal["match", "ambiguous", "contradiction"] | None = None
    claimed_by: Word = None
    after: After = None
    limit: Limit = 50


@door.route(
    "GET /v1/admin/reviews", needs=Scope.REVIEWS_READ, answers=ReviewsAnswer, refuses=[BadCursor]
)
async def list_reviews(call: Call, wanted: Annotated[ReviewFilter, Query()]) -> Response:
    """List reviews, the oldest first."""
    question = ReviewQuestion(**wanted.model_dump())
    page = await call.tell(lambda work: stewardship.list_reviews(work, question))
    items = [
        {**review_of(line.review), "customers": [shown(each) for each in line.customers]}
        for line in page.items
    ]
    return json_answer({"items": items, "next": page.next})


@door.route(
    "GET /v1/admin/reviews/{review_id}",
    needs=Scope.REVIEWS_READ,
    answers=ReviewCaseAnswer,
    refuses=[ReviewNotFound],
)
async def get_review(call: Call, review_id: UUID) -> Response:
    """Lay a review out: its customers side by side, their records, the evidence, all masked."""

    async def story(work: Work) -> dict[str, Any]:
        return _laid_out(await stewardship.get_review(work, review_id), work)

    return json_answer(await call.tell(story))


@door.route(
    "POST /v1/admin/reviews/{review_id}/claim",
    needs=Scope.REVIEWS_DECIDE,
    answers=ReviewAnswer,
    refuses=[ReviewNotFound, ReviewAlreadyDecided, ReviewClaimed],
)
async def claim_review(call: Call, review_id: UUID) -> Response:
    """Keep other stewards away from a review for half an hour."""
    review = await call.tell(lambda work: stewardship.claim(work, review_id))
    return json_answer(review_of(review))


@door.route(
    "DELETE /v1/admin/reviews/{review_id}/claim",
    needs=Scope.REVIEWS_DECIDE,
    answers=ReviewAnswer,
    refuses=[ReviewNotFound, ReviewAlreadyDecided, ReviewClaimed],
)
async def release_review(call: Call, review_id: UUID) -> Response:
    """Give a claimed review back to the queue."""
    review = await call.tell(lambda work: stewardship.release(work, review_id))
    return json_answer(review_of(review))


@door.route(
    "POST /v1/admin/reviews/{review_id}/decision",
    needs=Scope.REVIEWS_DECIDE,
    answers=DecidedAnswer,
    refuses=[
        ReviewNotFound,
        ReviewAlreadyDecided,
        ReviewClaimed,
        ReviewChanged,
        KeyReused,
        RequestInFlight,
    ],
    responses={202: {"model": ProposedAnswer, "description": "The rules ask for a second person."}},
)
async def decide_review(call: Call, review_id: UUID, body: DecisionBody) -> Response:
    """Decide a review: `same` merges, `different` keeps apart, `unsure` leaves it to others."""
    decision = Decision(
        judgement=body.decision,
        reason=body.reason,
        seen=body.seen,
        survivor=body.survivor,
        customers=None if body.customers is None else tuple(body.customers),
    )

    async def story(work: Work) -> Told:
        done = await stewardship.decide(work, review_id, decision)
        if isinstance(done, Proposal):
            return proposed(done)
        answer = {
            "review": review_of(done.review),
            "customers": folders_of(done.rekeyed),
            "merges": merges_of(done.rekeyed),
            "anti_links": len(done.anti_links),
        }
        return Told(written(answer))

    return await once(call, story)


def _laid_out(case: ReviewCase, work: Work) -> dict[str, Any]:
    masks = work.rules.masks
    return {
        **review_of(case.review),
        "seen": case.seen,
        "subject_record_id": str(case.review.subject_record_id),
        "sides": [clear_side(side, masks) for side in case.sides],
        "ties": [
            {
                "record_id": str(tie.record_id),
                "bits": tie.bits,
                "evidence": evidence_of(tie.evidence, masks),
                "vetoes": list(tie.vetoes),
            }
            for tie in case.ties
        ],
        "reason": case.reason,
    }
