"""Questions that store nothing: who is this, who is like this, who holds this document or number."""

from collections.abc import Iterable
from dataclasses import dataclass

from ecif import customers, identity, matching, policy
from ecif.customers import Desk, MaskedCustomer, NewRecord
from ecif.errors import RecordNotFound
from ecif.identity import Document, Identity
from ecif.intake.arriving import prepare
from ecif.intake.neighbourhood import Asking, Neighbourhood, gather
from ecif.intake.recognition import reason_of, recognise_among
from ecif.matching import HashedKeys, Tie, Verdict, band_of
from ecif.rules import Band, Reason
from ecif.store import Work, claim


@dataclass(frozen=True, slots=True)
class Recognition:
    """What would be decided about a record: the outcome, why, and who else a person should look at."""

    outcome: str
    reason: Reason
    customers: tuple[tuple[MaskedCustomer, Reason], ...]
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that looks like what was asked for: how much, and why."""

    customer: MaskedCustomer
    reason: Reason


async def recognise(work: Work, said: Identity) -> Recognition:
    """What `register` would decide about a new record that says this, without writing or locking."""
    near, who, keys = await _look_around(work, said)
    verdict = recognise_among(near, who, keys, work.rules)
    ties = (*verdict.joins, *verdict.reviews)
    return Recognition(
        outcome="linked" if verdict.joins else "created",
        reason=reason_of(verdict, work.rules),
        customers=tuple(await _shown(work, ties)),
        ambiguous=verdict.ambiguous,
    )


async def search(work: Work, said: Identity, *, limit: int) -> list[Hit]:
    """Customers like this, the likeliest first; only those that share a match key are compared."""
    near, who, keys = await _look_around(work, said)
    lines = work.rules.matching.of_kind(said.kind)
    ties = []
    for folder in near.candidates(None, keys).values():
        group = near.group_of(folder, who, work.rules)
        if group.scores:
            record_id, best = max(group.scores, key=lambda pair: (pair[1].bits, -pair[0]))
            ties.append(Tie(folder.id, record_id, best, band_of(best, lines)))
    ties.sort(key=lambda tie: (-tie.score.bits, tie.customer_id))
    return [Hit(customer, reason) for customer, reason in await _shown(work, ties[:limit])]


async def look_up_by_document(work: Work, document: Document) -> list[int]:
    """The ids of the customers with a live record that tells this document, or one it succeeds."""
    number = identity.document_number_of(document)
    near, _, _ = await _look_around(work, identity.Person(names=_NOBODY, documents=(document,)))
    return sorted(
        {
            record.customer_id
            for record in near.home.values()
            if record.is_live
            and number.line in {_line_of(each) for each in record.identity.documents}
        }
    )


async def look_up_by_phone(work: Work, phone: str) -> list[int]:
    """The ids of the customers with a live record that tells this telephone number."""
    normal = identity.phone_of(phone).normal
    records = await matching.find_contact(work, normal)
    return sorted(set((await customers.customers_of(work, records)).values()))


async def withdraw(work: Work, system: str, key: str) -> MaskedCustomer:
    """The source no longer knows this record; its customer, closed if that was the last one.

    Raises:
        RecordNotFound: There is no live record under this key.
    """
    source = (await policy.sources_named(work, [system], only_listed=True))[system]
    claimed = work.vault.keyed_hash64(
        work.legal_entity, f"{system}\x1f{key}", purpose="record claim"
    )
    await claim(work, [[claimed]])
    stored_key = customers.stored_key_of(
        work.vault, work.legal_entity, system, key, is_personal=source.keys_are_personal
    )
    found = (await customers.find_records(work, [(system, stored_key)])).get((system, stored_key))
    if found is None or not found.is_live:
        raise RecordNotFound
    desk = Desk(work, await customers.take_out(work, record_ids=[found.id]))
    record = next(
        folder.records[found.id] for folder in desk.folders.values() if found.id in folder.records
    )
    desk.withdraw(record)
    await customers.put_back(desk)
    await matching.forget(work, [record.id])
    work.note("record.withdraw", str(record.id), source_system=system)
    return (await customers.masked_by_ids(work, [record.customer_id]))[record.customer_id]


_NOBODY = (identity.Name(full="?"),)


async def _look_around(work: Work, said: Identity) -> tuple[Neighbourhood, Asking, HashedKeys]:
    prepared = prepare(
        NewRecord(source_system="", source_key="", identity=said), work.vault, work.legal_entity
    )
    near = await gather(work, [prepared.keys], lock=False)
    return near, Asking(prepared.features), prepared.keys


def _line_of(document: Document) -> str:
    return identity.document_number_of(document).line


async def _shown(work: Work, ties: Iterable[Tie]) -> list[tuple[MaskedCustomer, Reason]]:
    ties = list(ties)
    shown = await customers.masked_by_ids(work, {tie.customer_id for tie in ties}) if ties else {}
    return [
        (shown[tie.customer_id], reason_of(Verdict(Band.NONE), work.rules, tie))
        for tie in ties
        if tie.customer_id in shown
    ]
