"""Decisions of people that take a customer apart: some of its records detached into a new one."""

from collections.abc import Collection

from ecif.customers.apart import part
from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder, take_out
from ecif.customers.linking import Rekeyed, check_seen, note_rekeying
from ecif.customers.reading import resolve
from ecif.customers.writing import put_back
from ecif.errors import Conflict
from ecif.rules import Reason
from ecif.store import TryAgain, Work, take_turn


class NothingToDetach(Conflict):
    """The records are not all of this customer, or are all it has."""

    slug = "nothing-to-detach"
    title = "Name some, but not all, of this customer's records."


async def detach(
    work: Work,
    customer_no: str,
    record_ids: Collection[int],
    *,
    reason: str,
    seen_version: int | None = None,
) -> Rekeyed:
    """Detach chosen records of a customer into a new customer; the two stay apart from now on.

    Raises:
        CustomerNotFound: The number was never given.
        NothingToDetach: They are not all of this customer's records, or are all it has.
        PreconditionFailed: The customer has changed since `seen_version`.
    """
    folder = await take_for_detach(work, customer_no, record_ids, seen_version)
    desk = Desk(work, {folder.id: folder})
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    leaving = [folder.records[record_id] for record_id in sorted(record_ids)]
    apart = await desk.open_customer(leaving[0], because, method="detach")
    for record in leaving[1:]:
        desk.assign(record, apart, "detach", because)
    rekeying = Rekeying(work.new_id(), "unmerged", folder, apart, leaving, "person", because)
    desk.rekeyed.append(rekeying)
    left = [record.id for record in leaving]
    await part(work, left, list(folder.records), because=f"detach:{rekeying.id}")
    await put_back(desk)
    note_rekeying(work, "customer.detach", rekeying)
    return Rekeyed(folder, (rekeying,))


async def take_for_detach(
    work: Work, customer_no: str, record_ids: Collection[int], seen_version: int | None = None
) -> Folder:
    """Lock the customer that records are to leave and refuse what cannot be, without detaching."""
    await take_turn(work)
    customer_id = (await resolve(work, [customer_no]))[customer_no]
    folder = (await take_out(work, customer_ids=[customer_id]))[customer_id]
    if folder.status == "merged":
        raise TryAgain
    check_seen(folder, seen_version)
    leaving = set(record_ids)
    if not leaving or not leaving < folder.records.keys():
        raise NothingToDetach
    return folder
