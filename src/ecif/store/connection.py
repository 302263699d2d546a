"""How a statement becomes rows: compiled once by SQLAlchemy for asyncpg, run on asyncpg itself."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.compiler import SQLCompiler

Row: TypeAlias = Any
"""One row: its columns by name or place."""

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """One SQL statement of a room, compiled at its first use and then only filled with values."""

    __slots__ = ("_clause", "_names", "_sql")

    def __init__(self, clause: ClauseElement) -> None:
        """Take a SQLAlchemy Core clause whose values are all named bind parameters."""
        self._clause = clause
        self._sql: str | None = None
        self._names: tuple[str, ...] = ()

    def __call__(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """The SQL text and its arguments in order.

        Raises:
            KeyError: A value of the statement is missing.
        """
        if self._sql is None:
            compiled = cast(SQLCompiler, self._clause.compile(dialect=_DIALECT))
            self._names = tuple(compiled.positiontup or ())
            self._sql = str(compiled)
        return self._sql, [values[name] for name in self._names]


def array_text(numbers: Iterable[int]) -> str:
    """Many whole numbers as PostgreSQL writes an array; asyncpg takes four times as long over each of a list."""
    return "{" + ",".join(map(str, numbers)) + "}"


class Recorder(Protocol):
    """Watches the statements that run: the benchmark and the tests count them."""

    def ran(self, sql: str, arguments: Sequence[Any]) -> None:
        """A statement was run."""


class Connection:
    """One database connection, as the rooms see it."""

    __slots__ = ("_raw", "recorder")

    def __init__(self, raw: Any, recorder: Recorder | None = None) -> None:
        """Wrap an asyncpg connection."""
        self._raw = raw
        self.recorder = recorder

    async def say(self, command: str) -> str:
        """Run a command without values or rows; only `Database` begins and ends transactions with it.

        Returns:
            What PostgreSQL says it did: to `COMMIT`, `ROLLBACK` when a statement had failed before.
        """
        if self.recorder is not None:
            self.recorder.ran(command, ())
        said: str = await self._raw.execute(command)
        return said

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows."""
        sql, arguments = statement(values)
        if self.recorder is not None:
            self.recorder.ran(sql, arguments)
        rows: list[Row] = await self._raw.fetch(sql, *arguments)
        return rows

    async def fetch_one(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        sql, arguments = statement(values)
        if self.recorder is not None:
            self.recorder.ran(sql, arguments)
        row: Row | None = await self._raw.fetchrow(sql, *arguments)
        return row

    async def fetch_value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.fetch_one(statement, **values)
        return None if row is None else row[0]

    async def execute(self, statement: Statement, **values: Any) -> None:
        """Run for its effect."""
        await self.fetch_one(statement, **values)
