"""Decisions of people that bring customers together; each can be explained and taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecif.customers.apart import anti_links_of, end_anti_links
from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder, lock_with_redirects, take_out
from ecif.customers.reading import resolve
from ecif.customers.writing import put_back
from ecif.errors import Conflict, PreconditionFailed
from ecif.rules import Reason
from ecif.store import TryAgain, Work, take_turn


class SameCustomer(Conflict):
    """Both numbers already stand for one customer."""

    slug = "same-customer"
    title = "These numbers already stand for the same customer."


class KindsDiffer(Conflict):
    """A person and an organisation are never one customer."""

    slug = "kinds-differ"
    title = "A person and an organisation cannot be merged."


class CustomerNotLive(Conflict):
    """Only live customers are merged."""

    slug = "customer-not-live"
    title = "Only live customers can be merged; this one is closed."


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The outcome of a merge or unmerge, as the caller reads it.

    `customer` is the survivor, or for an unmerge the customer that the records left.
    """

    customer: Folder
    rekeyings: tuple[Rekeying, ...]
    ended_anti_links: tuple[int, ...] = ()


async def merge(
    work: Work, survivor_no: str, absorb: Sequence[str], *, reason: str, seen_version: int | None
) -> Rekeyed:
    """Merge customers on a person's word: the survivor takes every record of the absorbed ones.

    A person's merge ends the anti-links between them, and says so.

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
    survivor, *absorbed = await take_for_merge(work, survivor_no, absorb, seen_version)
    folders = [survivor, *absorbed]
    ended = await _end_between(work, folders)
    desk = Desk(work, {folder.id: folder for folder in folders})
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    merges = [desk.join(survivor, each, method="person", reason=because) for each in absorbed]
    await put_back(desk)
    made = tuple(each for each in merges if each is not None)
    for rekeying in made:
        note_rekeying(work, "customer.merge", rekeying)
    return Rekeyed(survivor, made, ended)


async def take_for_merge(
    work: Work, survivor_no: str, absorb: Sequence[str], seen_version: int | None = None
) -> list[Folder]:
    """Lock the customers of a merge and refuse what cannot be, as `merge` does, without merging.

    Returns:
        The survivor first, then the others in the order of their numbers.
    """
    await take_turn(work)
    resolved = await resolve(work, [survivor_no, *absorb])
    ids = [resolved[number] for number in (survivor_no, *absorb)]
    if len(set(ids)) < len(ids):
        raise SameCustomer
    await lock_with_redirects(work, ids)
    taken = await take_out(work, customer_ids=ids)
    folders = [taken[customer_id] for customer_id in ids]
    if any(folder.status == "merged" for folder in folders):
        raise TryAgain
    check_seen(folders[0], seen_version)
    _check_mergeable(folders)
    return folders


def check_seen(folder: Folder, seen_version: int | None) -> None:
    """Go on only if the customer is as the caller saw it.

    Raises:
        PreconditionFailed: It has another version by now.
    """
    if seen_version is not None and folder.version != seen_version:
        raise PreconditionFailed(version=folder.version)


def note_rekeying(work: Work, action: str, rekeying: Rekeying) -> None:
    """Enter a merge or its reversal into the audit trail, with every record that moved."""
    work.note(
        action,
        rekeying.survivor.customer_no,
        absorbed=rekeying.absorbed.customer_no,
        merge_id=str(rekeying.id),
        moved=[str(record.id) for record in rekeying.moved],
    )


def _check_mergeable(folders: Collection[Folder]) -> None:
    if len({folder.kind for folder in folders}) > 1:
        raise KindsDiffer
    for folder in folders:
        if folder.status != "live":
            raise CustomerNotLive(customer_no=folder.customer_no)


async def _end_between(work: Work, folders: Sequence[Folder]) -> tuple[int, ...]:
    together = {record_id for folder in folders for record_id in folder.records}
    contradicted = [
        anti_link
        for anti_link in await anti_links_of(work, together)
        if anti_link.parts(together, together)
    ]
    await end_anti_links(work, contradicted, together, because="merge")
    return tuple(sorted(anti_link.id for anti_link in contradicted))
