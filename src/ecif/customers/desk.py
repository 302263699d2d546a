"""The desk: folders taken out, changed in memory, and put back in as few statements as there are tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from ecif.customers.folders import Folder
from ecif.customers.numbers import customer_number
from ecif.customers.records import NewRecord, SourceRecord
from ecif.rules import Reason
from ecif.store import Work, customer_ids, organisation_numbers, person_numbers, record_ids

Method = Literal["created", "automatic", "steward", "merge", "unmerge", "detach"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A record now belongs to a folder: how that came, and why."""

    record: SourceRecord
    folder: Folder
    method: Method
    reason: Reason
    merge_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rekeying:
    """A merge or its reversal: which folders took part and which records moved."""

    id: UUID
    kind: Literal["merged", "unmerged"]
    survivor: Folder
    absorbed: Folder
    moved: Sequence[SourceRecord]
    method: Literal["rules", "person"]
    reason: Reason


@dataclass(slots=True)
class Desk:
    """What one transaction has decided so far; nothing is in the tables before `put_back`."""

    work: Work
    folders: dict[int, Folder] = field(default_factory=dict)
    arrived: list[SourceRecord] = field(default_factory=list)
    replaced: list[SourceRecord] = field(default_factory=list)
    assigned: dict[int, Assignment] = field(default_factory=dict)
    moved: dict[int, Assignment] = field(default_factory=dict)
    rekeyed: list[Rekeying] = field(default_factory=list)
    withdrawn: list[SourceRecord] = field(default_factory=list)
    returned: list[SourceRecord] = field(default_factory=list)
    touched: dict[int, Folder] = field(default_factory=dict)

    async def receive(self, new: NewRecord, *, stored_key: str, digest: bytes) -> SourceRecord:
        """A record that is new here; it belongs to nobody yet."""
        [record_id] = await self.work.numbers.draw(self.work.connection, record_ids.name, 1)
        key = self.work.vault.new_key(self.work.legal_entity, f"record:{record_id}")
        record = SourceRecord(
            id=record_id,
            source_system=new.source_system,
            stored_key=stored_key,
            customer_id=0,
            is_live=True,
            version=1,
            source_version=new.source_version,
            changed_at=new.changed_at,
            received_at=self.work.now,
            first_seen_at=self.work.now,
            digest=digest,
            opener=key.opener,
            wrapped_key=key.wrapped,
            said=new,
        )
        self.arrived.append(record)
        return record

    def replace(self, record: SourceRecord, new: NewRecord, digest: bytes) -> None:
        """The record says something else now; what it said before is kept as its former version."""
        record.said = new
        record.source_version, record.changed_at = new.source_version, new.changed_at
        if not record.is_live:
            self.returned.append(record)
        record.received_at, record.digest, record.is_live = self.work.now, digest, True
        self._supersede(record)
        self.touch(self.folders[record.customer_id])

    def withdraw(self, record: SourceRecord) -> None:
        """The source no longer knows this record; it is kept, and does not count any more."""
        record.is_live = False
        self.withdrawn.append(record)
        self._supersede(record)
        self.touch(self.folders[record.customer_id])

    async def open_customer(
        self, record: SourceRecord, reason: Reason, *, method: Method = "created"
    ) -> Folder:
        """A customer of its own for this record, with a number that is for ever."""
        kind = record.identity.kind
        sequence = person_numbers if kind == "person" else organisation_numbers
        [drawn] = await self.work.numbers.draw(self.work.connection, sequence.name, 1)
        [customer_id] = await self.work.numbers.draw(self.work.connection, customer_ids.name, 1)
        key = self.work.vault.new_key(self.work.legal_entity, f"customer:{customer_id}")
        folder = Folder(
            id=customer_id,
            customer_no=customer_number(kind, drawn),
            kind=kind,
            status="live",
            version=0,
            opened_at=self.work.now,
            changed_at=self.work.now,
            merged_into_id=None,
            rules_version=self.work.rules.version,
            unlock=lambda: key.opener,
            wrapped_key=key.wrapped,
            is_new=True,
        )
        self.folders[folder.id] = folder
        self.assign(record, folder, method, reason)
        return folder

    def assign(
        self,
        record: SourceRecord,
        folder: Folder,
        method: Method,
        reason: Reason,
        merge_id: UUID | None = None,
    ) -> None:
        """The record belongs to this folder from now on."""
        former = self.folders.get(record.customer_id)
        if former is not None:
            del former.records[record.id]
            self.touch(former)
        first = self.assigned.get(record.id)
        if first is not None:
            # It came in this transaction: one link only, with the reason it came for and where it ended.
            self.assigned[record.id] = Assignment(
                record, folder, first.method, first.reason, merge_id
            )
        elif former is None:
            self.assigned[record.id] = Assignment(record, folder, method, reason, merge_id)
        else:
            self.moved[record.id] = Assignment(record, folder, method, reason, merge_id)
        record.customer_id = folder.id
        folder.records[record.id] = record
        self.touch(folder)

    def join(
        self,
        survivor: Folder,
        absorbed: Folder,
        *,
        method: Literal["rules", "person"],
        reason: Reason,
    ) -> Rekeying | None:
        """The survivor takes every record of the absorbed customer, whose number stands for the survivor then.

        Returns:
            The merge; None when the absorbed customer was opened by this same transaction: its number has not
            been given to anybody, so the customer never was.
        """
        moving = list(absorbed.records.values())
        if absorbed.is_new:
            for record in moving:
                self.assign(record, survivor, "automatic", reason)
            del self.folders[absorbed.id], self.touched[absorbed.id]
            return None
        merge_id = self.work.new_id()
        for record in moving:
            self.assign(record, survivor, "merge", reason, merge_id)
        absorbed.status, absorbed.merged_into_id = "merged", survivor.id
        self.touch(absorbed)
        self.touch(survivor)
        rekeying = Rekeying(merge_id, "merged", survivor, absorbed, moving, method, reason)
        self.rekeyed.append(rekeying)
        return rekeying

    def touch(self, folder: Folder) -> None:
        """This customer gets a new version when the desk is cleared."""
        self.touched[folder.id] = folder

    def _supersede(self, record: SourceRecord) -> None:
        if record not in self.arrived and record not in self.replaced:
            record.version += 1
            self.replaced.append(record)


def digest_of(work: Work, new: NewRecord) -> bytes:
    """A keyed fingerprint of what a message says, to recognise a repeated one."""
    return work.vault.fingerprint(work.legal_entity, new.payload)
