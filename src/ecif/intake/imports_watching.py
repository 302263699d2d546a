"""How many imports are under way, for those who watch from outside."""

from sqlalchemy import text

from ecif.store import Connection, Statement

_STATES = Statement(
    text("""
    SELECT known.state, count(r.id)
    FROM unnest(ARRAY['arriving', 'waiting', 'running']) AS known (state)
    LEFT JOIN import_run r ON r.state = known.state AND r.state IN ('arriving', 'waiting', 'running')
    GROUP BY known.state
    """)
)


async def imports_by_state(connection: Connection) -> dict[str, int]:
    """Imports that are not finished, of all legal entities, by state."""
    return {row[0]: row[1] for row in await connection.fetch(_STATES)}
