"""The outbox and the feed in pieces: a new one begins every day, and old ones are dropped whole.

The work is done by two functions in the database that belong to the owner of the tables; the worker may call them and
nothing else. Why no event can fall between two pieces, in `migrations/versions` at revision 0004:

- The piece in use is open at its end. It is closed under a lock that no transaction with an event can hold at the
  same time: an outbox id is drawn by the statement that inserts it, and that statement's lock lasts until its
  transaction ends. So nobody holds an id that is drawn and not inserted, and the next id begins the next piece.
- Positions are given under the lock of the sequencer's row, which is taken first.
- Each table is handled in a transaction of its own: whoever reads both never waits in a circle.
- A piece of the outbox goes only when it is settled and no piece of the feed refers to it any more.
"""

from datetime import timedelta

import asyncpg
from sqlalchemy import text

from ecif.store.connection import Statement
from ecif.store.database import Database

LARGEST = 500_000
"""Ids in one partition after which the next begins within the day: so closing one looks at few rows."""

KEPT = timedelta(days=90)
"""How long events stay readable, unless the bank keeps them longer."""

_TABLES = ("feed", "outbox")
_START = Statement(
    text("""
    SELECT array_remove(ARRAY[start_next_partition(CAST(:table AS text), CAST(:largest AS bigint))], NULL)
    """)
)
_DROP = Statement(
    text("""
    SELECT drop_partitions_before(CAST(:table AS text), clock_timestamp() - CAST(:age AS interval),
                                  CAST(:settled AS bigint))
    """)
)
_IN_THE_WAY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


async def start_next_partitions(database: Database, *, largest: int = LARGEST) -> list[str]:
    """Close the partitions in use and begin the next, where a UTC day has ended or one is full.

    To be called every few minutes; a call that finds nothing to do is two cheap questions. Where busy writers
    do not let go of a table within a second it is left for the next call.

    Returns:
        The names of the partitions that were begun.
    """
    begun: list[str] = []
    for table in _TABLES:
        begun += await _called(database, _START, table=table, largest=largest)
    return begun


async def drop_partitions_before(
    database: Database, *, age: timedelta = KEPT, settled: int | None = None
) -> list[str]:
    """Drop whole partitions whose newest event is older than `age`; readers behind them are told (410).

    Args:
        database: Where they are.
        age: How long events are kept.
        settled: The position up to which every subscriber has received its events; what lies after it is kept.
            None when nobody has to be waited for.

    Returns:
        The names of the partitions that are gone.
    """
    gone: list[str] = []
    for table in _TABLES:
        gone += await _called(database, _DROP, table=table, age=age, settled=settled)
    return gone


async def _called(database: Database, function: Statement, **values: object) -> list[str]:
    try:
        async with database.connection() as connection:
            answer: list[str] = await connection.fetch_value(function, **values)
    except _IN_THE_WAY:
        return []
    return answer
