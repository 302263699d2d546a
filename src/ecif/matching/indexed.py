"""Whether records stand in the index under the present hashing key: under a former one nobody finds them."""

from typing import NamedTuple

from sqlalchemy import text

from ecif.store import Connection, Statement

LOOKED_AT = 1_000
"""How many records are looked at, evenly among all: a new key concerns all records that came before it."""

_KEY_VERSIONS = Statement(
    text("""
    WITH bounds AS (
        SELECT (SELECT record_id FROM match_feature ORDER BY record_id LIMIT 1) AS first,
               (SELECT record_id FROM match_feature ORDER BY record_id DESC LIMIT 1) + 1 AS behind
    ), stretch AS (
        SELECT first + (behind - first) * n / CAST(:count AS bigint) AS start,
               first + (behind - first) * (n + 1) / CAST(:count AS bigint) AS behind
        FROM bounds, generate_series(CAST(0 AS bigint), CAST(:count AS bigint) - 1) AS n
    ), looked AS (
        SELECT found.record_id FROM stretch CROSS JOIN LATERAL (
            SELECT record_id FROM match_feature
            WHERE record_id >= stretch.start AND record_id < stretch.behind ORDER BY record_id LIMIT 1
        ) AS found
    )
    SELECT count(*) AS looked_at,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM match_key k
               WHERE k.record_id = looked.record_id AND k.key_version <> CAST(:version AS integer))) AS former
    FROM looked
    """)
)


class KeyVersions(NamedTuple):
    """Of so many records that were looked at, how many stand under a former hashing key."""

    looked_at: int
    former: int


async def key_versions(connection: Connection, present: int) -> KeyVersions:
    """Look at some records of all legal entities; `present` is the version of the hashing key in use."""
    row = await connection.fetch_one(_KEY_VERSIONS, count=LOOKED_AT, version=present)
    assert row is not None  # noqa: S101  # counts yield one row
    return KeyVersions(row["looked_at"], row["former"])
