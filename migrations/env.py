"""Runs migrations over the one driver, one process at a time, each in its own transaction."""

import asyncio
import os
from importlib import import_module
from pathlib import Path

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import ecif
from ecif.store.table import metadata

# Any number will do, as long as every version of ours takes the same: "ecif" in ASCII.
_ONE_AT_A_TIME = 0x65636966


def _know_every_table() -> None:
    import_module("ecif.store")
    for module in Path(*ecif.__path__).glob("*/tables.py"):
        import_module(f"ecif.{module.parent.name}.tables")


def _database_url() -> str:
    url = context.config.attributes.get("url") or os.environ.get("ECIF_DATABASE_URL")
    if not url:
        raise SystemExit("Name the database in ECIF_DATABASE_URL.")
    return str(url)


def _is_declared_here(
    _item: object, name: str | None, kind: str, reflected: bool, _other: object
) -> bool:
    """Partitions come and go by the calendar; only their parents are declared."""
    return not (kind == "table" and reflected and name not in metadata.tables)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_server_default=True,
        include_object=_is_declared_here,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _migrate_online(url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    # The lock stands on a connection of its own, because each migration commits for itself.
    async with engine.begin() as turn, engine.connect() as connection:
        await turn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


_know_every_table()
asyncio.run(_migrate_online(_database_url()))
