"""Pools and transactions: where work begins, commits, or is rolled back and tried again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import asyncpg

from ecif.errors import Busy
from ecif.rules import RuleSet
from ecif.security import Actor, Vault
from ecif.store import outbox
from ecif.store.connection import Connection, Recorder
from ecif.store.numbers import NumberBlocks
from ecif.store.work import Work

Answer = TypeVar("Answer")

MAX_ATTEMPTS = 24
"""How often one story is tried when PostgreSQL gave another transaction the way."""

_LONGEST_PAUSE_SECONDS = 0.02  # what stood in the way is gone after some milliseconds

_TRY_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.LockNotAvailableError,
)

_OUT_OF_ORDER = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a session that the server ended while we were not looking
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)
"""The database is not there, or cannot do it now: nobody's mistake, and over soon."""

MomentOf = Callable[[Connection, str, Vault], Awaitable[tuple[RuleSet, datetime]]]
"""Reads the active rule set of a legal entity and the database's clock."""


class TryAgain(Exception):
    """The story saw a state that changed under it; run it again from the start."""


class NotCommitted(Exception):
    """A statement failed, the story went on nevertheless, and PostgreSQL rolled all of it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How the pool of connections may grow and how long anything may take."""

    min_size: int = 2
    max_size: int = 16
    wait_seconds: float = 2.0
    statement_seconds: float = 10.0
    statement_cache_size: int = 256


class PoolFigures(NamedTuple):
    """The pool of this process: connections open and idle, how often one was taken, and how long it was waited for."""

    open: int
    idle: int
    taken: int
    waited_seconds: float


class _PlainConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection without session state, so that giving it back costs no round trip."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """The pool and its transactions; the one place that commits. `stories`: how many `run` was given so far."""

    def __init__(self, pool: Any, *, vault: Vault, moment_of: MomentOf, limits: PoolLimits) -> None:
        """Take an open pool; use `open_database`."""
        self._pool = pool
        self._limits = limits
        self._moment_of = moment_of
        self.vault = vault
        self.numbers = NumberBlocks()
        self.recorder: Recorder | None = None
        self._taken = 0
        self._waited_seconds = 0.0
        self.stories = 0
        self._telling = 0
        self._lull = asyncio.Event()
        self._lull.set()
        # The limits are said with BEGIN, in one round trip, and end with the transaction: a session may be
        # shared by a pooler in between.
        milliseconds = int(limits.statement_seconds * 1000)
        self._begin = (
            f"BEGIN; SET LOCAL statement_timeout = {milliseconds};"
            " SET LOCAL idle_in_transaction_session_timeout = 10000"
        )

    @property
    def pool_figures(self) -> PoolFigures:
        """How the pool is doing."""
        return PoolFigures(
            self._pool.get_size(), self._pool.get_idle_size(), self._taken, self._waited_seconds
        )

    async def close(self) -> None:
        """Give every connection back and close them; open transactions finish first."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction, for one autocommit statement.

        Raises:
            Busy: No connection became free in time, or the database is not there.
        """
        began = perf_counter()
        try:
            raw = await self._pool.acquire(timeout=self._limits.wait_seconds)
        except (*_OUT_OF_ORDER, asyncpg.PostgresError) as error:
            # Whatever it says to a new session: it does not take any now.
            raise Busy from error
        finally:
            self._taken += 1
            self._waited_seconds += perf_counter() - began
        try:
            yield Connection(raw, self.recorder)
        except _OUT_OF_ORDER as error:
            if isinstance(error, ValueError):  # a value that does not fit its column is our mistake
                raise
            raise Busy from error
        finally:
            await self._give_back(raw)

    async def _give_back(self, raw: Any) -> None:
        """Let others use a session again; one that the server has ended meanwhile is thrown away by the pool."""
        with suppress(*_OUT_OF_ORDER, asyncpg.PostgresError):
            await self._pool.release(raw)

    @asynccontextmanager
    async def begin(self, actor: Actor, *, told_in_vain: int = 0) -> AsyncIterator[Work]:
        """One transaction: what happened in it is written on a clean exit, then it commits.

        `told_in_vain` is handed on to its `Work`.
        """
        async with self.connection() as connection:
            try:
                # Within: a caller that gives up during BEGIN must not leave it open in the pool.
                await connection.say(self._begin)
                rules, now = await self._moment_of(connection, actor.legal_entity, self.vault)
                work = Work(connection, actor, now, rules, self.vault, self.numbers, told_in_vain)
                yield work
                if work.happened or work.audited:
                    await outbox.flush(work)
            except BaseException:
                await _roll_back(connection)
                raise
            if await connection.say("COMMIT") != "COMMIT":
                raise NotCommitted

    async def run(self, actor: Actor, story: Callable[[Work], Awaitable[Answer]]) -> Answer:
        """Tell `story` in a transaction; tell it again when another transaction stood in its way.

        Raises:
            Busy: It stood in the way every time, or the database is not there.
        """
        self.stories += 1
        self._telling += 1
        self._lull.clear()
        try:
            return await self._tell(actor, story)
        finally:
            self._telling -= 1
            if not self._telling:
                self._lull.set()

    async def lull(self, longest_seconds: float) -> None:
        """Wait until `run` tells no story here, and no longer than that: what can wait lets those go first."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_seconds):
                await self._lull.wait()

    async def _tell(self, actor: Actor, story: Callable[[Work], Awaitable[Answer]]) -> Answer:
        for attempt in range(MAX_ATTEMPTS):
            try:
                async with self.begin(actor, told_in_vain=attempt) as work:
                    answer = await story(work)
            except (TryAgain, *_TRY_AGAIN) as error:
                if isinstance(error, asyncpg.UniqueViolationError):
                    # After a crash of the database its sequences may give again what was drawn and never committed.
                    self.numbers.forget()
                await asyncio.sleep(min(0.002 * 2**attempt, _LONGEST_PAUSE_SECONDS))
            else:
                return answer
        raise Busy


async def _roll_back(connection: Connection) -> None:
    try:
        await connection.say("ROLLBACK")
    except (asyncpg.PostgresError, *_OUT_OF_ORDER):
        return  # the connection is gone, and the transaction with it


async def open_database(
    url: str, *, vault: Vault, moment_of: MomentOf, limits: PoolLimits | None = None
) -> Database:
    """Open the pool on `url` (a libpq URL; `host=` may be a socket folder).

    Raises:
        Busy: The database is not there, or is still starting.
    """
    limits = limits or PoolLimits()
    try:
        pool = await _open_pool(url, limits)
    except _OUT_OF_ORDER as error:
        raise Busy from error
    return Database(pool, vault=vault, moment_of=moment_of, limits=limits)


async def _open_pool(url: str, limits: PoolLimits) -> Any:
    return await asyncpg.create_pool(
        dsn=url,
        min_size=limits.min_size,
        max_size=limits.max_size,
        connection_class=_PlainConnection,
        statement_cache_size=limits.statement_cache_size,
        command_timeout=limits.statement_seconds,
        server_settings={"application_name": "ecif"},
    )
