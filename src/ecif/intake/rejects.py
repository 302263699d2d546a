"""Rejects: lines of a file that were not taken in; their line, field and reason, never their values."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO
from uuid import UUID

import orjson
from sqlalchemy import text

from ecif.store import Statement, Work

REJECT_COLUMNS = ("line", "field", "reason")
"""The first columns of a reject file."""

# Spreadsheets take a cell that begins so for a formula.
# Source: OWASP, CSV Injection; the full-width forms are taken for the same by Chinese editions.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_PUT = Statement(
    text("""
    INSERT INTO import_reject (import_id, line, legal_entity, said)
    SELECT CAST(:import_id AS uuid), r.line, CAST(:legal_entity AS text), r.said
    FROM unnest(CAST(:lines AS bigint[]), CAST(:said AS bytea[])) AS r (line, said)
    """)
)
_PAGE = Statement(
    text("""
    SELECT line, said FROM import_reject
    WHERE import_id = CAST(:import_id AS uuid) AND line > CAST(:after AS bigint)
    ORDER BY line LIMIT CAST(:limit AS bigint)
    """)
)


@dataclass(frozen=True, slots=True)
class Reject:
    """One line that was not taken in. `field` is its column, "" for the line as a whole."""

    line: int
    field: str
    reason: str


async def put_rejects(work: Work, import_id: UUID, rejects: Sequence[Reject]) -> None:
    """Keep the rejects of an import, sealed: a file without a header would have values for column names."""
    if rejects:
        await work.connection.execute(
            _PUT,
            import_id=import_id,
            legal_entity=work.legal_entity,
            lines=[reject.line for reject in rejects],
            said=[
                work.vault.seal_shared(
                    work.legal_entity,
                    _COLUMN,
                    _place(import_id, reject.line),
                    orjson.dumps([reject.field, reject.reason]),
                )
                for reject in rejects
            ],
        )


async def list_rejects(work: Work, import_id: UUID, *, after: int, limit: int) -> list[Reject]:
    """Rejects of lines behind `after`, in the order of the file, at most `limit`."""
    rows = await work.connection.fetch(_PAGE, import_id=import_id, after=after, limit=limit)
    found = []
    for row in rows:
        place = _place(import_id, row["line"])
        said = work.vault.open_shared(work.legal_entity, _COLUMN, place, row["said"])
        found.append(Reject(row["line"], *orjson.loads(said)))
    return found


class RejectFile:
    """A reject file being written: line, field and reason, then the columns of the file as they were.

    No cell begins like a formula: a quote is put before it.
    """

    def __init__(
        self,
        out: TextIO,
        rows: Iterable[tuple[int, dict[str, Any]] | Reject],
        header: Sequence[str],
    ) -> None:
        """Write the header.

        Args:
            out: Open for writing with `newline=""`.
            rows: The rows of the file again, read from its beginning.
            header: Its columns; without any, the whole row is written as JSON.
        """
        self._writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        self._rows, self._header = iter(rows), header
        self._next = next(self._rows, None)
        self._writer.writerow([*REJECT_COLUMNS, *map(_harmless, header or ("row",))])

    def add(self, rejects: Iterable[Reject]) -> None:
        """Write some more rejects, in the order of the file."""
        for reject in rejects:
            row = self._row_at(reject.line)
            values = [row.get(name) for name in self._header] if self._header else [_json_of(row)]
            said = (reject.line, reject.field, reject.reason, *values)
            self._writer.writerow([_harmless(value) for value in said])

    def _row_at(self, line: int) -> dict[str, Any]:
        """The row of a line; {} for a line that no row could be read from."""
        while self._next is not None:
            at, said = _placed(self._next)
            if at > line:
                return {}
            self._next = next(self._rows, None)
            if at == line:
                return said
        return {}


def _placed(row: tuple[int, dict[str, Any]] | Reject) -> tuple[int, dict[str, Any]]:
    return (row.line, {}) if isinstance(row, Reject) else row


def _harmless(value: Any) -> str:
    cell = "" if value is None else str(value)
    cell = cell.encode("utf-8", "replace").decode()
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell


def _json_of(row: dict[str, Any]) -> str:
    return orjson.dumps(row).decode() if row else ""


def _place(import_id: UUID, line: int) -> str:
    return f"{import_id}:{line}"


_COLUMN = "import_reject.said"
