"""Files taken in by a test: a bank on a database of its own, and what became of their rows."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from ecif.intake import FileOrder, Import, Premises, ReadingRules, crew_for, import_file
from ecif.security import MasterKeys
from tests.bank import ANNA, Bank, open_bank

Pairs = set[tuple[str, str]]


@dataclass(slots=True)
class Desk:
    """Where files are handed in; `premises` lets the processes of a large import find the database."""

    bank: Bank
    premises: Premises
    folder: Path

    async def take_in(self, path: Path, **how: Any) -> Import:
        """Take a file in."""
        order = FileOrder(path=path, **how)
        crew = crew_for(self.premises, order.size_bytes)
        try:
            return await import_file(self.bank.database, crew, ANNA, order, lambda *_: None)
        finally:
            if crew is not None:
                crew.close()

    async def take_in_rows(
        self, rows: Sequence[Mapping[str, Any]], *, name: str = "rows.ndjson", **rules: Any
    ) -> Import:
        """Take rows in from a file of one line each."""
        path = self.folder / name
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        return await self.take_in(path, rules=ReadingRules(**{"source_system": "core", **rules}))

    async def customers(self) -> dict[str, int]:
        """Source key → customer, of every live record."""
        rows = await self.bank.rows("SELECT source_key, customer_id FROM source_record WHERE live")
        return {str(row["source_key"]): int(str(row["customer_id"])) for row in rows}


@asynccontextmanager
async def open_desk(url: str, folder: Path) -> AsyncIterator[Desk]:
    """A desk of a bank without customers."""
    keys = MasterKeys.fresh()
    async with open_bank(url, keys=keys) as bank:
        yield Desk(bank, Premises(database_url=url, keys=keys), folder)


def pairs_of(groups: Mapping[str, object]) -> Pairs:
    """Every two keys that stand in one group."""
    members = defaultdict(list)
    for key, group in groups.items():
        members[group].append(key)
    return {(one, two) for keys in members.values() for one, two in combinations(sorted(keys), 2)}
