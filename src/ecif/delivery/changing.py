"""Changes of a subscription: each takes it away from whoever carries it, and it goes on from its place as changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import orjson
from sqlalchemy import text

from ecif.delivery.leases import Held
from ecif.delivery.secrets import Kept, Secrets, open_secrets, rotated, seal_secrets, shown_once
from ecif.delivery.starts import check_still_held, place_of_start
from ecif.delivery.subscriptions import (
    Subscription,
    SubscriptionNotFound,
    check_content,
    get_subscription,
    listed,
)
from ecif.errors import Conflict, PreconditionFailed
from ecif.store import Cursor, Statement, Work

_LOCK = Statement(
    text("""
    SELECT id FROM subscription WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text) FOR UPDATE
    """)
)
# What a relay has sent and not settled when it is fenced out is sent again by the next one.
_CHANGE = Statement(
    text("""
    UPDATE subscription SET name = CAST(:name AS text), target = CAST(:target AS jsonb),
           secrets = CAST(:secrets AS bytea), types = CAST(:types AS text[]),
           source_systems = CAST(:source_systems AS text[]), kinds = CAST(:kinds AS text[]),
           content = CAST(:content AS text), status = CAST(:status AS text), why = CAST(:why AS text),
           epoch = CAST(:epoch AS bigint), position = CAST(:position AS bigint),
           version = version + 1, fencing = fencing + 1, holder = NULL, leased_until = NULL,
           failures = 0, retry_at = NULL
    WHERE id = CAST(:id AS uuid)
    """)
)
_DELETE = Statement(text("DELETE FROM subscription WHERE id = CAST(:id AS uuid)"))
_CLEAR_AFTER = Statement(
    text("""
    DELETE FROM delivery WHERE subscription_id = CAST(:id AS uuid) AND position > CAST(:position AS bigint)
    """)
)


class TargetFixed(Conflict):
    """The kind of a target and its signatures are fixed when the subscription is made."""

    slug: ClassVar[str] = "target-fixed"
    title: ClassVar[str] = (
        "The kind of a target and its signatures cannot be changed; make another subscription."
    )


async def change(
    work: Work, subscription_id: UUID, said: Mapping[str, Any], *, seen_version: int | None
) -> Subscription:
    """Change what is said anew, pause or resume; the place is kept.

    Args:
        work: The transaction.
        subscription_id: Which one.
        said: Of `name`, `target`, `types`, `source_systems`, `kinds`, `content`, `status`, `credentials`,
            those that change.
        seen_version: The version that the caller looked at; None to go on whatever it is.

    Raises:
        SubscriptionNotFound: There is none with this id.
        PreconditionFailed: It has changed since.
        MissingScope: Full content needs `customers:reveal`.
        TargetFixed: The target is of another kind, or signed in another way.
        CursorGone: It is to be resumed, and the feed no longer holds what it has not received.
    """
    before = await _lock(work, subscription_id, seen_version)
    held = before.held
    content = said.get("content", held.content)
    if "content" in said or "target" in said:
        check_content(work, content)
    target = said.get("target", held.target)
    fixed = ("kind", "signatures")
    if any(target.get(name) != held.target.get(name) for name in fixed):
        raise TargetFixed
    status = said.get("status", before.status)
    if status == "active":
        await check_still_held(work, before.cursor)
    changed = replace(
        held,
        secrets=_secrets_with(work, held, said.get("credentials")),
        name=said.get("name", held.name),
        target=target,
        content=content,
        types=listed(said.get("types", held.types)),
        source_systems=listed(said.get("source_systems", held.source_systems)),
        kinds=listed(said.get("kinds", held.kinds)),
    )
    why = before.why if status == before.status else None
    await _write(work, replace(before, held=changed, status=status, why=why))
    work.note("subscription.change", str(subscription_id), fields=sorted(said))
    return await get_subscription(work, subscription_id)


async def rotate_secret(work: Work, subscription_id: UUID) -> tuple[Subscription, Secrets]:
    """Give a subscription new keys; for a day both generations sign, so the receiver may change in its own time.

    Raises:
        SubscriptionNotFound: There is none with this id.
    """
    before = await _lock(work, subscription_id, None)
    held = before.held
    kept = open_secrets(work.vault, held.legal_entity, held.id, held.secrets)
    keys = rotated(kept.keys, work.now)
    sealed = seal_secrets(work.vault, held.legal_entity, held.id, Kept(keys, kept.credentials))
    await _write(work, replace(before, held=replace(held, secrets=sealed)))
    work.note("subscription.rotate", str(subscription_id))
    return await get_subscription(work, subscription_id), shown_once(keys)


async def replay(work: Work, subscription_id: UUID, start: Cursor | datetime) -> Subscription:
    """Go back (or forward) to a place in the feed, and send everything after it again.

    Raises:
        SubscriptionNotFound: There is none with this id.
        CursorGone: The feed no longer holds what came after the place.
        CursorAhead: It lies beyond the end of the feed.
    """
    before = await _lock(work, subscription_id, None)
    place = await place_of_start(work, start)
    held = replace(before.held, epoch=place.epoch, position=place.position)
    # What was set aside after the place is read from the feed again, in its order.
    await work.connection.execute(_CLEAR_AFTER, id=subscription_id, position=place.position)
    await _write(work, replace(before, held=held))
    work.note("subscription.replay", str(subscription_id), cursor=str(place))
    return await get_subscription(work, subscription_id)


async def unsubscribe(work: Work, subscription_id: UUID) -> None:
    """Delete a subscription, its secrets and what waits for it.

    Raises:
        SubscriptionNotFound: There is none with this id.
    """
    await _lock(work, subscription_id, None)
    await work.connection.execute(_DELETE, id=subscription_id)
    work.note("subscription.delete", str(subscription_id))


async def take_back(work: Work, subscription_id: UUID) -> Subscription:
    """Lock a subscription and take it away from its relay, so that what waits for it can be changed.

    Raises:
        SubscriptionNotFound: There is none with this id.
    """
    before = await _lock(work, subscription_id, None)
    await _write(work, before)
    return before


async def _lock(work: Work, subscription_id: UUID, seen_version: int | None) -> Subscription:
    found = await work.connection.fetch_one(
        _LOCK, id=subscription_id, legal_entity=work.legal_entity
    )
    if found is None:
        raise SubscriptionNotFound
    before = await get_subscription(work, subscription_id)
    if seen_version is not None and seen_version != before.version:
        raise PreconditionFailed("The subscription has changed; read it again.")
    return before


def _secrets_with(work: Work, held: Held, credentials: Mapping[str, str] | None) -> bytes:
    if credentials is None:
        return held.secrets
    kept = open_secrets(work.vault, held.legal_entity, held.id, held.secrets)
    return seal_secrets(work.vault, held.legal_entity, held.id, Kept(kept.keys, credentials))


async def _write(work: Work, after: Subscription) -> None:
    held = after.held
    await work.connection.execute(
        _CHANGE,
        id=held.id,
        name=held.name,
        target=orjson.dumps(held.target).decode(),
        secrets=held.secrets,
        types=held.types,
        source_systems=held.source_systems,
        kinds=held.kinds,
        content=held.content,
        status=after.status,
        why=after.why,
        epoch=held.epoch,
        position=held.position,
    )
