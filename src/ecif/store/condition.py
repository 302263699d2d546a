"""How is the database doing? Its tables, its clock, and what waits to be announced."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ecif.store.connection import Connection, Statement

_MIGRATION = Statement(text("SELECT version_num FROM alembic_version"))
_TABLES = Statement(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
_CONDITION = Statement(
    text("""
    SELECT clock_timestamp() AS now, current_setting('server_version') AS server_version,
           pg_database_size(current_database()) AS size_bytes,
           s.position, f.last_outbox_id,
           (SELECT count(*) FROM outbox o WHERE o.id > coalesce(f.last_outbox_id, 0)) AS waiting_count,
           (SELECT min(o.time) FROM outbox o WHERE o.id > coalesce(f.last_outbox_id, 0)) AS waiting_since
    FROM sequencer s
    LEFT JOIN (SELECT max(outbox_id) AS last_outbox_id FROM feed) AS f ON true
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The database at a moment: `waiting_count` events have no position yet, the oldest since `waiting_since`."""

    now: datetime
    server_version: str
    size_bytes: int
    position: int
    waiting_count: int
    waiting_since: datetime | None


async def migration_of(connection: Connection) -> str | None:
    """The last migration that was applied; None for a database without our tables."""
    if not await connection.fetch_value(_TABLES):
        return None
    applied: str | None = await connection.fetch_value(_MIGRATION)
    return applied


async def condition_of(connection: Connection) -> Condition:
    """How the database is doing; its tables are those of this version."""
    row = await connection.fetch_one(_CONDITION)
    if row is None:
        raise RuntimeError("the sequencer's row is missing: run the migrations")
    return Condition(
        now=row["now"],
        server_version=row["server_version"],
        size_bytes=row["size_bytes"],
        position=row["position"],
        waiting_count=row["waiting_count"],
        waiting_since=row["waiting_since"],
    )
