"""Subscriptions: who is told what, from where on, and how far that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text

from ecif.delivery.leases import Held, held_of
from ecif.delivery.secrets import Kept, Secrets, fresh_keys, open_secrets, seal_secrets, shown_once
from ecif.delivery.starts import Start, place_of_start
from ecif.delivery.targets import Target, WebhookTarget
from ecif.errors import NotFound
from ecif.security import Scope
from ecif.store import (
    BadCursor,
    Cursor,
    Page,
    Row,
    Statement,
    Work,
    page_of,
    read_cursor,
)

Content = Literal["ids", "masked", "full"]
Status = Literal["active", "paused", "disabled"]

_COLUMNS: Final = """s.*, (SELECT count(*) FROM delivery d WHERE d.subscription_id = s.id) AS apart,
    (SELECT count(*) FROM delivery d WHERE d.subscription_id = s.id AND d.state = 'parked') AS parked,
    greatest(q.position - s.position, 0) AS lag,
    (SELECT min(o.time) FROM feed f JOIN outbox o ON o.id = f.outbox_id
     WHERE f.position = s.position + 1) AS oldest_unsent_at"""
_FROM: Final = "FROM subscription s CROSS JOIN sequencer q"
_MAKE = Statement(
    text("""
    INSERT INTO subscription (id, legal_entity, name, target, secrets, types, source_systems, kinds, content, version,
                              made_by, made_at, status, epoch, position, delivered_count, failures, failing_told,
                              fencing)
    VALUES (CAST(:id AS uuid), CAST(:legal_entity AS text), CAST(:name AS text), CAST(:target AS jsonb),
            CAST(:secrets AS bytea), CAST(:types AS text[]), CAST(:source_systems AS text[]),
            CAST(:kinds AS text[]), CAST(:content AS text), 1, CAST(:actor AS text), CAST(:now AS timestamptz),
            'active', CAST(:epoch AS bigint), CAST(:position AS bigint), 0, 0, false, 0)
    """)
)
_ONE = Statement(
    text(f"""
    SELECT {_COLUMNS} {_FROM}
    WHERE s.id = CAST(:id AS uuid) AND s.legal_entity = CAST(:legal_entity AS text)
    """)
)
_PAGE = Statement(
    text(f"""
    SELECT {_COLUMNS} {_FROM}
    WHERE s.legal_entity = CAST(:legal_entity AS text)
      AND (s.made_at, s.id) > (CAST(:after AS timestamptz), CAST(:after_id AS uuid))
    ORDER BY s.made_at, s.id LIMIT CAST(:limit AS bigint)
    """)
)
_BEFORE_ALL: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class SubscriptionNotFound(NotFound):
    """There is no subscription with this id."""

    slug = "subscription-not-found"
    title = "There is no subscription with this id."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What a subscriber wants; None for types, source systems or kinds means all of them.

    `credentials` are what a broker asks for, such as `username` and `password`: sealed, and never shown.
    """

    name: str
    target: Target
    types: Sequence[str] | None = None
    source_systems: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    content: Content = "ids"
    start: Start = "now"
    credentials: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription as it stands, without its secrets.

    `lag` counts the events of the feed after its place, whoever they are for; `oldest_unsent_at` is the time of the
    first of them. `apart` events wait beside the cursor, `parked` of them for a person. `public_keys` verify `v1a`.
    """

    held: Held
    version: int
    made_by: str
    made_at: datetime
    status: Status
    why: str | None
    delivered_count: int
    delivered_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    failure_status: int | None
    apart: int
    parked: int
    lag: int
    oldest_unsent_at: datetime | None
    public_keys: tuple[str, ...]

    @property
    def id(self) -> UUID:
        """Its id."""
        return self.held.id

    @property
    def cursor(self) -> Cursor:
        """Everything at or below has been delivered, or waits apart."""
        return Cursor(self.held.epoch, self.held.position)

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"v{self.version}.m0"'


async def subscribe(work: Work, new: NewSubscription) -> tuple[Subscription, Secrets]:
    """Take a subscription in; its secrets are told now and never again.

    Raises:
        MissingScope: Full content needs `customers:reveal`.
        CursorGone: The feed no longer holds what came after the start.
        CursorAhead: The start lies beyond the end of the feed.
    """
    check_content(work, new.content)
    start = await place_of_start(work, new.start)
    subscription_id = work.new_id()
    target = new.target
    keys = fresh_keys(target.signatures) if isinstance(target, WebhookTarget) else []
    await work.connection.execute(
        _MAKE,
        id=subscription_id,
        legal_entity=work.legal_entity,
        name=new.name,
        target=new.target.model_dump_json(),
        secrets=seal_secrets(
            work.vault, work.legal_entity, subscription_id, Kept(keys, new.credentials)
        ),
        types=listed(new.types),
        source_systems=listed(new.source_systems),
        kinds=listed(new.kinds),
        content=new.content,
        actor=work.actor.subject,
        now=work.now,
        epoch=start.epoch,
        position=start.position,
    )
    work.note("subscription.make", str(subscription_id), content=new.content)
    return await get_subscription(work, subscription_id), shown_once(keys)


async def get_subscription(work: Work, subscription_id: UUID) -> Subscription:
    """One subscription.

    Raises:
        SubscriptionNotFound: There is none with this id.
    """
    row = await work.connection.fetch_one(_ONE, id=subscription_id, legal_entity=work.legal_entity)
    if row is None:
        raise SubscriptionNotFound
    return _subscription_of(work, row)


async def list_subscriptions(work: Work, *, after: str | None, limit: int) -> Page[Subscription]:
    """A page of subscriptions, the oldest first.

    Raises:
        BadCursor: `after` is not a cursor of this list.
    """
    made_at, after_id = _place_after(after)
    rows = await work.connection.fetch(
        _PAGE,
        legal_entity=work.legal_entity,
        after=made_at,
        after_id=after_id,
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: [row["made_at"].isoformat(), str(row["id"])])
    return Page([_subscription_of(work, row) for row in page.items], page.next)


def check_content(work: Work, content: Content) -> None:
    """Whoever wants clear values delivered must be allowed to see them.

    Raises:
        MissingScope: Full content needs `customers:reveal`.
    """
    if content == "full":
        work.actor.require(Scope.CUSTOMERS_REVEAL)


def listed(words: Sequence[str] | None) -> list[str] | None:
    """Words as their column holds them, each once; nothing chosen means all."""
    return sorted(set(words)) if words else None


def _subscription_of(work: Work, row: Row) -> Subscription:
    held = held_of(row)
    keys = open_secrets(work.vault, held.legal_entity, held.id, held.secrets).keys
    public = (each.key.public_text for each in keys if each.until is None or each.until > work.now)
    names = Subscription.__dataclass_fields__.keys() - {"held", "public_keys"}
    plain: dict[str, Any] = {name: row[name] for name in names}
    return Subscription(
        held=held, public_keys=tuple(each for each in public if each is not None), **plain
    )


def _place_after(cursor: str | None) -> tuple[datetime, UUID]:
    place = read_cursor(cursor, [str, str])
    if place is None:
        return _BEFORE_ALL
    try:
        return datetime.fromisoformat(place[0]).astimezone(UTC), UUID(place[1])
    except (ValueError, OverflowError) as error:
        raise BadCursor from error
