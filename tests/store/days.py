"""Days of a feed that pass, and what is read of them."""

from datetime import timedelta
from typing import Any

from ecif.store import (
    Cursor,
    Database,
    FeedPage,
    FeedQuestion,
    Sequencer,
    read_after,
    start_next_partitions,
)
from tests.store.writers import (
    Writer,
    tick_until_quiet,
)

DAY = timedelta(days=1)


async def let_days_pass(connection: Any, days: int = 1) -> None:
    """Every event so far happened that much earlier."""
    await connection.execute("UPDATE outbox SET time = time - $1::interval", days * DAY)


async def write_a_day(database: Database, writer: Writer, count: int = 3) -> None:
    """Some events, numbered; then the day is over and the next partitions are begun."""
    for _ in range(count):
        await writer.write("A")
    await tick_until_quiet(database, Sequencer())
    await let_days_pass(writer.connection)
    await start_next_partitions(database)


async def everything(database: Database, after: Cursor | None = None) -> list[int]:
    positions: list[int] = []
    while True:
        page = await read(database, after)
        if not page.events:
            return positions
        positions += [row["position"] for row in page.events]
        after = page.next


async def read(database: Database, after: Cursor | None = None, **asked: Any) -> FeedPage:
    question = FeedQuestion(after=after, **({"limit": 4} | asked))
    return await read_after(database, question, legal_entity="main")
