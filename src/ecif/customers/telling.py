"""Which events a cleared desk makes: every change at least one, nothing else any."""

from collections.abc import Mapping

from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder
from ecif.events import (
    CustomerClosed,
    CustomerCreated,
    CustomerReopened,
    CustomersMerged,
    CustomersUnmerged,
    CustomerUpdated,
    Event,
    RecordLinked,
    RecordUnlinked,
)


def tell(desk: Desk, changed_fields: Mapping[int, tuple[str, ...]]) -> None:
    """Record the events of what was put back.

    A customer that was created, merged, unmerged, closed or reopened says so; any other change is an update.
    """
    told = _tell_opened(desk)
    _tell_records(desk)
    for rekeying in desk.rekeyed:
        told.update(_tell_rekeying(desk, rekeying, changed_fields))
    for folder in desk.touched.values():
        if folder.id not in told:
            desk.work.record(_change_of(folder, changed_fields[folder.id]))


def _tell_opened(desk: Desk) -> set[int]:
    opened = [folder for folder in desk.touched.values() if folder.is_new]
    for folder in opened:
        desk.work.record(
            CustomerCreated(subject=folder.customer_no, version=folder.version, kind=folder.kind)
        )
    return {folder.id for folder in opened}


def _tell_records(desk: Desk) -> None:
    """Say of each record that came, returned or went where it stands; moves are told by their merge."""
    arrived = [entry.record for entry in desk.assigned.values()]
    for records, event in (
        (arrived, RecordLinked),
        (desk.returned, RecordLinked),
        (desk.withdrawn, RecordUnlinked),
    ):
        for record in records:
            folder = desk.folders[record.customer_id]
            desk.work.record(
                event(subject=folder.customer_no, version=folder.version, record=record.ref)
            )


def _change_of(folder: Folder, changed_fields: tuple[str, ...]) -> Event:
    number, version = folder.customer_no, folder.version
    if folder.status == folder.former_status:
        return CustomerUpdated(subject=number, version=version, changed_fields=changed_fields)
    if folder.status == "closed":
        return CustomerClosed(subject=number, version=version)
    return CustomerReopened(subject=number, version=version)


def _tell_rekeying(
    desk: Desk, rekeying: Rekeying, changed_fields: Mapping[int, tuple[str, ...]]
) -> tuple[int, int]:
    event = CustomersMerged if rekeying.kind == "merged" else CustomersUnmerged
    participants: tuple[Folder, Folder] = (rekeying.survivor, rekeying.absorbed)
    for folder in participants:
        desk.work.record(
            event(
                subject=folder.customer_no,
                version=folder.version,
                status=folder.status,
                merge_id=str(rekeying.id),
                survivor=rekeying.survivor.customer_no,
                absorbed=(rekeying.absorbed.customer_no,),
                moved=tuple(record.ref for record in rekeying.moved),
                participants=tuple(other.customer_no for other in participants),
                changed_fields=changed_fields.get(folder.id, ()),
            )
        )
    return rekeying.survivor.id, rekeying.absorbed.id
