"""A customer's folder: the customer locked, with all its records and pins, as one transaction holds it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import text

from ecif.customers.golden import Golden, derive
from ecif.customers.masked import MaskedCustomer
from ecif.customers.records import SourceRecord, record_of
from ecif.rules import RuleSet
from ecif.security import Opener
from ecif.store import Row, Statement, TryAgain, Work

# Locked in id order: two callers that want A and B must queue, not deadlock. A row that changed while we waited
# is read again by PostgreSQL, so what comes back is what we hold; `moment` lies after its last version.
_WANTED = """
    SELECT c.id, c.legal_entity, c.customer_no, c.kind, c.status, c.version, c.opened_at, c.changed_at,
           c.merged_into_id, c.rules_version, c.golden_clear, c.wrapped_key, c.has_pins,
           greatest(clock_timestamp(), c.changed_at + interval '1 microsecond') AS moment
    FROM customer c
    WHERE c.legal_entity = CAST(:legal_entity AS text)
      AND c.id IN (SELECT unnest(CAST(:customer_ids AS bigint[]))
                   UNION SELECT customer_id FROM source_record WHERE id = ANY (CAST(:record_ids AS bigint[])))
    ORDER BY c.id
"""
_LOCK = Statement(text(f"{_WANTED} FOR UPDATE"))
_LOOK = Statement(text(_WANTED))
# Merging and undoing change where absorbed numbers lead: these are locked in the same pass, so that the order holds.
_LOCK_WITH_REDIRECTS = Statement(
    text("""
    SELECT c.id FROM customer c
    WHERE c.legal_entity = CAST(:legal_entity AS text)
      AND c.id IN (SELECT unnest(CAST(:customer_ids AS bigint[]))
                   UNION SELECT id FROM customer WHERE merged_into_id = ANY (CAST(:customer_ids AS bigint[])))
    ORDER BY c.id FOR UPDATE
    """)
)
_RECORDS = Statement(
    text("""
    SELECT id, legal_entity, source_system, source_key, customer_id, live, version, source_version, changed_at,
           confirmed_version, confirmed_at,
           received_at, first_seen_at, digest, payload, wrapped_key
    FROM source_record WHERE customer_id = ANY (CAST(:customer_ids AS bigint[])) ORDER BY id
    """)
)
_PINS = Statement(
    text("""
    SELECT customer_id, field, value FROM pin
    WHERE customer_id = ANY (CAST(:customer_ids AS bigint[])) AND until IS NULL
    """)
)


@dataclass(slots=True, kw_only=True, eq=False)
class Folder:
    """One customer and everything it is derived from; `golden_clear` is its stored golden record, sealed.

    `unlock` unwraps its data key and raises SealBroken when the key was altered or belongs elsewhere.
    """

    id: int
    customer_no: str
    kind: str
    status: str
    version: int
    opened_at: datetime
    changed_at: datetime
    merged_into_id: int | None
    rules_version: int
    unlock: Callable[[], Opener]
    wrapped_key: bytes
    golden_clear: bytes | None = None
    records: dict[int, SourceRecord] = field(default_factory=dict)
    pins: dict[str, Any] = field(default_factory=dict)
    is_new: bool = False
    former_status: str = field(init=False)
    shown: MaskedCustomer | None = None
    _values: dict[str, Any] | None = field(init=False, default=None)
    _opener: Opener | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Remember how the customer stood when it was taken out."""
        self.former_status = self.status

    @property
    def opener(self) -> Opener:
        """Its data key, unlocked at its first use: of most customers that are looked at nothing is opened."""
        if self._opener is None:
            self._opener = self.unlock()
        return self._opener

    @property
    def values(self) -> dict[str, Any]:
        """The clear golden record, opened at its first use; a new customer has none yet."""
        if self._values is None:
            sealed = self.golden_clear
            self._values = (
                orjson.loads(self.opener.open("customer.golden_clear", sealed)) if sealed else {}
            )
        return self._values

    @values.setter
    def values(self, derived: dict[str, Any]) -> None:
        self._values = derived

    @property
    def live_records(self) -> list[SourceRecord]:
        """The records that their sources still know."""
        return [record for record in self.records.values() if record.is_live]

    def derived(self, rules: RuleSet) -> Golden:
        """The golden record of what the folder holds; of a closed customer, of what was said last."""
        return derive(self.live_records or self.records.values(), self.pins, rules)


async def take_out(
    work: Work,
    *,
    customer_ids: Iterable[int] = (),
    record_ids: Iterable[int] = (),
    lock: bool = True,
) -> dict[int, Folder]:
    """Lock the customers given by their ids or by their records, in id order, and open their folders.

    Args:
        work: The transaction.
        customer_ids: Customers, whatever their status.
        record_ids: Records, whoever they belong to now.
        lock: False only to look at them.

    Raises:
        TryAgain: A record moved to another customer while we waited for the locks.
    """
    wanted = list(record_ids)
    rows = await work.connection.fetch(
        _LOCK if lock else _LOOK,
        legal_entity=work.legal_entity,
        customer_ids=list(customer_ids),
        record_ids=wanted,
    )
    work.advance(row["moment"] for row in rows)
    folders = {row["id"]: _folder_of(work, row) for row in rows}
    if not folders:
        return folders
    for row in await work.connection.fetch(_RECORDS, customer_ids=list(folders)):
        folders[row["customer_id"]].records[row["id"]] = record_of(row, work.vault)
    held = {record_id for folder in folders.values() for record_id in folder.records}
    if not held.issuperset(wanted):
        raise TryAgain
    pinned = [row["id"] for row in rows if row["has_pins"]]
    if pinned:
        await _take_pins(work, {customer_id: folders[customer_id] for customer_id in pinned})
    return folders


async def lock_with_redirects(work: Work, customer_ids: Iterable[int]) -> None:
    """Lock customers together with every absorbed one that leads to them, in id order, before they are taken out."""
    await work.connection.fetch(
        _LOCK_WITH_REDIRECTS, legal_entity=work.legal_entity, customer_ids=list(customer_ids)
    )


async def _take_pins(work: Work, folders: Mapping[int, Folder]) -> None:
    for row in await work.connection.fetch(_PINS, customer_ids=list(folders)):
        folder = folders[row["customer_id"]]
        folder.pins[row["field"]] = orjson.loads(folder.opener.open("pin.value", row["value"]))


def _folder_of(work: Work, row: Row) -> Folder:
    owner, wrapped = f"customer:{row['id']}", row["wrapped_key"]
    return Folder(
        id=row["id"],
        customer_no=row["customer_no"],
        kind=row["kind"],
        status=row["status"],
        version=row["version"],
        opened_at=row["opened_at"],
        changed_at=row["changed_at"],
        merged_into_id=row["merged_into_id"],
        rules_version=row["rules_version"],
        unlock=partial(work.vault.opener, row["legal_entity"], owner, wrapped),
        wrapped_key=wrapped,
        golden_clear=row["golden_clear"],
    )
