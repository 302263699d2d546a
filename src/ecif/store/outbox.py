"""Event rows and audit rows, written in the business transaction as its last statement."""

from collections import Counter
from uuid import uuid4

import orjson
from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from ecif.store import audit
from ecif.store.connection import Statement
from ecif.store.table import instant, legal_entity, metadata
from ecif.store.work import Work

event_subject = Table(
    "event_subject",
    metadata,
    Column("subject", Text, primary_key=True),
    legal_entity(),
    Column("last_sequence", BigInteger, nullable=False),
    comment="How many events each customer number has had; the row is updated under the customer's lock.",
    postgresql_with={"fillfactor": "70"},
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
    legal_entity(),
    Column("event_id", UUID, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("sequence", BigInteger),
    instant("time"),
    Column("data", JSONB, nullable=False),
    Index(None, "subject", "sequence"),
    comment="One row per event, insert-only; the id is drawn while the customer is locked.",
    postgresql_partition_by="RANGE (id)",
)

# The subjects are counted first and the events joined to the counts, so each event gets its own number of a
# contiguous run. `participants` of a merge is filled with the numbers the others reached in this transaction.
_APPEND = Statement(
    text("""
    WITH drawn AS (
        INSERT INTO event_subject AS s (subject, legal_entity, last_sequence)
        SELECT subject, CAST(:legal_entity AS text), count
        FROM unnest(CAST(:subjects AS text[]), CAST(:counts AS bigint[])) AS new (subject, count)
        ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET last_sequence = s.last_sequence + excluded.last_sequence
        RETURNING subject, last_sequence
    ), noted AS (
        INSERT INTO audit_entry (legal_entity, at, actor, action, subject, purpose, details)
        SELECT CAST(:legal_entity AS text), CAST(:now AS timestamptz), CAST(:actor AS text),
               a.action, a.subject, a.purpose, a.details
        FROM unnest(CAST(:actions AS text[]), CAST(:audited AS text[]), CAST(:purposes AS text[]),
                    CAST(:details AS jsonb[])) AS a (action, subject, purpose, details)
    )
    INSERT INTO outbox (legal_entity, event_id, type, subject, sequence, time, data)
    SELECT CAST(:legal_entity AS text), e.event_id, e.type, e.subject, d.last_sequence - e.to_come,
           CAST(:now AS timestamptz),
           CASE WHEN e.data ? 'participants' THEN jsonb_set(e.data, '{participants}', (
               SELECT jsonb_object_agg(p.subject, lpad(p.last_sequence::text, 19, '0'))
               FROM drawn p WHERE p.subject IN (SELECT jsonb_array_elements_text(e.data -> 'participants'))))
           ELSE e.data END
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:event_subjects AS text[]),
                CAST(:to_come AS bigint[]), CAST(:data AS jsonb[]))
         WITH ORDINALITY AS e (event_id, type, subject, to_come, data, place)
    LEFT JOIN drawn d ON d.subject = e.subject
    WHERE pg_current_xact_id() IS NOT NULL
    ORDER BY e.place
    """)
)


async def flush(work: Work) -> None:
    """Write what happened, each event with the next number of its customer, and what was noted.

    The customers are locked by this transaction, and the statement takes the transaction's own id first: so the
    outbox id is drawn after it, which is what lets the sequencer tell a late commit from a rolled-back number.
    """
    events = work.happened
    counts = Counter(event.subject for event in events if event.subject is not None)
    left = Counter(counts)
    to_come: list[int | None] = []
    for event in events:
        if event.subject is None:
            to_come.append(None)
        else:
            left[event.subject] -= 1
            to_come.append(left[event.subject])
    await work.connection.execute(
        _APPEND,
        legal_entity=work.legal_entity,
        **audit.columns_of(work.actor.subject, work.audited),
        subjects=list(counts),
        counts=list(counts.values()),
        now=work.now,
        event_ids=[uuid4() for _ in events],
        types=[event.type for event in events],
        event_subjects=[event.subject for event in events],
        to_come=to_come,
        data=[orjson.dumps(event.data()).decode() for event in events],
    )
