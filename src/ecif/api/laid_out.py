"""How the doors lay out what several rooms give them: records, folders, merges, reviews; masked, always."""

from typing import Any

import orjson

from ecif import identity
from ecif.api.answers import customer_json, flags_of, reason_of, written
from ecif.api.repeats import Told
from ecif.customers import ClearCustomer, Folder, MaskedCustomer, Rekeyed, SourceRecord
from ecif.rules import MaskRules, Reason
from ecif.security import mask
from ecif.stewardship import Proposal, Review


def shown(customer: MaskedCustomer, redirected_from: str | None = None) -> orjson.Fragment:
    """A masked customer, to be put into an answer as it is."""
    return orjson.Fragment(customer_json(customer, redirected_from))


def shown_folder(folder: Folder) -> orjson.Fragment:
    """A customer that this transaction has put back."""
    assert folder.shown is not None  # noqa: S101  # what is put back is shown
    return shown(folder.shown)


def masked_golden(values: dict[str, Any], kind: str, masks: MaskRules) -> dict[str, Any]:
    """Golden values as everybody may see them."""
    masked = mask({**values, "kind": kind}, masks)
    del masked["kind"]
    return masked


def clear_side(side: ClearCustomer, masks: MaskRules) -> dict[str, Any]:
    """A customer with its records, masked."""
    return {
        "customer": {
            "customer_no": side.customer_no,
            "kind": side.kind,
            "status": side.status,
            "version": side.version,
            "golden": masked_golden(side.values, side.kind, masks),
        },
        "records": [record_of(record, side.customer_no, masks) for record in side.records],
    }


def ref_of(record: SourceRecord) -> dict[str, Any]:
    """Names a record, without a personal key."""
    return record.ref.data()


def record_of(record: SourceRecord, customer_no: str, masks: MaskRules) -> dict[str, Any]:
    """A source record as everybody may see it."""
    said = record.identity.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    kind = record.identity.kind
    return {
        **ref_of(record),
        "customer_no": customer_no,
        "is_live": record.is_live,
        "version": record.version,
        "source_version": record.source_version,
        "changed_at": record.changed_at,
        "received_at": record.received_at,
        "first_seen_at": record.first_seen_at,
        "record": mask({**said, "kind": kind}, masks),
        "flags": flags_of(identity.flags_of(record.identity)),
    }


def full_reason(reason: Reason, masks: MaskRules) -> dict[str, Any]:
    """A stored reason, its evidence masked."""
    return {"by": reason.by, **reason_of(reason, masks), "text": reason.text}


def merges_of(done: Rekeyed | None) -> list[dict[str, Any]]:
    """The merges (or their reversals) that were made."""
    if done is None:
        return []
    return [
        {
            "merge_id": str(each.id),
            "absorbed": each.absorbed.customer_no,
            "moved": [ref_of(record) for record in each.moved],
        }
        for each in done.rekeyings
    ]


def folders_of(done: Rekeyed | None) -> list[orjson.Fragment]:
    """The customers that a merge or its reversal left, each once, as they are now."""
    if done is None:
        return []
    folders = {done.customer.id: done.customer}
    for each in done.rekeyings:
        folders |= {folder.id: folder for folder in (each.survivor, each.absorbed)}
    return [shown_folder(folder) for folder in folders.values() if folder.shown is not None]


def proposal_of(proposal: Proposal) -> dict[str, Any]:
    """A proposal, without what it says."""
    return {
        "proposal_id": str(proposal.id),
        "kind": proposal.kind,
        "status": proposal.status,
        "customers": list(proposal.customers),
        "digest": proposal.digest,
        "made_by": proposal.made_by,
        "made_at": proposal.made_at,
        "expires_at": proposal.expires_at,
        "decided_by": proposal.decided_by,
        "decided_at": proposal.decided_at,
    }


def proposed(proposal: Proposal) -> Told:
    """The answer when the rules ask for a second person."""
    body = written({"proposal": proposal_of(proposal)})
    return Told(body, 202, {"Location": f"/v1/admin/proposals/{proposal.id}"})


def review_of(review: Review) -> dict[str, Any]:
    """A review as it stands."""
    return {
        "review_id": str(review.id),
        "kind": review.kind,
        "status": review.status,
        "within": review.within,
        "band": review.band,
        "bits": review.bits,
        "rules_version": review.rules_version,
        "opened_at": review.opened_at,
        "claimed_by": review.claimed_by,
        "claimed_until": review.claimed_until,
        "judgement": review.judgement,
        "judged_by": review.judged_by,
        "judged_at": review.judged_at,
        "closed_at": review.closed_at,
    }
