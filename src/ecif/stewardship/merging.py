"""Merges and their reversal, as the doors ask for them: done at once, or proposed where the rules want two people."""

from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID

from ecif import customers
from ecif.customers import Rekeyed
from ecif.stewardship.proposals import Proposal, Proposed, seen_of
from ecif.stewardship.proposing import propose
from ecif.stewardship.queue import settle
from ecif.store import Work


class ProposedMerge(Proposed):
    """These customers are to be one."""

    kind: Literal["merge"] = "merge"
    survivor_no: str
    absorb: tuple[str, ...]


class ProposedUnmerge(Proposed):
    """This merge is to be undone."""

    kind: Literal["unmerge"] = "unmerge"
    merge_id: UUID


class ProposedDetach(Proposed):
    """These records are to leave their customer."""

    kind: Literal["detach"] = "detach"
    customer_no: str
    record_ids: tuple[int, ...]


async def merge(
    work: Work, survivor_no: str, absorb: Sequence[str], *, reason: str, seen_version: int | None
) -> Rekeyed | Proposal:
    """Merge customers, or propose it where the rules ask for a second person.

    Args:
        work: The transaction.
        survivor_no: The number that stays; a redirected one stands for its survivor.
        absorb: The numbers that will stand for the survivor, each its own merge.
        reason: Why, in the steward's words.
        seen_version: The survivor's version that the steward looked at; None to go on whatever it is.

    Raises:
        CustomerNotFound: A number was never given.
        PreconditionFailed: The survivor has changed since.
        SameCustomer: A number already stands for the survivor, or is named twice.
        KindsDiffer: A person and an organisation.
        CustomerNotLive: One of them is closed.
    """
    if not work.rules.second_person.merge:
        done = await customers.merge(
            work, survivor_no, absorb, reason=reason, seen_version=seen_version
        )
        return await _settled(work, done)
    folders = await customers.take_for_merge(work, survivor_no, absorb, seen_version)
    survivor, *others = [folder.customer_no for folder in folders]
    return await propose(
        work,
        ProposedMerge(
            reason=reason, seen=seen_of(folders), survivor_no=survivor, absorb=tuple(others)
        ),
    )


async def unmerge(
    work: Work, merge_id: UUID, *, reason: str, customer_no: str | None = None
) -> Rekeyed | Proposal:
    """Undo one merge exactly, or propose it where the rules ask for a second person.

    Raises:
        MergeNotFound: No such merge, or not one of this customer.
        MergeAlreadyUndone: It was taken back before.
        MergeBlocked: A later decision moved one of its records.
    """
    if not work.rules.second_person.unmerge:
        done = await customers.unmerge(work, merge_id, reason=reason, customer_no=customer_no)
        return await _settled(work, done)
    standing = await customers.take_for_unmerge(work, merge_id, customer_no)
    return await propose(
        work, ProposedUnmerge(reason=reason, seen=seen_of([standing.holder]), merge_id=merge_id)
    )


async def detach(
    work: Work,
    customer_no: str,
    record_ids: Collection[int],
    *,
    reason: str,
    seen_version: int | None = None,
) -> Rekeyed | Proposal:
    """Detach records into a new customer, or propose it where the rules ask for a second person.

    Raises:
        CustomerNotFound: The number was never given.
        NothingToDetach: They are not all of this customer's records, or are all it has.
        PreconditionFailed: The customer has changed since `seen_version`.
    """
    if not work.rules.second_person.unmerge:
        done = await customers.detach(
            work, customer_no, record_ids, reason=reason, seen_version=seen_version
        )
        return await _settled(work, done)
    folder = await customers.take_for_detach(work, customer_no, record_ids, seen_version)
    return await propose(
        work,
        ProposedDetach(
            reason=reason,
            seen=seen_of([folder]),
            customer_no=folder.customer_no,
            record_ids=tuple(sorted(record_ids)),
        ),
    )


async def carry_out_merge(work: Work, asked: ProposedMerge) -> Rekeyed:
    """Do what was proposed."""
    done = await customers.merge(
        work, asked.survivor_no, asked.absorb, reason=asked.reason, seen_version=None
    )
    return await _settled(work, done)


async def carry_out_unmerge(work: Work, asked: ProposedUnmerge) -> Rekeyed:
    """Do what was proposed."""
    return await _settled(work, await customers.unmerge(work, asked.merge_id, reason=asked.reason))


async def carry_out_detach(work: Work, asked: ProposedDetach) -> Rekeyed:
    """Do what was proposed."""
    done = await customers.detach(work, asked.customer_no, asked.record_ids, reason=asked.reason)
    return await _settled(work, done)


async def _settled(work: Work, done: Rekeyed) -> Rekeyed:
    """Close the reviews that this has answered."""
    await settle(
        work,
        {
            record_id
            for rekeying in done.rekeyings
            for folder in (rekeying.survivor, rekeying.absorbed)
            for record_id in folder.records
        },
    )
    return done
