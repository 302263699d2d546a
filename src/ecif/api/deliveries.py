"""What a subscriber has not received: seen, tried again, or skipped by two people; and every attempt."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from ecif import delivery, stewardship
from ecif.api.admin_shapes import ProposedAnswer
from ecif.api.answers import json_answer
from ecif.api.bodies import Body, Sentence
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.laid_out import proposed
from ecif.api.pages import After, Limit
from ecif.api.repeats import Told, once
from ecif.api.subscription_answers import (
    AttemptsAnswer,
    WaitingsAnswer,
    attempt_of,
    waiting_of,
)
from ecif.delivery import DeliveryNotFound, SubscriptionNotFound, WaitingState
from ecif.security import Scope
from ecif.stewardship import ProposedSkip
from ecif.store import BadCursor, KeyReused, RequestInFlight, Work

door = Door("subscriptions")

Position = Annotated[int, Path(ge=1, le=2**63 - 1)]


class SkipBody(Body):
    """Why the subscriber is to do without this event."""

    reason: Sentence


@door.route(
    "GET /v1/admin/subscriptions/{subscription_id}/deliveries",
    needs=Scope.SUBSCRIPTIONS_READ,
    answers=WaitingsAnswer,
    refuses=[SubscriptionNotFound, BadCursor],
)
async def list_deliveries(
    call: Call,
    subscription_id: UUID,
    state: Annotated[WaitingState | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """List the events that wait beside the cursor: due again, behind another of their customer, or parked."""
    page = await call.tell(
        lambda work: delivery.list_waiting(
            work, subscription_id, state=state, after=after, limit=limit
        )
    )
    return json_answer({"items": [waiting_of(each) for each in page.items], "next": page.next})


@door.route(
    "GET /v1/admin/subscriptions/{subscription_id}/attempts",
    needs=Scope.SUBSCRIPTIONS_READ,
    answers=AttemptsAnswer,
    refuses=[SubscriptionNotFound, BadCursor],
)
async def list_attempts(
    call: Call, subscription_id: UUID, after: After = None, limit: Limit = 50
) -> Response:
    """List what became of attempts, the latest first: each failed one, and successful ones counted together."""

    async def story(work: Work) -> dict[str, object]:
        await delivery.get_subscription(work, subscription_id)
        page = await delivery.list_attempts(work, subscription_id, after=after, limit=limit)
        return {"items": [attempt_of(each) for each in page.items], "next": page.next}

    return json_answer(await call.tell(story))


@door.route(
    "POST /v1/admin/subscriptions/{subscription_id}/deliveries/{position}/retry",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    status_code=204,
    refuses=[SubscriptionNotFound, DeliveryNotFound],
)
async def retry_delivery(call: Call, subscription_id: UUID, position: Position) -> Response:
    """Try an event that waits again, at once."""
    await call.tell(lambda work: delivery.retry(work, subscription_id, position))
    return Response(status_code=204)


@door.route(
    "POST /v1/admin/subscriptions/{subscription_id}/deliveries/{position}/skip",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=ProposedAnswer,
    status_code=202,
    refuses=[SubscriptionNotFound, DeliveryNotFound, KeyReused, RequestInFlight],
)
async def skip_delivery(
    call: Call, subscription_id: UUID, position: Position, body: SkipBody
) -> Response:
    """Propose that the subscriber does without an event; a second person approves it, and the feed tells of the gap."""

    async def story(work: Work) -> Told:
        waiting = await delivery.find_waiting(work, subscription_id, position)
        return proposed(
            await stewardship.propose_skip(
                work,
                ProposedSkip(
                    reason=body.reason,
                    seen={},
                    subscription_id=subscription_id,
                    position=position,
                    event_id=waiting.event_id,
                ),
            )
        )

    return await once(call, story)
