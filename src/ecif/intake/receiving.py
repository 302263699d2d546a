"""Messages received in a transaction: their names claimed, and what is stored under their keys laid beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from ecif import customers, policy
from ecif.customers import Arrival, SourceRecord
from ecif.intake.arriving import Prepared
from ecif.matching import Tie, Verdict
from ecif.rules import Reason
from ecif.store import Work, claim

Outcome = Literal["created", "linked", "updated", "unchanged", "stale"]


@dataclass(slots=True)
class Incoming:
    """One message on its way through the story."""

    prepared: Prepared
    arrival: Arrival
    record: SourceRecord | None
    digest: bytes
    stored_key: str
    outcome: Outcome = "stale"
    reason: Reason | None = None
    verdict: Verdict | None = None
    against_own: Tie | None = None
    standing: Sequence[int] = ()
    review_id: UUID | None = None


async def receive(work: Work, batch: Sequence[Prepared], *, only_listed: bool) -> list[Incoming]:
    """Claim the messages' names, then see what is stored under their keys.

    Raises:
        SourceSystemNotListed: A source is unknown, and only listed ones may send.
    """
    sources = await policy.sources_named(
        work, (each.new.source_system for each in batch), only_listed=only_listed
    )
    await claim(
        work,
        [[each.record_claim for each in batch], [k for each in batch for k in each.keys.hashed]],
    )
    places = []
    for each in batch:
        source = sources[each.new.source_system]
        key = customers.stored_key_of(
            work.vault,
            work.legal_entity,
            each.new.source_system,
            each.new.source_key,
            is_personal=source.keys_are_personal,
        )
        places.append((each.new.source_system, key))
        await _fix_ordering(work, source, each)
    stored = await customers.find_records(work, places)
    messages = []
    for each, place in zip(batch, places, strict=True):
        record, digest = stored.get(place), customers.digest_of(work, each.new)
        arrival = customers.arrival_of(record, each.new, digest)
        messages.append(Incoming(each, arrival, record, digest, place[1]))
    return messages


async def _fix_ordering(work: Work, source: policy.SourceSystem, message: Prepared) -> None:
    if source.ordering is None and message.new.source_version is not None:
        await policy.fix_ordering(work, source, "version")
    elif source.ordering is None and message.new.changed_at is not None:
        await policy.fix_ordering(work, source, "time")
