"""What a subscriber has not received although others behind it have: listed, tried again, sent once more, skipped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from ecif.delivery.changing import take_back
from ecif.delivery.subscriptions import get_subscription
from ecif.errors import NotFound
from ecif.events import DeliverySkipped
from ecif.store import Page, Row, Statement, Work, events_at, page_of, read_cursor

WaitingState = Literal["due", "waiting", "parked"]

_PAGE = Statement(
    text("""
    SELECT position, event_id, type, lanes, state, attempts, due_at, reason, status, since FROM delivery
    WHERE subscription_id = CAST(:id AS uuid) AND position > CAST(:after AS bigint)
      AND (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
    ORDER BY position LIMIT CAST(:limit AS bigint)
    """)
)
_AGAIN = Statement(
    text("""
    UPDATE delivery SET state = 'due', attempts = 0, due_at = clock_timestamp()
    WHERE subscription_id = CAST(:id AS uuid) AND position = CAST(:position AS bigint)
    RETURNING position
    """)
)
# Somebody has decided that it goes: what it was accused of is forgotten, or it would be parked at once.
_ACQUIT = Statement(
    text("""
    UPDATE subscription SET accused = NULL, accusations = 0
    WHERE id = CAST(:id AS uuid) AND accused = CAST(:position AS bigint)
    """)
)
_ONCE_MORE = Statement(
    text("""
    INSERT INTO delivery (subscription_id, position, legal_entity, event_id, type, lanes, state, attempts, due_at,
                          reason, since)
    VALUES (CAST(:id AS uuid), CAST(:position AS bigint), CAST(:legal_entity AS text), CAST(:event_id AS uuid),
            CAST(:type AS text), '{}', 'due', 0, clock_timestamp(), 'replay', clock_timestamp())
    ON CONFLICT (subscription_id, position) DO UPDATE SET state = 'due', attempts = 0, due_at = clock_timestamp()
    """)
)
_DROP = Statement(
    text("""
    DELETE FROM delivery WHERE subscription_id = CAST(:id AS uuid) AND position = CAST(:position AS bigint)
    RETURNING event_id
    """)
)


class DeliveryNotFound(NotFound):
    """No event at this position waits for this subscriber."""

    slug = "delivery-not-found"
    title = "No event at this position waits for this subscriber."


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that was set aside for one subscriber: due again, behind another of its customer, or parked."""

    position: int
    event_id: UUID
    type: str
    customers: tuple[str, ...]
    state: WaitingState
    attempts: int
    due_at: datetime
    reason: str | None
    status: int | None
    since: datetime


async def list_waiting(
    work: Work, subscription_id: UUID, *, state: WaitingState | None, after: str | None, limit: int
) -> Page[Waiting]:
    """A page of the events that were set aside, in the order of the feed.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        BadCursor: `after` is not a cursor of this list.
    """
    await get_subscription(work, subscription_id)
    place = read_cursor(after, [int]) or (0,)
    rows = await work.connection.fetch(
        _PAGE, id=subscription_id, after=place[0], state=state, limit=limit + 1
    )
    page = page_of(rows, limit, lambda row: [row["position"]])
    return Page([_waiting_of(row) for row in page.items], page.next)


async def retry(work: Work, subscription_id: UUID, position: int) -> None:
    """Try an event that was set aside again, at once and with a whole schedule before it.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        DeliveryNotFound: No such event waits.
    """
    await take_back(work, subscription_id)
    found = await work.connection.fetch_value(_AGAIN, id=subscription_id, position=position)
    if found is None:
        raise DeliveryNotFound
    await work.connection.execute(_ACQUIT, id=subscription_id, position=position)
    work.note("delivery.retry", str(subscription_id), position=position)


async def send_once_more(work: Work, subscription_id: UUID, position: int) -> None:
    """Send one event of the feed again, whatever the subscription chooses, beside everything else.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        DeliveryNotFound: The feed holds no such event.
    """
    before = await take_back(work, subscription_id)
    rows = await events_at(work.connection, [position], legal_entity=work.legal_entity)
    if not rows:
        raise DeliveryNotFound("The feed holds no event at this position.")
    if position > before.cursor.position:
        return  # it is still to come, in its order
    await work.connection.execute(_ACQUIT, id=subscription_id, position=position)
    await work.connection.execute(
        _ONCE_MORE,
        id=subscription_id,
        position=position,
        legal_entity=work.legal_entity,
        event_id=rows[0]["event_id"],
        type=rows[0]["type"],
    )
    work.note("delivery.send_again", str(subscription_id), position=position)


async def find_waiting(work: Work, subscription_id: UUID, position: int) -> Waiting:
    """One event that was set aside.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        DeliveryNotFound: No such event waits.
    """
    await get_subscription(work, subscription_id)
    rows = await work.connection.fetch(
        _PAGE, id=subscription_id, after=position - 1, state=None, limit=1
    )
    if not rows or rows[0]["position"] != position:
        raise DeliveryNotFound
    return _waiting_of(rows[0])


async def skip(work: Work, subscription_id: UUID, position: int) -> Waiting:
    """Let a subscriber do without an event; its customer's later ones follow, and the feed tells of the gap.

    Raises:
        SubscriptionNotFound: There is no such subscription.
        DeliveryNotFound: No such event waits.
    """
    await take_back(work, subscription_id)
    waiting = await find_waiting(work, subscription_id, position)
    await work.connection.execute(_DROP, id=subscription_id, position=position)
    work.record(
        DeliverySkipped(
            subscription_id=str(subscription_id), event_id=str(waiting.event_id), position=position
        )
    )
    work.note("delivery.skip", str(subscription_id), position=position)
    return waiting


def _waiting_of(row: Row) -> Waiting:
    plain = dict(row)
    return Waiting(customers=tuple(plain.pop("lanes")), **plain)
