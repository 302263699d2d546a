"""Putting the desk's decisions into the tables, and saying what happened."""

from sqlalchemy import text

from ecif.customers.desk import Desk, Rekeying
from ecif.customers.folders import Folder
from ecif.customers.telling import tell
from ecif.customers.written import (
    arrived_columns,
    customer_columns,
    link_columns,
    moment_columns,
    sealed_payload,
    sealed_reason,
)
from ecif.store import Statement

_CUSTOMER_COLUMNS = """
    unnest(CAST(:ids AS bigint[]), CAST(:statuses AS text[]), CAST(:versions AS bigint[]),
           CAST(:merged_into_ids AS bigint[]), CAST(:goldens AS text[]), CAST(:golden_clears AS bytea[]))
        AS n (id, status, version, merged_into_id, golden, golden_clear)
"""

_NEW = Statement(
    text(f"""
    WITH opened AS (
        INSERT INTO customer (id, legal_entity, customer_no, kind, status, live, version, opened_at, changed_at,
                              merged_into_id, rules_version, mask_version, golden, golden_clear, wrapped_key, has_pins)
        SELECT n.id, CAST(:legal_entity AS text), k.customer_no, k.kind, n.status,
               CASE WHEN n.status = 'live' THEN true END, n.version,
               CAST(:now AS timestamptz), CAST(:now AS timestamptz), n.merged_into_id, CAST(:rules_version AS integer),
               CAST(:mask_version AS integer), n.golden, n.golden_clear, k.wrapped_key, false
        FROM {_CUSTOMER_COLUMNS}
        JOIN unnest(CAST(:ids AS bigint[]), CAST(:customer_nos AS text[]), CAST(:kinds AS text[]),
                    CAST(:customer_keys AS bytea[])) AS k (id, customer_no, kind, wrapped_key) USING (id)
    ), came AS (
        INSERT INTO source_record (id, legal_entity, source_system, source_key, customer_id, live, version,
                                   source_version, changed_at, received_at, first_seen_at, is_weak, digest, payload,
                                   wrapped_key)
        SELECT r.id, CAST(:legal_entity AS text), r.source_system, r.source_key, r.customer_id, true, r.version,
               r.source_version, r.changed_at, CAST(:now AS timestamptz), CAST(:now AS timestamptz), r.is_weak,
               r.digest, r.payload, r.wrapped_key
        FROM unnest(CAST(:record_ids AS bigint[]), CAST(:source_systems AS text[]), CAST(:source_keys AS text[]),
                    CAST(:customer_ids AS bigint[]), CAST(:record_versions AS integer[]),
                    CAST(:source_versions AS bigint[]), CAST(:changed_ats AS timestamptz[]),
                    CAST(:weak AS boolean[]), CAST(:digests AS bytea[]), CAST(:payloads AS bytea[]),
                    CAST(:record_keys AS bytea[]))
             AS r (id, source_system, source_key, customer_id, version, source_version, changed_at, is_weak, digest,
                   payload, wrapped_key)
    )
    INSERT INTO link (legal_entity, record_id, customer_id, method, band, bits, rules_version, actor, merge_id,
                      because, since)
    SELECT CAST(:legal_entity AS text), l.record_id, l.customer_id, l.method, l.band, l.bits, l.rules_version,
           CAST(:actor AS text), l.merge_id, l.because, CAST(:now AS timestamptz)
    FROM unnest(CAST(:link_record_ids AS bigint[]), CAST(:link_customer_ids AS bigint[]), CAST(:methods AS text[]),
                CAST(:bands AS text[]), CAST(:bits AS double precision[]), CAST(:link_rules AS integer[]),
                CAST(:merge_ids AS uuid[]), CAST(:becauses AS bytea[]))
         AS l (record_id, customer_id, method, band, bits, rules_version, merge_id, because)
    """)
)
_CHANGE = Statement(
    text(f"""
    WITH kept AS (
        INSERT INTO customer_version (customer_id, version, legal_entity, status, merged_into_id, rules_version,
                                      mask_version, golden, golden_clear, valid_from, valid_until)
        SELECT id, version, legal_entity, status, merged_into_id, rules_version, mask_version, golden, golden_clear,
               changed_at, CAST(:now AS timestamptz)
        FROM customer WHERE id = ANY (CAST(:ids AS bigint[]))
    )
    UPDATE customer AS c
    SET status = n.status, live = CASE WHEN n.status = 'live' THEN true END, version = n.version,
        changed_at = CAST(:now AS timestamptz), merged_into_id = n.merged_into_id,
        rules_version = CAST(:rules_version AS integer), mask_version = CAST(:mask_version AS integer),
        golden = n.golden, golden_clear = n.golden_clear
    FROM {_CUSTOMER_COLUMNS}
    WHERE c.id = n.id
    """)
)
_REPLACE = Statement(
    text("""
    WITH kept AS (
        INSERT INTO source_record_version (record_id, version, legal_entity, live, source_version, changed_at,
                                           received_at, replaced_at, payload)
        SELECT id, version, legal_entity, live, source_version, changed_at, received_at, CAST(:now AS timestamptz),
               payload
        FROM source_record WHERE id = ANY (CAST(:ids AS bigint[]))
    )
    UPDATE source_record AS r
    SET live = n.live, version = n.version, source_version = n.source_version, changed_at = n.changed_at,
        confirmed_version = NULL, confirmed_at = NULL,
        received_at = n.received_at, is_weak = n.is_weak, digest = n.digest, payload = n.payload
    FROM unnest(CAST(:ids AS bigint[]), CAST(:lives AS boolean[]), CAST(:versions AS integer[]),
                CAST(:source_versions AS bigint[]), CAST(:changed_ats AS timestamptz[]),
                CAST(:received_ats AS timestamptz[]), CAST(:weak AS boolean[]), CAST(:digests AS bytea[]),
                CAST(:payloads AS bytea[]))
         AS n (id, live, version, source_version, changed_at, received_at, is_weak, digest, payload)
    WHERE r.id = n.id
    """)
)
_END_LINKS = Statement(
    text("""
    WITH moved AS (
        UPDATE source_record AS r SET customer_id = m.customer_id
        FROM unnest(CAST(:record_ids AS bigint[]), CAST(:customer_ids AS bigint[])) AS m (id, customer_id)
        WHERE r.id = m.id
    )
    UPDATE link SET until = CAST(:now AS timestamptz)
    WHERE record_id = ANY (CAST(:record_ids AS bigint[])) AND until IS NULL
    """)
)
# Numbers that lead to the absorbed customer follow it. Most are locked already; what is not comes out of order, so it
# is not waited for: who holds it may be waiting for us, and the story is told again.
_MERGE = Statement(
    text("""
    WITH made AS (
        INSERT INTO merge (id, legal_entity, survivor_id, absorbed_id, method, rules_version, actor, because, merged_at)
        VALUES (CAST(:id AS uuid), CAST(:legal_entity AS text), CAST(:survivor_id AS bigint),
                CAST(:absorbed_id AS bigint), CAST(:method AS text), CAST(:rules_version AS integer),
                CAST(:actor AS text), CAST(:because AS bytea), CAST(:now AS timestamptz))
    ), redirected AS (
        UPDATE customer SET merged_into_id = CAST(:survivor_id AS bigint)
        WHERE id IN (SELECT id FROM customer WHERE merged_into_id = CAST(:absorbed_id AS bigint) FOR UPDATE NOWAIT)
    )
    INSERT INTO merge_move (merge_id, record_id)
    SELECT CAST(:id AS uuid), record_id FROM unnest(CAST(:record_ids AS bigint[])) AS record_id
    """)
)


async def put_back(desk: Desk) -> None:
    """Derive what was touched, write it all, and record the events; the desk is then spent."""
    if not desk.touched:
        return
    changed_fields = {folder.id: _derive_again(desk, folder) for folder in desk.touched.values()}
    work = desk.work
    existing = [folder for folder in desk.touched.values() if not folder.is_new]
    if existing:
        await work.connection.execute(
            _CHANGE, **moment_columns(desk), **customer_columns(desk, existing)
        )
    await _put_records(desk)
    if desk.moved:
        await work.connection.execute(
            _END_LINKS,
            record_ids=list(desk.moved),
            customer_ids=[entry.folder.id for entry in desk.moved.values()],
            now=work.now,
        )
    if desk.arrived or desk.moved:
        await _put_new(desk)
    for rekeying in desk.rekeyed:
        if rekeying.kind == "merged":
            await _put_merge(desk, rekeying)
    tell(desk, changed_fields)


def _derive_again(desk: Desk, folder: Folder) -> tuple[str, ...]:
    """Give the folder its next version and golden values; the names of the fields that differ."""
    before = folder.values
    folder.version += 1
    folder.rules_version = desk.work.rules.version
    if folder.merged_into_id is None:
        folder.status = "live" if folder.live_records else "closed"
        folder.values = folder.derived(desk.work.rules).values
    after = folder.values
    names = before.keys() | after.keys()
    return tuple(sorted([name for name in names if before.get(name) != after.get(name)]))


async def _put_new(desk: Desk) -> None:
    opened = [folder for folder in desk.touched.values() if folder.is_new]
    links = [*desk.assigned.values(), *desk.moved.values()]
    await desk.work.connection.execute(
        _NEW,
        legal_entity=desk.work.legal_entity,
        actor=desk.work.actor.subject,
        **moment_columns(desk),
        **customer_columns(desk, opened),
        customer_nos=[folder.customer_no for folder in opened],
        kinds=[folder.kind for folder in opened],
        customer_keys=[folder.wrapped_key for folder in opened],
        **arrived_columns(desk.arrived),
        **link_columns(links),
    )


async def _put_records(desk: Desk) -> None:
    replaced = desk.replaced
    if not replaced:
        return
    await desk.work.connection.execute(
        _REPLACE,
        ids=[record.id for record in replaced],
        lives=[record.is_live or None for record in replaced],
        versions=[record.version for record in replaced],
        source_versions=[record.source_version for record in replaced],
        changed_ats=[record.changed_at for record in replaced],
        received_ats=[record.received_at for record in replaced],
        weak=[record.is_weak for record in replaced],
        digests=[record.digest for record in replaced],
        payloads=[sealed_payload(record) for record in replaced],
        now=desk.work.now,
    )


async def _put_merge(desk: Desk, rekeying: Rekeying) -> None:
    await desk.work.connection.execute(
        _MERGE,
        id=rekeying.id,
        legal_entity=desk.work.legal_entity,
        survivor_id=rekeying.survivor.id,
        absorbed_id=rekeying.absorbed.id,
        method=rekeying.method,
        rules_version=rekeying.reason.rules_version,
        actor=desk.work.actor.subject,
        because=sealed_reason(rekeying.absorbed.opener, "merge.because", rekeying.reason),
        now=desk.work.now,
        record_ids=[record.id for record in rekeying.moved],
    )
