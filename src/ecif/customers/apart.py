"""Anti-links: which records may never share a customer, until a person says otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from ecif.store import Statement, Work

_STANDING = Statement(
    text("""
    SELECT id, left_records, right_records FROM anti_link
    WHERE until IS NULL AND legal_entity = CAST(:legal_entity AS text)
      AND (left_records && CAST(:records AS bigint[]) OR right_records && CAST(:records AS bigint[]))
    """)
)
_ADD = Statement(
    text("""
    INSERT INTO anti_link (legal_entity, left_records, right_records, made_by, because, since)
    VALUES (CAST(:legal_entity AS text), CAST(:left AS bigint[]), CAST(:right AS bigint[]),
            CAST(:actor AS text), CAST(:because AS text), CAST(:now AS timestamptz))
    RETURNING id
    """)
)
_END = Statement(
    text("""
    UPDATE anti_link SET until = CAST(:now AS timestamptz), ended_by = CAST(:actor AS text),
           ended_because = CAST(:because AS text)
    WHERE id = ANY (CAST(:ids AS bigint[])) AND until IS NULL
    """)
)


@dataclass(frozen=True, slots=True)
class AntiLink:
    """No record of `left` may share a customer with one of `right`."""

    id: int
    left: frozenset[int]
    right: frozenset[int]

    def parts(self, some: Iterable[int], others: Iterable[int]) -> bool:
        """Whether this keeps any of `some` from any of `others`."""
        one, two = set(some), set(others)
        return bool(
            (self.left & one and self.right & two) or (self.left & two and self.right & one)
        )


async def anti_links_of(work: Work, records: Iterable[int]) -> list[AntiLink]:
    """Every standing anti-link that names one of these records."""
    wanted = list(records)
    if not wanted:
        return []
    rows = await work.connection.fetch(_STANDING, legal_entity=work.legal_entity, records=wanted)
    return [
        AntiLink(row["id"], frozenset(row["left_records"]), frozenset(row["right_records"]))
        for row in rows
    ]


async def part(work: Work, left: Sequence[int], right: Sequence[int], *, because: str) -> int:
    """Keep two sets of records apart from now on.

    Args:
        work: The transaction; it holds the locks of their customers.
        left: Record ids, not empty.
        right: Record ids, not empty, none of `left`.
        because: The decision, as `unmerge:<merge id>` or `review:<review id>`; never personal data.
    """
    anti_link_id: int = await work.connection.fetch_value(
        _ADD,
        legal_entity=work.legal_entity,
        left=sorted(left),
        right=sorted(right),
        actor=work.actor.subject,
        because=because,
        now=work.now,
    )
    work.note("anti_link.add", str(anti_link_id), because=because)
    return anti_link_id


async def end_anti_links(work: Work, ids: Sequence[int], *, because: str) -> None:
    """A person's later decision ends these anti-links and says so."""
    if ids:
        await work.connection.execute(
            _END, ids=list(ids), actor=work.actor.subject, because=because, now=work.now
        )
        for anti_link_id in ids:
            work.note("anti_link.end", str(anti_link_id), because=because)
