"""Subscriptions: who is told of what, how far each of them is, and what to do about what does not arrive."""

from uuid import UUID

from starlette.responses import Response

from ecif import delivery
from ecif.api.answers import json_answer, written
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import After, Limit
from ecif.api.repeats import Told, once
from ecif.api.subscription_answers import (
    NewSubscriptionAnswer,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    TriedAnswer,
    subscription_of,
)
from ecif.api.subscription_shapes import (
    PlaceBody,
    ReplayBody,
    SubscriptionBody,
    SubscriptionChangeBody,
)
from ecif.delivery import (
    AddressNotAllowed,
    DeliveryNotFound,
    NewSubscription,
    Secrets,
    Subscription,
    SubscriptionNotFound,
    TargetFixed,
    TargetNotInstalled,
)
from ecif.errors import MissingScope, PreconditionFailed, PreconditionNeeded
from ecif.security import Scope
from ecif.store import BadCursor, CursorAhead, CursorGone, KeyReused, RequestInFlight, Work

door = Door("subscriptions")


@door.route(
    "POST /v1/admin/subscriptions",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=NewSubscriptionAnswer,
    status_code=201,
    refuses=[
        AddressNotAllowed,
        TargetNotInstalled,
        CursorAhead,
        CursorGone,
        MissingScope,
        KeyReused,
        RequestInFlight,
    ],
)
async def subscribe(call: Call, body: SubscriptionBody) -> Response:
    """Be told of every change, in order per customer; the secret is shown in this answer and never again."""
    call.wiring.ways_out.check(body.target)
    new = NewSubscription(
        name=body.name,
        target=body.target,
        types=body.types,
        source_systems=body.source_systems,
        kinds=body.kinds,
        content=body.content,
        credentials=body.plain_credentials(),
        start=body.start.place() if isinstance(body.start, PlaceBody) else body.start,
    )

    async def story(work: Work) -> Told:
        made, secrets = await delivery.subscribe(work, new)
        location = {"Location": f"/v1/admin/subscriptions/{made.id}", "ETag": made.etag}
        return Told(_with_secrets(made, secrets), 201, location)

    return await once(call, story)


@door.route(
    "GET /v1/admin/subscriptions",
    needs=Scope.SUBSCRIPTIONS_READ,
    answers=SubscriptionsAnswer,
    refuses=[BadCursor],
)
async def list_subscriptions(call: Call, after: After = None, limit: Limit = 50) -> Response:
    """List subscriptions, the oldest first, with how far each is."""
    page = await call.tell(lambda work: delivery.list_subscriptions(work, after=after, limit=limit))
    return json_answer({"items": [subscription_of(each) for each in page.items], "next": page.next})


@door.route(
    "GET /v1/admin/subscriptions/{subscription_id}",
    needs=Scope.SUBSCRIPTIONS_READ,
    answers=SubscriptionAnswer,
    refuses=[SubscriptionNotFound],
)
async def get_subscription(call: Call, subscription_id: UUID) -> Response:
    """Read one subscription with how far it is."""
    found = await call.tell(lambda work: delivery.get_subscription(work, subscription_id))
    return json_answer(subscription_of(found), headers={"ETag": found.etag})


@door.route(
    "PATCH /v1/admin/subscriptions/{subscription_id}",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=SubscriptionAnswer,
    refuses=[
        AddressNotAllowed,
        TargetNotInstalled,
        SubscriptionNotFound,
        PreconditionNeeded,
        PreconditionFailed,
        TargetFixed,
        CursorGone,
        MissingScope,
    ],
)
async def change_subscription(
    call: Call, subscription_id: UUID, body: SubscriptionChangeBody
) -> Response:
    """Change, pause or resume a subscription; it goes on exactly where it was."""
    seen = call.seen_version()
    if body.target is not None:
        call.wiring.ways_out.check(body.target)
    changed = await call.tell(
        lambda work: delivery.change(work, subscription_id, body.said(), seen_version=seen)
    )
    return json_answer(subscription_of(changed), headers={"ETag": changed.etag})


@door.route(
    "DELETE /v1/admin/subscriptions/{subscription_id}",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    status_code=204,
    refuses=[SubscriptionNotFound],
)
async def unsubscribe(call: Call, subscription_id: UUID) -> Response:
    """Delete a subscription, its secrets and what waits for it."""
    await call.tell(lambda work: delivery.unsubscribe(work, subscription_id))
    return Response(status_code=204)


@door.route(
    "POST /v1/admin/subscriptions/{subscription_id}/rotate-secret",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=NewSubscriptionAnswer,
    refuses=[SubscriptionNotFound, KeyReused, RequestInFlight],
)
async def rotate_secret(call: Call, subscription_id: UUID) -> Response:
    """Make new keys; for 24 hours the old ones sign beside them."""

    async def story(work: Work) -> Told:
        rotated, secrets = await delivery.rotate_secret(work, subscription_id)
        return Told(_with_secrets(rotated, secrets), headers={"ETag": rotated.etag})

    return await once(call, story)


@door.route(
    "POST /v1/admin/subscriptions/{subscription_id}/test",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=TriedAnswer,
    refuses=[SubscriptionNotFound],
)
async def test_subscription(call: Call, subscription_id: UUID) -> Response:
    """Send a test event now, and say what became of it."""
    found = await call.tell(lambda work: delivery.get_subscription(work, subscription_id))
    tried = await delivery.try_out(call.wiring.ways_out, found.held, call.wiring.source)
    return json_answer(
        {
            "outcome": tried.outcome.handed,
            "reason": tried.outcome.reason,
            "status": tried.outcome.status,
            "event_id": tried.event_id,
        }
    )


@door.route(
    "POST /v1/admin/subscriptions/{subscription_id}/replay",
    needs=Scope.SUBSCRIPTIONS_WRITE,
    answers=SubscriptionAnswer,
    refuses=[SubscriptionNotFound, DeliveryNotFound, CursorAhead, CursorGone],
)
async def replay_subscription(call: Call, subscription_id: UUID, body: ReplayBody) -> Response:
    """Send again: everything after a cursor or since a time, in order; or one event, beside everything else."""
    position = body.position

    async def story(work: Work) -> Subscription:
        if position is None:
            place = PlaceBody(cursor=body.cursor, time=body.time).place()
            return await delivery.replay(work, subscription_id, place)
        await delivery.send_once_more(work, subscription_id, position)
        return await delivery.get_subscription(work, subscription_id)

    replayed = await call.tell(story)
    return json_answer(subscription_of(replayed), headers={"ETag": replayed.etag})


def _with_secrets(subscription: Subscription, secrets: Secrets) -> bytes:
    return written(
        {
            "subscription": subscription_of(subscription),
            "secret": secrets.secret,
            "public_key": secrets.public_key,
        }
    )
