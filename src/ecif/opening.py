"""The database of an installation, opened with its settings and keys."""

import asyncio
from typing import Final

from ecif import policy
from ecif.errors import Busy
from ecif.security import InstallationKeys, Vault
from ecif.settings import Settings
from ecif.store import Database, PoolLimits, open_database

_OPENING_SECONDS: Final = 30.0


async def opened(
    settings: Settings,
    keys: InstallationKeys,
    database_url: str,
    *,
    statement_seconds: float | None = None,
    patience_seconds: float = _OPENING_SECONDS,
) -> Database:
    """Open the pool, waiting a while for a database that is still starting.

    Args:
        settings: The knobs of this installation.
        keys: Its secrets.
        database_url: Where the database is.
        statement_seconds: How long one statement may take; None for what the settings say.
        patience_seconds: How long to wait for a database that does not answer yet.

    Raises:
        Busy: The database cannot be reached.
    """
    limits = PoolLimits(
        max_size=settings.pool_max_size,
        min_size=min(2, settings.pool_max_size),
        wait_seconds=settings.pool_wait_seconds,
        statement_seconds=statement_seconds or settings.statement_timeout_seconds,
    )
    deadline = asyncio.get_running_loop().time() + patience_seconds
    while True:
        try:
            return await open_database(
                database_url,
                vault=Vault(keys.master),
                moment_of=policy.moment_of,
                limits=limits,
            )
        except Busy:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.5)
