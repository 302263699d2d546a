"""What the desk puts into the tables, column by column."""

from collections.abc import Sequence
from typing import Any

import orjson

from ecif.customers.desk import Assignment, Desk
from ecif.customers.folders import Folder
from ecif.customers.masked import MaskedCustomer
from ecif.customers.records import SourceRecord
from ecif.rules import Reason
from ecif.security import Opener, mask


def moment_columns(desk: Desk) -> dict[str, Any]:
    """When, and under which rules."""
    rules = desk.work.rules
    return {
        "now": desk.work.now,
        "rules_version": rules.version,
        "mask_version": rules.masks.version,
    }


def customer_columns(desk: Desk, folders: Sequence[Folder]) -> dict[str, Any]:
    """Customers as they are from now on, masked as everybody sees them and sealed in full."""
    masks = desk.work.rules.masks
    for folder in folders:
        shown = mask({**folder.values, "kind": folder.kind}, masks)
        del shown["kind"]  # it stands beside the golden record
        golden = orjson.dumps(shown).decode()
        folder.shown = MaskedCustomer(
            folder.customer_no, folder.kind, folder.status, folder.version, masks.version, golden
        )
    return {
        "ids": [folder.id for folder in folders],
        "statuses": [folder.status for folder in folders],
        "versions": [folder.version for folder in folders],
        "merged_into_ids": [folder.merged_into_id for folder in folders],
        "goldens": [folder.shown.golden for folder in folders if folder.shown],
        "golden_clears": [
            folder.opener.seal("customer.golden_clear", orjson.dumps(folder.values))
            for folder in folders
        ],
    }


def arrived_columns(arrived: Sequence[SourceRecord]) -> dict[str, Any]:
    """Records that came in for the first time."""
    return {
        "record_ids": [record.id for record in arrived],
        "source_systems": [record.source_system for record in arrived],
        "source_keys": [record.stored_key for record in arrived],
        "customer_ids": [record.customer_id for record in arrived],
        "record_versions": [record.version for record in arrived],
        "source_versions": [record.source_version for record in arrived],
        "changed_ats": [record.changed_at for record in arrived],
        "weak": [record.is_weak for record in arrived],
        "digests": [record.digest for record in arrived],
        "payloads": [sealed_payload(record) for record in arrived],
        "record_keys": [record.wrapped_key for record in arrived],
    }


def link_columns(links: Sequence[Assignment]) -> dict[str, Any]:
    """Which record belongs to which customer from now on, and why."""
    return {
        "link_record_ids": [entry.record.id for entry in links],
        "link_customer_ids": [entry.folder.id for entry in links],
        "methods": [entry.method for entry in links],
        "bands": [entry.reason.band for entry in links],
        "bits": [entry.reason.bits for entry in links],
        "link_rules": [entry.reason.rules_version for entry in links],
        "merge_ids": [entry.merge_id for entry in links],
        "becauses": [
            sealed_reason(entry.record.opener, "link.because", entry.reason) for entry in links
        ],
    }


def sealed_payload(record: SourceRecord) -> bytes:
    """What a source said, for the table."""
    return record.opener.seal("source_record.payload", record.payload)


def sealed_reason(opener: Opener, column: str, reason: Reason) -> bytes | None:
    """Why something was decided, for the table; None where nothing is told."""
    if not (reason.evidence or reason.text or reason.vetoes):
        return None
    return opener.seal(column, orjson.dumps(reason.model_dump(mode="json", exclude_none=True)))
