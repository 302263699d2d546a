"""Happenings: what the tables tell of a customer, by its versions, links, merges, anti-links and pins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from ecif.customers.records import HASHED_KEY_MARK
from ecif.events import RecordRef
from ecif.rules import Reason
from ecif.security import Opener
from ecif.store import Row, Statement, Work

_VERSIONS = Statement(
    text("""
    SELECT v.version, v.status, v.rules_version, v.golden_clear, v.valid_from, v.valid_until,
           m.customer_no AS merged_into
    FROM customer_version v LEFT JOIN customer m ON m.id = v.merged_into_id
    WHERE v.customer_id = CAST(:customer_id AS bigint)
    UNION ALL
    SELECT c.version, c.status, c.rules_version, c.golden_clear, c.changed_at, NULL, m.customer_no
    FROM customer c LEFT JOIN customer m ON m.id = c.merged_into_id
    WHERE c.id = CAST(:customer_id AS bigint)
    ORDER BY version
    """)
)
_LINKS = Statement(
    text("""
    SELECT l.record_id, l.method, l.band, l.bits, l.rules_version, l.actor, l.merge_id, l.because, l.since, l.until,
           c.customer_no, r.source_system, r.source_key, r.wrapped_key, r.legal_entity
    FROM link l
    JOIN source_record r ON r.id = l.record_id
    JOIN customer c ON c.id = l.customer_id
    WHERE l.legal_entity = CAST(:legal_entity AS text)
      AND (l.customer_id = CAST(:customer_id AS bigint) OR l.record_id = ANY (CAST(:records AS bigint[])))
    ORDER BY l.since, l.id
    """)
)
_MERGES = Statement(
    text("""
    SELECT m.id, m.method, m.rules_version, m.actor, m.because, m.merged_at, m.undone_at, m.undone_by,
           s.customer_no AS survivor, a.customer_no AS absorbed, a.id AS absorbed_id, a.wrapped_key, a.legal_entity
    FROM merge m JOIN customer s ON s.id = m.survivor_id JOIN customer a ON a.id = m.absorbed_id
    WHERE m.legal_entity = CAST(:legal_entity AS text)
      AND (m.survivor_id = CAST(:customer_id AS bigint) OR m.absorbed_id = CAST(:customer_id AS bigint)
           OR m.id = ANY (CAST(:merges AS uuid[])))
    ORDER BY m.merged_at, m.id
    """)
)
_APART = Statement(
    text("""
    SELECT id, left_records, right_records, made_by, because, since, until, ended_by, ended_because FROM anti_link
    WHERE legal_entity = CAST(:legal_entity AS text)
      AND (left_records && CAST(:records AS bigint[]) OR right_records && CAST(:records AS bigint[]))
    ORDER BY since, id
    """)
)
_PINS = Statement(
    text("""
    SELECT field, pinned_by, since, until, released_by FROM pin
    WHERE customer_id = CAST(:customer_id AS bigint) ORDER BY since, id
    """)
)
_CUSTOMER = Statement(
    text("SELECT legal_entity, wrapped_key FROM customer WHERE id = CAST(:customer_id AS bigint)")
)
_RECORDS = Statement(
    text(
        "SELECT id FROM source_record WHERE customer_id = CAST(:customer_id AS bigint) ORDER BY id"
    )
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: when, what, and its facts (ids, versions, field names); `reason` says why it did."""

    at: datetime
    what: str
    facts: dict[str, Any]
    reason: Reason | None = None


async def record_ids_of(work: Work, customer_id: int) -> list[int]:
    """The ids of a customer's records, in order."""
    rows = await work.connection.fetch(_RECORDS, customer_id=customer_id)
    return [row["id"] for row in rows]


async def versions_told(work: Work, customer_id: int) -> list[Happening]:
    """The versions of a customer, and the names of the golden fields that each of them changed."""
    customer = await work.connection.fetch_one(_CUSTOMER, customer_id=customer_id)
    assert customer is not None  # noqa: S101  # its id was resolved by this transaction
    opener = work.vault.opener(
        customer["legal_entity"], f"customer:{customer_id}", customer["wrapped_key"]
    )
    happened, before = [], dict[str, Any]()
    for row in await work.connection.fetch(_VERSIONS, customer_id=customer_id):
        values = orjson.loads(opener.open("customer.golden_clear", row["golden_clear"]))
        changed = sorted(
            name for name in before.keys() | values.keys() if before.get(name) != values.get(name)
        )
        facts = {
            "version": row["version"],
            "status": row["status"],
            "merged_into": row["merged_into"],
            "rules_version": row["rules_version"],
            "until": row["valid_until"],
            "changed_fields": changed,
        }
        happened.append(Happening(row["valid_from"], "version", facts))
        before = values
    return happened


async def links_told(work: Work, customer_id: int, records: Iterable[int]) -> list[Happening]:
    """Links that led records to a customer, and all those of further records."""
    rows = await work.connection.fetch(
        _LINKS, legal_entity=work.legal_entity, customer_id=customer_id, records=list(records)
    )
    return [_linked(work, row) for row in rows]


def _linked(work: Work, row: Row) -> Happening:
    is_personal = row["source_key"].startswith(HASHED_KEY_MARK)
    ref = RecordRef(
        record_id=row["record_id"],
        source_system=row["source_system"],
        source_key=None if is_personal else row["source_key"],
    )
    facts = {
        "record": ref.data(),
        "record_id": row["record_id"],
        "customer_no": row["customer_no"],
        "method": row["method"],
        "band": row["band"],
        "bits": row["bits"],
        "rules_version": row["rules_version"],
        "actor": row["actor"],
        "merge_id": row["merge_id"],
        "until": row["until"],
    }
    reason = None
    if row["because"] is not None:
        opener = work.vault.opener(
            row["legal_entity"], f"record:{row['record_id']}", row["wrapped_key"]
        )
        reason = _reason(opener, "link.because", row["because"])
    return Happening(row["since"], "linked", facts, reason)


def end_of(link: Happening) -> Happening:
    """The end of a link that has ended."""
    facts = {name: link.facts[name] for name in ("record", "record_id", "customer_no")}
    return Happening(link.facts["until"], "unlinked", facts)


async def merges_told(work: Work, customer_id: int, merges: Iterable[Any]) -> list[Happening]:
    """Merges that a customer was part of and further ones, and their reversals."""
    rows = await work.connection.fetch(
        _MERGES, legal_entity=work.legal_entity, customer_id=customer_id, merges=list(merges)
    )
    happened = []
    for row in rows:
        facts = {
            "merge_id": row["id"],
            "survivor": row["survivor"],
            "absorbed": row["absorbed"],
            "method": row["method"],
            "rules_version": row["rules_version"],
            "actor": row["actor"],
        }
        reason = None
        if row["because"] is not None:
            owner = f"customer:{row['absorbed_id']}"
            opener = work.vault.opener(row["legal_entity"], owner, row["wrapped_key"])
            reason = _reason(opener, "merge.because", row["because"])
        happened.append(Happening(row["merged_at"], "merged", facts, reason))
        if row["undone_at"] is not None:
            undone = {**facts, "actor": row["undone_by"]}
            happened.append(Happening(row["undone_at"], "unmerged", undone))
    return happened


async def partings_told(work: Work, records: Iterable[int]) -> list[Happening]:
    """Anti-links that name one of these records."""
    rows = await work.connection.fetch(
        _APART, legal_entity=work.legal_entity, records=list(records)
    )
    return [
        Happening(
            row["since"],
            "kept_apart",
            {
                "left_records": [str(each) for each in row["left_records"]],
                "right_records": [str(each) for each in row["right_records"]],
                "actor": row["made_by"],
                "because": row["because"],
                "until": row["until"],
                "ended_by": row["ended_by"],
                "ended_because": row["ended_because"],
            },
        )
        for row in rows
    ]


async def pins_told(work: Work, customer_id: int) -> list[Happening]:
    """Golden values of a customer that people have pinned."""
    rows = await work.connection.fetch(_PINS, customer_id=customer_id)
    return [
        Happening(
            row["since"],
            "pinned",
            {
                "field": row["field"],
                "actor": row["pinned_by"],
                "until": row["until"],
                "released_by": row["released_by"],
            },
        )
        for row in rows
    ]


def _reason(opener: Opener, column: str, sealed: bytes) -> Reason:
    return Reason.model_validate_json(opener.open(column, sealed))
