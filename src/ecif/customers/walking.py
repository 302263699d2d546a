"""Walking past all customers: how many are ahead or wait, and some that lie evenly among all."""

from sqlalchemy import text

from ecif.customers.rederiving import customer_ids_after
from ecif.store import Connection, Statement, Work

# Both are counted in indexes alone: the rows of many customers are large.
_COUNT = Statement(
    text("""
    SELECT (SELECT count(*) FROM customer
            WHERE legal_entity = CAST(:legal_entity AS text) AND id > CAST(:after AS bigint))
         - (SELECT count(*) FROM customer
            WHERE legal_entity = CAST(:legal_entity AS text) AND id > CAST(:after AS bigint)
              AND merged_into_id IS NOT NULL)
    """)
)
# One in each of so many equal stretches of ids: a systematic sample, the same every time.
_SPREAD = Statement(
    text("""
    WITH bounds AS (
        SELECT (SELECT id FROM customer ORDER BY id LIMIT 1) AS first,
               (SELECT id FROM customer ORDER BY id DESC LIMIT 1) + 1 AS behind
    ), stretch AS (
        SELECT first + (behind - first) * n / CAST(:count AS bigint) AS start,
               first + (behind - first) * (n + 1) / CAST(:count AS bigint) AS behind
        FROM bounds, generate_series(CAST(0 AS bigint), CAST(:count AS bigint) - 1) AS n
    )
    SELECT found.id FROM stretch CROSS JOIN LATERAL (
        SELECT id FROM customer
        WHERE id >= stretch.start AND id < stretch.behind AND status <> 'merged'
          AND legal_entity = CAST(:legal_entity AS text)
        ORDER BY id LIMIT 1
    ) AS found ORDER BY 1
    """)
)
_WAITING = Statement(
    text("""
    SELECT count(*) FROM (
        SELECT FROM active_rule_set a CROSS JOIN LATERAL (
            SELECT FROM customer c
            WHERE c.legal_entity = a.legal_entity AND c.rules_version < a.version AND c.status <> 'merged'
            UNION ALL
            SELECT FROM customer c
            WHERE c.legal_entity = a.legal_entity AND c.rules_version > a.version AND c.status <> 'merged'
        ) AS former
        LIMIT CAST(:most AS bigint)
    ) AS waiting
    """)
)


async def count_after(work: Work, after: int) -> int:
    """How many live and closed customers have an id above `after`."""
    ahead: int = await work.connection.fetch_value(
        _COUNT, legal_entity=work.legal_entity, after=after
    )
    return ahead


async def customer_ids_spread(work: Work, *, count: int) -> list[int]:
    """The ids of at most `count` live and closed customers that lie evenly among all, in order."""
    some = await customer_ids_after(work, 0, limit=count + 1)
    if len(some) <= count:
        return some
    rows = await work.connection.fetch(_SPREAD, legal_entity=work.legal_entity, count=count)
    return [row["id"] for row in rows]


async def waiting_for_rules(connection: Connection, *, most: int) -> int:
    """How many customers of all legal entities are not yet derived under the active rules; counted up to `most`."""
    waiting: int = await connection.fetch_value(_WAITING, most=most)
    return waiting
