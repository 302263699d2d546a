"""Proposals: what one person wants done, and another one approves or rejects."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from ecif import delivery, stewardship
from ecif.api.admin_shapes import (
    ApprovedAnswer,
    ProposalAnswer,
    ProposalCaseAnswer,
    ProposalsAnswer,
)
from ecif.api.answers import json_answer, written
from ecif.api.bodies import Body, Sentence
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.laid_out import (
    folders_of,
    masked_golden,
    merges_of,
    proposal_of,
    shown_folder,
)
from ecif.api.pages import After, Limit
from ecif.api.repeats import Told, once
from ecif.customers import Folder, Rekeyed
from ecif.rules import MaskRules
from ecif.security import Scope
from ecif.stewardship import (
    Approved,
    Decided,
    ProposalAlreadyDecided,
    ProposalCase,
    ProposalNotFound,
    ProposalOutdated,
    ProposalQuestion,
    SecondPersonRequired,
)
from ecif.store import BadCursor, KeyReused, RequestInFlight, Work

door = Door("proposals")


class ApproveBody(Body):
    """The digest of the proposal that was read, so that nothing else is approved."""

    digest: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None


class RejectBody(Body):
    """Why it is turned down."""

    reason: Sentence


@door.route(
    "GET /v1/admin/proposals",
    needs=Scope.REVIEWS_READ,
    answers=ProposalsAnswer,
    refuses=[BadCursor],
)
async def list_proposals(
    call: Call,
    status: Annotated[Literal["open", "approved", "rejected", "expired"], Query()] = "open",
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """List proposals, the oldest first."""
    question = ProposalQuestion(status=status, after=after, limit=limit)
    page = await call.tell(lambda work: stewardship.list_proposals(work, question))
    return json_answer({"items": [proposal_of(each) for each in page.items], "next": page.next})


@door.route(
    "GET /v1/admin/proposals/{proposal_id}",
    needs=Scope.REVIEWS_READ,
    answers=ProposalCaseAnswer,
    refuses=[ProposalNotFound],
)
async def get_proposal(call: Call, proposal_id: UUID) -> Response:
    """Read a proposal with what it says, masked."""

    async def story(work: Work) -> dict[str, Any]:
        case = await stewardship.get_proposal(work, proposal_id)
        content = _masked_content(case, work.rules.masks)
        return {**proposal_of(case.proposal), "content": content, "rejected_because": case.reason}

    return json_answer(await call.tell(story))


@door.route(
    "POST /v1/admin/proposals/{proposal_id}/approve",
    needs=Scope.PROPOSALS_APPROVE,
    answers=ApprovedAnswer,
    refuses=[
        ProposalNotFound,
        ProposalAlreadyDecided,
        ProposalOutdated,
        SecondPersonRequired,
        KeyReused,
        RequestInFlight,
    ],
)
async def approve_proposal(
    call: Call, proposal_id: UUID, body: ApproveBody | None = None
) -> Response:
    """Let a proposal of another person take effect."""
    digest = body.digest if body is not None else None

    async def story(work: Work) -> Told:
        done = await stewardship.approve(work, proposal_id, digest=digest, skip=delivery.skip)
        return Told(written(_approved(done)))

    return await once(call, story)


@door.route(
    "POST /v1/admin/proposals/{proposal_id}/reject",
    needs=Scope.PROPOSALS_APPROVE,
    answers=ProposalAnswer,
    refuses=[ProposalNotFound, ProposalAlreadyDecided, KeyReused, RequestInFlight],
)
async def reject_proposal(call: Call, proposal_id: UUID, body: RejectBody) -> Response:
    """Turn a proposal down; its maker may take it back this way."""

    async def story(work: Work) -> Told:
        rejected = await stewardship.reject(work, proposal_id, reason=body.reason)
        return Told(written(proposal_of(rejected)))

    return await once(call, story)


def _masked_content(case: ProposalCase, masks: MaskRules) -> dict[str, Any]:
    content = dict(case.content)
    if case.proposal.kind == "pin":
        kind = "organisation" if case.proposal.customers[0].startswith("2") else "person"
        content["value"] = masked_golden({content["field"]: content["value"]}, kind, masks)[
            content["field"]
        ]
    return content


def _approved(done: Approved) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "proposal": proposal_of(done.proposal),
        "customers": [],
        "merges": [],
        "active_rules_version": None,
    }
    match done.outcome:
        case Rekeyed():
            answer |= {
                "customers": folders_of(done.outcome),
                "merges": merges_of(done.outcome),
            }
        case Decided():
            answer |= {
                "customers": folders_of(done.outcome.rekeyed),
                "merges": merges_of(done.outcome.rekeyed),
            }
        case Folder():
            answer["customers"] = [shown_folder(done.outcome)]
        case int():
            answer["active_rules_version"] = done.outcome
    return answer
