"""Decisions of people: merge, unmerge, detach, keep apart; each can be explained and taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from ecif.customers.apart import anti_links_of, end_anti_links, part
from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder, take_out
from ecif.customers.reading import resolve
from ecif.customers.records import SourceRecord
from ecif.customers.writing import put_back
from ecif.errors import Conflict, NotFound, PreconditionFailed
from ecif.rules import Reason
from ecif.store import Row, Statement, TryAgain, Work

_MERGE = Statement(
    text("""
    SELECT m.id, m.survivor_id, m.absorbed_id, m.undone_at,
           array(SELECT record_id FROM merge_move WHERE merge_id = m.id AND undone_by_merge_id IS NULL
                 ORDER BY record_id) AS moved
    FROM merge m WHERE m.id = CAST(:id AS uuid) AND m.legal_entity = CAST(:legal_entity AS text)
    """)
)
_PLACED_BY = Statement(
    text("""
    SELECT l.record_id, l.customer_id, l.method, l.merge_id, m.undone_at IS NULL AS stands
    FROM link l LEFT JOIN merge m ON m.id = l.merge_id
    WHERE l.record_id = ANY (CAST(:records AS bigint[])) AND l.until IS NULL ORDER BY l.record_id
    """)
)
_UNDO = Statement(
    text("""
    WITH undone AS (
        UPDATE merge SET undone_at = CAST(:now AS timestamptz), undone_by = CAST(:actor AS text)
        WHERE id = CAST(:id AS uuid)
    )
    UPDATE merge_move AS v SET undone_by_merge_id = CAST(:id AS uuid)
    FROM merge m
    WHERE m.id = v.merge_id AND m.undone_at IS NULL AND m.id <> CAST(:id AS uuid)
      AND v.record_id = ANY (CAST(:records AS bigint[])) AND v.undone_by_merge_id IS NULL
    """)
)
# Numbers that were absorbed by the customer that comes back stand for it again, however long the chain.
_REDIRECT = Statement(
    text("""
    WITH RECURSIVE below AS (
        SELECT absorbed_id FROM merge WHERE survivor_id = CAST(:customer_id AS bigint) AND undone_at IS NULL
        UNION
        SELECT m.absorbed_id FROM merge m JOIN below b ON m.survivor_id = b.absorbed_id WHERE m.undone_at IS NULL
    )
    UPDATE customer SET merged_into_id = CAST(:customer_id AS bigint)
    WHERE id IN (SELECT absorbed_id FROM below) AND status = 'merged'
    """)
)


class MergeNotFound(NotFound):
    """No merge has this id."""

    slug = "merge-not-found"
    title = "There is no merge with this id."


class MergeAlreadyUndone(Conflict):
    """It was taken back before."""

    slug = "merge-already-undone"
    title = "This merge has already been undone."


class MergeBlocked(Conflict):
    """A later decision moved one of its records away."""

    slug = "merge-blocked"
    title = "A record of this merge was moved by a later decision, which must be undone first."


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
    title = "Only live customers can be merged or unmerged; this one is closed."


class NothingToDetach(Conflict):
    """The records are not all of this customer, or are all it has."""

    slug = "nothing-to-detach"
    title = "Name some, but not all, of this customer's records."


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The outcome of a merge or unmerge, as the caller reads it."""

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
    resolved = await resolve(work, [survivor_no, *absorb])
    survivor_id, absorbed_ids = resolved[survivor_no], [resolved[number] for number in absorb]
    if len({survivor_id, *absorbed_ids}) <= len(absorbed_ids):
        raise SameCustomer
    folders = await take_out(work, customer_ids=[survivor_id, *absorbed_ids])
    survivor = folders[survivor_id]
    if any(folder.status == "merged" for folder in folders.values()):
        raise TryAgain
    check_seen(survivor, seen_version)
    _check_mergeable(folders.values())
    ended = await _end_between(work, list(folders.values()))

    desk = Desk(work, folders)
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    merges = [
        desk.join(survivor, folders[each], method="person", reason=because) for each in absorbed_ids
    ]
    await put_back(desk)
    made = tuple(each for each in merges if each is not None)
    for rekeying in made:
        _note(work, "customer.merge", rekeying)
    return Rekeyed(survivor, made, ended)


async def unmerge(
    work: Work, merge_id: UUID, *, reason: str, customer_no: str | None = None
) -> Rekeyed:
    """Take one merge back exactly: its records return, and the two stay apart from now on.

    Raises:
        MergeNotFound: No such merge, or not one of this customer.
        MergeAlreadyUndone: It was taken back before.
        MergeBlocked: A later decision moved one of its records; the refusal names it.
    """
    found = await _get_merge(work, merge_id)
    folders = await take_out(work, customer_ids=[found["absorbed_id"]], record_ids=found["moved"])
    again = await _get_merge(work, merge_id)
    if again["moved"] != found["moved"]:
        raise TryAgain
    holder = await _holder(work, folders, again)
    if customer_no is not None and (await resolve(work, [customer_no]))[customer_no] not in folders:
        raise MergeNotFound
    absorbed = folders[found["absorbed_id"]]
    desk = Desk(work, folders)
    moved = [holder.records[record_id] for record_id in found["moved"]]
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    absorbed.merged_into_id = None
    for record in moved:
        desk.assign(record, absorbed, "unmerge", because, merge_id)
    rekeying = Rekeying(merge_id, "unmerged", holder, absorbed, moved, "person", because)
    desk.rekeyed.append(rekeying)
    await _part_from_rest(work, moved, holder, because=f"unmerge:{merge_id}")
    await put_back(desk)
    await work.connection.execute(
        _UNDO, id=merge_id, records=found["moved"], actor=work.actor.subject, now=work.now
    )
    await work.connection.execute(_REDIRECT, customer_id=absorbed.id)
    _note(work, "customer.unmerge", rekeying)
    return Rekeyed(holder, (rekeying,))


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
        NothingToDetach: They are not all of this customer's records, or are all it has.
        PreconditionFailed: The customer has changed since `seen_version`.
    """
    customer_id = (await resolve(work, [customer_no]))[customer_no]
    folders = await take_out(work, customer_ids=[customer_id])
    folder = folders[customer_id]
    if folder.status == "merged":
        raise TryAgain
    check_seen(folder, seen_version)
    staying = folder.records.keys() - set(record_ids)
    if not record_ids or not staying or not folder.records.keys() >= set(record_ids):
        raise NothingToDetach
    desk = Desk(work, folders)
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    first, *others = [folder.records[record_id] for record_id in sorted(record_ids)]
    apart = await desk.open_customer(first, because, method="detach")
    for record in others:
        desk.assign(record, apart, "detach", because)
    rekeying = Rekeying(
        work.new_id(), "unmerged", folder, apart, [first, *others], "person", because
    )
    desk.rekeyed.append(rekeying)
    await _part_from_rest(work, [first, *others], folder, because=f"detach:{rekeying.id}")
    await put_back(desk)
    _note(work, "customer.detach", rekeying)
    return Rekeyed(folder, (rekeying,))


def check_seen(folder: Folder, seen_version: int | None) -> None:
    """Go on only if the customer is as the caller saw it.

    Raises:
        PreconditionFailed: It has another version by now.
    """
    if seen_version is not None and folder.version != seen_version:
        raise PreconditionFailed(version=folder.version)


async def _get_merge(work: Work, merge_id: UUID) -> Row:
    found = await work.connection.fetch_one(_MERGE, id=merge_id, legal_entity=work.legal_entity)
    if found is None:
        raise MergeNotFound
    if found["undone_at"] is not None:
        raise MergeAlreadyUndone
    return found


async def _holder(work: Work, folders: dict[int, Folder], merge_row: Row) -> Folder:
    """The one customer that holds all the moved records, put there by this merge or a later one."""
    placed = await work.connection.fetch(_PLACED_BY, records=merge_row["moved"])
    for row in placed:
        by_merge = (
            row["merge_id"] is not None
            and row["stands"]
            and row["method"] in ("merge", "automatic", "created")
        )
        if not by_merge:
            raise MergeBlocked(
                record_id=str(row["record_id"]),
                blocked_by=row["method"],
                merge_id=str(row["merge_id"]) if row["merge_id"] else None,
            )
    holders = {row["customer_id"] for row in placed}
    if len(holders) != 1 or not holders <= folders.keys():
        raise MergeBlocked
    return folders[holders.pop()]


def _check_mergeable(folders: Collection[Folder]) -> None:
    if len({folder.kind for folder in folders}) > 1:
        raise KindsDiffer
    for folder in folders:
        if folder.status != "live":
            raise CustomerNotLive(customer_no=folder.customer_no)


async def _end_between(work: Work, folders: Sequence[Folder]) -> tuple[int, ...]:
    standing = await anti_links_of(
        work, [record_id for folder in folders for record_id in folder.records]
    )
    ended = tuple(
        sorted(
            anti_link.id
            for anti_link in standing
            for place, one in enumerate(folders)
            for two in folders[place + 1 :]
            if anti_link.parts(one.records, two.records)
        )
    )
    await end_anti_links(work, ended, because="merge")
    return ended


async def _part_from_rest(
    work: Work, moved: Sequence[SourceRecord], rest: Folder, *, because: str
) -> None:
    if rest.records:
        await part(work, [record.id for record in moved], list(rest.records), because=because)


def _note(work: Work, action: str, rekeying: Rekeying) -> None:
    work.note(
        action,
        rekeying.survivor.customer_no,
        absorbed=rekeying.absorbed.customer_no,
        merge_id=str(rekeying.id),
        moved=[str(record.id) for record in rekeying.moved],
    )
