"""Events that happen to the customers of the ground, without anybody writing a record: what deliveries are fed with."""

import asyncpg

_HAPPEN = """
    WITH chosen AS (
        SELECT customer_no, version FROM customer ORDER BY id OFFSET $1 LIMIT $2 FOR NO KEY UPDATE
    ), counted AS (
        UPDATE event_subject s SET last_sequence = s.last_sequence + CAST($3 AS bigint)
        FROM chosen c WHERE s.subject = c.customer_no
        RETURNING s.subject, s.legal_entity, c.version, s.last_sequence - CAST($3 AS bigint) AS before
    )
    INSERT INTO outbox (legal_entity, event_id, type, subject, sequence, time, data)
    SELECT legal_entity, gen_random_uuid(), 'ecif.customer.updated.v1', subject, before + turn, clock_timestamp(),
           jsonb_build_object('customer_no', subject, 'version', version,
                              'changed_fields', '["phones","addresses"]'::jsonb)
    FROM counted, generate_series(1, CAST($3 AS bigint)) AS turn
    ORDER BY turn, subject
"""


async def happen(
    connection: "asyncpg.Connection[asyncpg.Record]", *, first: int, customers: int, times: int = 1
) -> int:
    """Let `times` events happen to each of some customers, in one transaction; how many events that were.

    They follow in sequence what was told of their customers before, at their present version, and their customers are
    locked as changes lock them: nothing in them is a hole to the reconciler.

    Args:
        connection: Of the owner of the tables.
        first: How many customers are passed over.
        customers: How many follow; fewer if there are not so many.
        times: Events of each.
    """
    done = await connection.execute(_HAPPEN, first, customers, times, timeout=120)
    return int(done.rpartition(" ")[2])
