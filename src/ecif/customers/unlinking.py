"""Decisions of people that take customers apart again: a merge undone, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from ecif.customers.apart import part
from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder, lock_with_redirects, take_out
from ecif.customers.linking import Rekeyed, note_rekeying
from ecif.customers.reading import resolve
from ecif.customers.records import SourceRecord
from ecif.customers.writing import put_back
from ecif.errors import Conflict, NotFound
from ecif.rules import Reason
from ecif.store import Row, Statement, TryAgain, Work, take_turn

_MERGE = Statement(
    text("""
    SELECT m.id, m.survivor_id, m.absorbed_id, m.merged_at, m.undone_at, coalesce(s.merged_into_id, s.id) AS holder_id,
           array(SELECT record_id FROM merge_move WHERE merge_id = m.id AND undone_by_merge_id IS NULL
                 ORDER BY record_id) AS moved
    FROM merge m JOIN customer s ON s.id = m.survivor_id
    WHERE m.id = CAST(:id AS uuid) AND m.legal_entity = CAST(:legal_entity AS text)
    """)
)
# The merges that have moved the records on since: those of the survivor, of who absorbed it, and so on.
_ABOVE = Statement(
    text("""
    WITH RECURSIVE above AS (
        SELECT id, survivor_id FROM merge WHERE absorbed_id = CAST(:survivor_id AS bigint) AND undone_at IS NULL
        UNION ALL
        SELECT m.id, m.survivor_id FROM merge m JOIN above a ON m.absorbed_id = a.survivor_id
        WHERE m.undone_at IS NULL
    )
    SELECT id FROM above
    """)
)
_MOVED_SINCE = Statement(
    text("""
    SELECT v.record_id, m.id AS merge_id
    FROM merge_move v JOIN merge m ON m.id = v.merge_id
    WHERE v.record_id = ANY (CAST(:records AS bigint[])) AND v.undone_by_merge_id IS NULL
      AND m.undone_at IS NULL AND m.merged_at > CAST(:merged_at AS timestamptz)
      AND m.id <> ALL (CAST(:above AS uuid[]))
    ORDER BY m.merged_at DESC, v.record_id LIMIT 1
    """)
)
# A record that is where its merge led, but not by the way of those merges, was detached and met again there.
_LEFT_THE_WAY = Statement(
    text("""
    SELECT record_id FROM unnest(CAST(:records AS bigint[])) AS record_id
    CROSS JOIN unnest(CAST(:above AS uuid[])) AS merge_id
    WHERE NOT EXISTS (SELECT FROM merge_move v WHERE v.merge_id = merge_id.merge_id
                      AND v.record_id = record_id.record_id AND v.undone_by_merge_id IS NULL)
    ORDER BY record_id LIMIT 1
    """)
)
_UNDO = Statement(
    text("""
    WITH undone AS (
        UPDATE merge SET undone_at = CAST(:now AS timestamptz), undone_by = CAST(:actor AS text)
        WHERE id = CAST(:id AS uuid)
    )
    UPDATE merge_move SET undone_by_merge_id = CAST(:id AS uuid)
    WHERE merge_id = ANY (CAST(:above AS uuid[])) AND record_id = ANY (CAST(:records AS bigint[]))
      AND undone_by_merge_id IS NULL
    """)
)
# Numbers that were absorbed by the customer that comes back stand for it again, however long the chain; one that came
# to lead here while we waited for our locks is not waited for, since that would be out of order.
_REDIRECT = Statement(
    text("""
    WITH RECURSIVE below AS (
        SELECT absorbed_id FROM merge WHERE survivor_id = CAST(:customer_id AS bigint) AND undone_at IS NULL
        UNION
        SELECT m.absorbed_id FROM merge m JOIN below b ON m.survivor_id = b.absorbed_id WHERE m.undone_at IS NULL
    )
    UPDATE customer SET merged_into_id = CAST(:customer_id AS bigint)
    WHERE id IN (SELECT id FROM customer
                 WHERE id IN (SELECT absorbed_id FROM below) AND status = 'merged' FOR UPDATE NOWAIT)
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
    title = "A later decision moved a record of this merge; it cannot be undone as it was made."


@dataclass(frozen=True, slots=True)
class StandingMerge:
    """A merge that can be undone, locked.

    `holder` has its records now: the survivor, or who absorbed that since by the merges `above`.
    """

    id: UUID
    holder: Folder
    absorbed: Folder
    moved: tuple[SourceRecord, ...]
    above: tuple[UUID, ...]


async def unmerge(
    work: Work, merge_id: UUID, *, reason: str, customer_no: str | None = None
) -> Rekeyed:
    """Take one merge back exactly: its records return, and the two stay apart from now on.

    Raises:
        MergeNotFound: No such merge, or not one of this customer.
        MergeAlreadyUndone: It was taken back before.
        MergeBlocked: A later decision moved one of its records; the refusal names the record, and the merge.
    """
    standing = await take_for_unmerge(work, merge_id, customer_no)
    holder, absorbed = standing.holder, standing.absorbed
    desk = Desk(work, {holder.id: holder, absorbed.id: absorbed})
    because = Reason(by="person", rules_version=work.rules.version, text=reason)
    absorbed.merged_into_id = None
    for record in standing.moved:
        desk.assign(record, absorbed, "unmerge", because, merge_id)
    desk.touch(absorbed)
    desk.touch(holder)
    rekeying = Rekeying(merge_id, "unmerged", holder, absorbed, standing.moved, "person", because)
    desk.rekeyed.append(rekeying)
    if standing.moved and holder.records:
        returned = [record.id for record in standing.moved]
        await part(work, returned, list(holder.records), because=f"unmerge:{merge_id}")
    await put_back(desk)
    await work.connection.execute(
        _UNDO,
        id=merge_id,
        above=list(standing.above),
        records=[record.id for record in standing.moved],
        actor=work.actor.subject,
        now=work.now,
    )
    await work.connection.execute(_REDIRECT, customer_id=absorbed.id)
    note_rekeying(work, "customer.unmerge", rekeying)
    return Rekeyed(holder, (rekeying,))


async def take_for_unmerge(
    work: Work, merge_id: UUID, customer_no: str | None = None
) -> StandingMerge:
    """Lock the customers of a merge and refuse what cannot be undone, as `unmerge` does, without undoing."""
    await take_turn(work)
    found = await _get_merge(work, merge_id)
    await lock_with_redirects(work, [found["holder_id"], found["absorbed_id"]])
    folders = await take_out(work, customer_ids=[found["holder_id"], found["absorbed_id"]])
    if await _get_merge(work, merge_id) != found:
        raise TryAgain
    if customer_no is not None and (await resolve(work, [customer_no]))[customer_no] not in folders:
        raise MergeNotFound
    holder, absorbed = folders[found["holder_id"]], folders[found["absorbed_id"]]
    above = await work.connection.fetch(_ABOVE, survivor_id=found["survivor_id"])
    merges_above = tuple(row["id"] for row in above)
    await _check_still_there(work, found, holder, merges_above)
    moved = tuple(holder.records[record_id] for record_id in found["moved"])
    return StandingMerge(merge_id, holder, absorbed, moved, merges_above)


async def _get_merge(work: Work, merge_id: UUID) -> Row:
    found = await work.connection.fetch_one(_MERGE, id=merge_id, legal_entity=work.legal_entity)
    if found is None:
        raise MergeNotFound
    if found["undone_at"] is not None:
        raise MergeAlreadyUndone
    return found


async def _check_still_there(work: Work, found: Row, holder: Folder, above: Sequence[UUID]) -> None:
    """Each moved record sits where this merge, or a later one of its survivor, put it."""
    moved_since = await work.connection.fetch_one(
        _MOVED_SINCE, records=found["moved"], merged_at=found["merged_at"], above=list(above)
    )
    if moved_since is not None:
        raise MergeBlocked(
            f"The merge {moved_since['merge_id']} moved a record of this one.",
            merge_id=str(moved_since["merge_id"]),
            record_id=str(moved_since["record_id"]),
        )
    elsewhere = next((each for each in found["moved"] if each not in holder.records), None)
    if elsewhere is None and above:
        elsewhere = await work.connection.fetch_value(
            _LEFT_THE_WAY, records=found["moved"], above=list(above)
        )
    if elsewhere is not None:
        raise MergeBlocked("A record of this merge was detached.", record_id=str(elsewhere))
