"""The story of records that come in: keep them, recognise whose they are, link them; one or many at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ecif import customers, identity, matching, stewardship
from ecif.customers import Arrival, Desk, Folder, MaskedCustomer
from ecif.errors import StaleRecord
from ecif.intake.arriving import Prepared
from ecif.intake.deciding import join_customers, oldest, question_about
from ecif.intake.neighbourhood import Asking, Neighbourhood, gather
from ecif.intake.receiving import Incoming, Outcome, receive
from ecif.intake.recognition import contradiction_within, reason_of, recognise_among
from ecif.matching import Indexed, Tie
from ecif.rules import Reason
from ecif.stewardship import ReviewRequest
from ecif.store import Work


@dataclass(frozen=True, slots=True)
class Registration:
    """What became of one message. `customer` is None for a stale one."""

    outcome: Outcome
    customer: MaskedCustomer | None = None
    reason: Reason | None = None
    review_id: UUID | None = None
    flags: tuple[identity.Flag, ...] = ()


async def register(work: Work, prepared: Prepared, *, only_listed: bool = False) -> Registration:
    """Take one source record in and say whose it is.

    Raises:
        StaleRecord: A newer version from this source is stored.
        SourceSystemNotListed: The source is unknown, and only listed ones may send.
    """
    [registration] = await register_many(work, [prepared], only_listed=only_listed)
    if registration.outcome == "stale":
        raise StaleRecord
    return registration


async def register_many(
    work: Work, batch: Sequence[Prepared], *, only_listed: bool = False
) -> list[Registration]:
    """Take source records in, set at a time, as if they had come one after another in this order.

    Args:
        work: The transaction.
        batch: Messages of different source keys.
        only_listed: Refuse source systems that nobody registered.

    Returns:
        One registration per message, in the same order; a stale one is counted, not raised.
    """
    messages = await receive(work, batch, only_listed=only_listed)
    await customers.confirm(
        work,
        [
            (each.record, each.prepared.new)
            for each in messages
            if each.arrival is Arrival.UNCHANGED and each.record is not None
        ],
    )
    fresh = [each for each in messages if each.arrival in (Arrival.NEW, Arrival.UPDATE)]
    desk: Desk | None = None
    if fresh:
        known = [each.record.id for each in fresh if each.record is not None]
        near = await gather(work, [each.prepared.keys for each in fresh], known)
        desk = Desk(work, near.folders)
        for each in fresh:
            await _settle(desk, near, each)
        await customers.put_back(desk)
        _note(desk, fresh)
        await _index(work, fresh)
        await _ask_people(work, desk, near, fresh)
    return await _answers(work, messages, desk.folders if desk else {})


async def _settle(desk: Desk, near: Neighbourhood, message: Incoming) -> None:
    """Keep one message's record and give it its customer."""
    new, features, keys = message.prepared.new, message.prepared.features, message.prepared.keys
    rules = desk.work.rules
    own: Folder | None = None
    record = message.record
    if record is None:
        record = await desk.receive(new, stored_key=message.stored_key, digest=message.digest)
    else:
        record = near.home[record.id]
        own = desk.folders[record.customer_id]
        desk.replace(record, new, message.digest)
        near.features[record.id] = features
    together = tuple(own.records) if own else (record.id,)
    who = Asking(features, record.source_system, record.id, together)
    verdict = recognise_among(near, who, keys, rules, own=own)
    message.against_own = contradiction_within(near, who, own, rules) if own else None
    message.record, message.verdict = record, verdict
    message.reason = reason_of(verdict, rules)
    if own is not None:
        message.outcome = "updated"
    elif verdict.joins:
        message.outcome = "linked"
        own = oldest(desk.folders[tie.customer_id] for tie in verdict.joins)
    else:
        message.outcome = "created"
        own = await desk.open_customer(record, message.reason)
    _bring_together(desk, message, own)
    message.standing = near.settle(record, features, keys)


def _bring_together(desk: Desk, message: Incoming, own: Folder) -> None:
    """Link the record, and join the customers that it shows to be one (D5)."""
    record, verdict = message.record, message.verdict
    assert record is not None and verdict is not None  # noqa: S101, PT018  # settled messages have both

    def because(tie: Tie | None) -> Reason:
        known = message.reason if tie is None or tie is verdict.best else None
        return known or reason_of(verdict, desk.work.rules, tie)

    if record.customer_id == 0:
        shown = {tie.customer_id: tie for tie in verdict.joins}
        desk.assign(record, own, "automatic", because(shown.get(own.id)))
    join_customers(desk, own, verdict.joins, because)


async def _index(work: Work, fresh: Sequence[Incoming]) -> None:
    """Let the records be found by their match keys from now on."""
    entries = []
    for message in fresh:
        record = message.record
        assert record is not None  # noqa: S101  # settled messages have one
        sealed = record.opener.seal("match_feature.features", message.prepared.features.packed())
        entries.append(Indexed(record.id, message.standing, sealed))
    replaced = [
        message.record.id
        for message in fresh
        if message.record and message.arrival is Arrival.UPDATE
    ]
    await matching.put(work, entries, replaced=replaced)


def _note(desk: Desk, fresh: Sequence[Incoming]) -> None:
    """One line of the audit trail per record that was taken in."""
    for message in fresh:
        if message.record is not None:
            folder = desk.folders[message.record.customer_id]
            desk.work.note(
                f"record.{message.arrival}", folder.customer_no, record_id=str(message.record.id)
            )


async def _ask_people(
    work: Work, desk: Desk, near: Neighbourhood, fresh: Sequence[Incoming]
) -> None:
    """Open a review for each message that the rules leave in doubt; close those that joins have answered."""
    asked = [(message, request) for message in fresh if (request := _request_of(near, message))]
    if asked:
        numbers = {
            record_id: near.folders[r.customer_id].customer_no for record_id, r in near.home.items()
        }
        ids = await stewardship.open_reviews(work, [request for _, request in asked], numbers)
        for (message, _), review_id in zip(asked, ids, strict=True):
            message.review_id = review_id
    if desk.rekeyed:
        await stewardship.settle(
            work, [record.id for each in desk.rekeyed for record in each.moved]
        )


def _request_of(near: Neighbourhood, message: Incoming) -> ReviewRequest | None:
    verdict, record = message.verdict, message.record
    if verdict is None or record is None:
        return None
    ties = [
        tie for tie in verdict.reviews if near.home[tie.record_id].customer_id != record.customer_id
    ]
    if message.against_own is not None:
        ties.insert(0, message.against_own)
    if not ties:
        return None
    return question_about(record, ties, is_ambiguous=verdict.ambiguous)


async def _answers(
    work: Work, messages: Sequence[Incoming], folders: Mapping[int, Folder]
) -> list[Registration]:
    wanted = {each.record.customer_id for each in messages if each.record}
    shown = {
        each: folders[each].shown for each in wanted if each in folders and folders[each].shown
    }
    if wanted - shown.keys():
        shown |= await customers.masked_by_ids(work, wanted - shown.keys())
    answers = []
    for each in messages:
        if each.arrival is Arrival.STALE or each.record is None:
            answers.append(Registration("stale"))
            continue
        outcome: Outcome = "unchanged" if each.arrival is Arrival.UNCHANGED else each.outcome
        answers.append(
            Registration(
                outcome,
                shown[each.record.customer_id],
                each.reason,
                each.review_id,
                each.prepared.flags,
            )
        )
    return answers
