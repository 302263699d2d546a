"""Pins: a steward's value that outranks the rules until it is released; it belongs to the customer number."""

from typing import Any

import orjson
from sqlalchemy import text

from ecif.customers.desk import Desk
from ecif.customers.folders import Folder, take_out
from ecif.customers.linking import check_seen
from ecif.customers.reading import resolve
from ecif.customers.writing import put_back
from ecif.errors import NotFound
from ecif.store import Statement, TryAgain, Work, take_turn

_END = Statement(
    text("""
    UPDATE pin SET until = CAST(:now AS timestamptz), released_by = CAST(:actor AS text)
    WHERE customer_id = CAST(:customer_id AS bigint) AND field = CAST(:field AS text) AND until IS NULL
    """)
)
_PIN = Statement(
    text("""
    INSERT INTO pin (legal_entity, customer_id, field, value, pinned_by, reason, since)
    VALUES (CAST(:legal_entity AS text), CAST(:customer_id AS bigint), CAST(:field AS text), CAST(:value AS bytea),
            CAST(:actor AS text), CAST(:reason AS bytea), CAST(:now AS timestamptz))
    """)
)
_FLAG = Statement(
    text("""
    UPDATE customer SET has_pins = CAST(:has_pins AS boolean)
    WHERE id = CAST(:customer_id AS bigint) AND has_pins <> CAST(:has_pins AS boolean)
    """)
)


class PinNotFound(NotFound):
    """This customer number has no pin on this field."""

    slug = "pin-not-found"
    title = "This field of the customer is not pinned."


async def pin(work: Work, folder: Folder, field: str, value: Any, *, reason: str) -> Folder:
    """Let a steward's value stand for one golden field, whatever the records say; it takes an earlier pin's place.

    Args:
        work: The transaction.
        folder: The customer, taken out by `take_for_pin`.
        field: One of `GOLDEN_FIELDS`.
        value: In the shape of the golden record, already validated.
        reason: Why, in the steward's words.
    """
    place = {"customer_id": folder.id, "field": field, "actor": work.actor.subject}
    await work.connection.execute(_END, now=work.now, **place)
    await work.connection.execute(
        _PIN,
        legal_entity=work.legal_entity,
        value=folder.opener.seal("pin.value", orjson.dumps(value)),
        reason=folder.opener.seal("pin.reason", reason.encode()),
        now=work.now,
        **place,
    )
    folder.pins[field] = value
    await _derive_again(work, folder)
    work.note("customer.pin", folder.customer_no, field=field)
    return folder


async def release_pin(work: Work, folder: Folder, field: str) -> Folder:
    """Give a golden field back to the rules.

    Raises:
        PinNotFound: It is not pinned on this customer number.
    """
    if field not in folder.pins:
        raise PinNotFound
    await work.connection.execute(
        _END, customer_id=folder.id, field=field, actor=work.actor.subject, now=work.now
    )
    del folder.pins[field]
    await _derive_again(work, folder)
    work.note("customer.unpin", folder.customer_no, field=field)
    return folder


async def take_for_pin(work: Work, customer_no: str, seen_version: int | None = None) -> Folder:
    """Lock the customer whose value is to be pinned or released.

    Raises:
        CustomerNotFound: The number was never given.
        PreconditionFailed: The customer has changed since `seen_version`.
    """
    await take_turn(work)
    customer_id = (await resolve(work, [customer_no]))[customer_no]
    folder = (await take_out(work, customer_ids=[customer_id]))[customer_id]
    if folder.status == "merged":
        raise TryAgain
    check_seen(folder, seen_version)
    return folder


async def _derive_again(work: Work, folder: Folder) -> None:
    desk = Desk(work, {folder.id: folder})
    desk.touch(folder)
    await put_back(desk)
    await work.connection.execute(_FLAG, customer_id=folder.id, has_pins=bool(folder.pins))
