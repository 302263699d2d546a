"""Why a subscription does not move: what the tables know of it and what those who should carry it said last."""

import asyncpg

from tests.torture.system import WORKERS, System

_LAST_LINES = 20
_CARRIED = """
SELECT json_build_object('name', s.name, 'status', s.status, 'holder', s.holder, 'leased_until', s.leased_until,
       'taken_at', s.taken_at, 'now', clock_timestamp(), 'fencing', s.fencing, 'crashes', s.crashes, 'alone', s.alone,
       'position', s.position, 'end', (SELECT position FROM sequencer), 'retry_at', s.retry_at, 'failure', s.failure,
       'apart', (SELECT json_object_agg(state, many)
                 FROM (SELECT state, count(*) AS many FROM delivery d WHERE d.subscription_id = s.id GROUP BY state)
                      AS states)) AS carried
FROM subscription s ORDER BY s.name
"""
_RELAYS = "SELECT id::text, seen_at::text FROM relay"


async def why_still(system: System, name: str) -> str:
    """A text for whoever reads how a run ended: ids, counts, times and logs, no customer's data."""
    connection = await asyncpg.connect(system.database_url, timeout=5)
    try:
        carried = [row["carried"] for row in await connection.fetch(_CARRIED)]
        relays = [tuple(row) for row in await connection.fetch(_RELAYS)]
    finally:
        await connection.close(timeout=5)
    said = [f"{worker}: {_last_said(system, worker)}" for worker in WORKERS]
    return "\n".join([f"{name} stands still", *carried, f"relays: {relays}", *said])


def _last_said(system: System, worker: str) -> str:
    process = system.running.get(worker)
    is_running = process is not None and process.poll() is None
    log = (system.home / "logs" / f"{worker}.log").read_text(encoding="utf-8", errors="replace")
    end = "\n".join(log.splitlines()[-_LAST_LINES:])
    return f"{'running' if is_running else 'not running'}\n{end}"
