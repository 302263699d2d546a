"""All customers as of one place in the feed, a page at a time and without a transaction that spans the pages.

A customer's version at the place is the one before the first that an event after the place tells of, and its present
one when there is no such event. What was true under a version is read by the time it began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from ecif.customers.records import HASHED_KEY_MARK
from ecif.events import RecordRef
from ecif.store import Connection, Row, SnapshotPlace, Statement, changed_since

_PAGE = Statement(
    text("""
    SELECT id, customer_no, kind, status, version, golden, changed_at AS since FROM customer
    WHERE legal_entity = CAST(:legal_entity AS text) AND id > CAST(:after AS bigint)
    ORDER BY id LIMIT CAST(:limit AS bigint)
    """)
)
_FORMER = Statement(
    text("""
    SELECT c.id, c.customer_no, c.kind, v.status, v.version, v.golden, v.valid_from AS since
    FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS bigint[])) AS asked (id, version)
    JOIN customer_version v ON v.customer_id = asked.id AND v.version = asked.version
    JOIN customer c ON c.id = asked.id
    """)
)
_RECORDS = Statement(
    text("""
    SELECT held.id AS customer_id, r.id, r.source_system, r.source_key
    FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[])) AS held (id, moment)
    JOIN link l ON l.customer_id = held.id AND l.since <= held.moment
               AND coalesce(l.until, 'infinity') > held.moment
    JOIN source_record r ON r.id = l.record_id
    LEFT JOIN LATERAL (
        SELECT v.live FROM source_record_version v
        WHERE v.record_id = r.id AND v.replaced_at > held.moment ORDER BY v.version LIMIT 1
    ) AS former ON true
    WHERE CASE WHEN former IS NULL THEN r.live ELSE former.live END
    ORDER BY r.id
    """)
)


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """A live customer as of the place, with the records it had; `golden` is masked JSON."""

    customer_no: str
    kind: str
    version: int
    golden: str
    records: tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Some customers of a snapshot; `last_id` is where the next page begins, None at the end."""

    lines: Sequence[SnapshotLine]
    last_id: int | None


async def snapshot_page(
    connection: Connection,
    place: SnapshotPlace,
    *,
    legal_entity: str,
    after: int,
    limit: int,
) -> SnapshotPage:
    """The live customers with an id above `after` as of `place`; up to `limit` are looked at.

    Each statement sees at least what the one before it saw, so nothing falls between them.

    Raises:
        CursorGone: The feed does not hold what came after this place any more.
    """
    present = await connection.fetch(_PAGE, legal_entity=legal_entity, after=after, limit=limit)
    first_later = await changed_since(connection, place, [row["customer_no"] for row in present])
    wanted = {row["id"]: first_later.get(row["customer_no"], row["version"] + 1) for row in present}
    rows = [row for row in present if row["version"] < wanted[row["id"]]]
    changed = [row["id"] for row in present if row["version"] >= wanted[row["id"]]]
    rows += await connection.fetch(
        _FORMER, ids=changed, versions=[wanted[each] - 1 for each in changed]
    )
    live = sorted((row for row in rows if row["status"] == "live"), key=lambda row: int(row["id"]))
    records = await _records_of(connection, live)
    lines = [
        SnapshotLine(
            row["customer_no"],
            row["kind"],
            row["version"],
            row["golden"],
            tuple(records[row["id"]]),
        )
        for row in live
    ]
    return SnapshotPage(lines, present[-1]["id"] if len(present) == limit else None)


async def _records_of(connection: Connection, live: Sequence[Row]) -> dict[int, list[RecordRef]]:
    """The records that counted for each customer when the version began that stood at the place."""
    moments: list[datetime] = [row["since"] for row in live]
    held: dict[int, list[RecordRef]] = {row["id"]: [] for row in live}
    for row in await connection.fetch(_RECORDS, ids=list(held), moments=moments):
        is_personal = row["source_key"].startswith(HASHED_KEY_MARK)
        held[row["customer_id"]].append(
            RecordRef(
                record_id=row["id"],
                source_system=row["source_system"],
                source_key=None if is_personal else row["source_key"],
            )
        )
    return held
