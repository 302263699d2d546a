"""Records as they are stored: under which key, of which customer, and that their sources have said the same again."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text

from ecif.customers.records import NewRecord, SourceRecord, is_newer, record_of
from ecif.store import Row, Statement, Work

_RECORD_COLUMNS = """id, legal_entity, source_system, source_key, customer_id, live, version, source_version,
    confirmed_version, confirmed_at,
    changed_at, received_at, first_seen_at, digest, payload, wrapped_key"""
_BY_KEYS = Statement(
    text(f"""
    SELECT {_RECORD_COLUMNS} FROM source_record
    WHERE legal_entity = CAST(:legal_entity AS text)
      AND (source_system, source_key) IN (SELECT * FROM unnest(CAST(:systems AS text[]), CAST(:keys AS text[])))
    """)
)
_HAS_SENT = Statement(
    text("""
    SELECT EXISTS (SELECT FROM source_record
                   WHERE legal_entity = CAST(:legal_entity AS text) AND source_system = CAST(:system AS text))
    """)
)
_CONFIRM = Statement(
    text("""
    UPDATE source_record AS r SET confirmed_version = n.version, confirmed_at = n.moment
    FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS bigint[]), CAST(:moments AS timestamptz[]))
         AS n (id, version, moment)
    WHERE r.id = n.id
    """)
)
_OF_CUSTOMER = Statement(
    text(
        f"SELECT {_RECORD_COLUMNS} FROM source_record WHERE customer_id = CAST(:customer_id AS bigint) ORDER BY id"
    )
)
_CUSTOMERS_OF = Statement(
    text("SELECT id, customer_id FROM source_record WHERE id = ANY (CAST(:records AS bigint[]))")
)


async def records_of(work: Work, customer_id: int) -> tuple[SourceRecord, ...]:
    """The records of a customer in order, also those that their sources deleted."""
    rows = await work.connection.fetch(_OF_CUSTOMER, customer_id=customer_id)
    return tuple(record_of(row, work.vault) for row in rows)


async def has_sent(work: Work, system: str) -> bool:
    """Whether a source system has ever sent a record."""
    return bool(
        await work.connection.fetch_value(_HAS_SENT, legal_entity=work.legal_entity, system=system)
    )


async def find_records(
    work: Work, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], SourceRecord]:
    """Records by source system and stored key; what is not there is left out."""
    rows: list[Row] = await work.connection.fetch(
        _BY_KEYS,
        legal_entity=work.legal_entity,
        systems=[system for system, _ in keys],
        keys=[key for _, key in keys],
    )
    return {(row["source_system"], row["source_key"]): record_of(row, work.vault) for row in rows}


async def confirm(work: Work, said_again: Sequence[tuple[SourceRecord, NewRecord]]) -> None:
    """Note that sources said the same again under a newer version or time.

    No version, no event and no golden value comes of it; but what was said in between comes too late now.
    """
    newer = [
        (record, new) for record, new in said_again if new.is_ordered and is_newer(record, new)
    ]
    if newer:
        await work.connection.execute(
            _CONFIRM,
            ids=[record.id for record, _ in newer],
            versions=[new.source_version for _, new in newer],
            moments=[new.changed_at for _, new in newer],
        )


async def customers_of(work: Work, records: Iterable[int]) -> dict[int, int]:
    """Record id → the id of its customer now."""
    rows = await work.connection.fetch(_CUSTOMERS_OF, records=list(records))
    return {row["id"]: row["customer_id"] for row in rows}
