import asyncio
import sys

import asyncpg

from ecif.store import migrate


async def test_a_fresh_database_has_every_declared_table(database_url: str) -> None:
    await asyncio.to_thread(migrate.check, database_url)


async def test_several_processes_may_migrate_at_once(empty_database_url: str) -> None:
    command = ("-c", "import sys; from ecif.store import migrate; migrate.upgrade(sys.argv[1])")

    starts = [_python(*command, empty_database_url) for _ in range(3)]
    codes = await asyncio.gather(*starts)

    assert codes == [0, 0, 0]
    await asyncio.to_thread(migrate.check, empty_database_url)


async def test_copies_share_nothing(database_url: str, empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    tables = await connection.fetch("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()

    assert tables == []
    assert database_url != empty_database_url


async def _python(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    return await process.wait()
