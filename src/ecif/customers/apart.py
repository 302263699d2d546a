"""Anti-links: which records may never share a customer, until a person says otherwise."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from ecif.store import Row, Statement, Work

_STANDING = Statement(
    text("""
    SELECT id, left_records, right_records FROM anti_link
    WHERE until IS NULL AND legal_entity = CAST(:legal_entity AS text)
      AND (left_records && CAST(:records AS bigint[]) OR right_records && CAST(:records AS bigint[]))
    """)
)
_BESIDE_REVIEWS = Statement(
    text("""
    SELECT id, left_records, right_records FROM anti_link
    WHERE until IS NULL AND legal_entity = CAST(:legal_entity AS text) AND id > CAST(:after AS bigint)
      AND because NOT LIKE 'review:%'
    ORDER BY id LIMIT CAST(:limit AS bigint)
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

    def beyond(self, together: Collection[int]) -> list[tuple[list[int], list[int]]]:
        """The pairs that it still keeps apart once it no longer does among `together`, as sets of records."""
        met = self.left.intersection(together)
        rest = [(self.left - met, self.right), (met, self.right.difference(together))]
        return [(sorted(left), sorted(right)) for left, right in rest if left and right]


async def anti_links_of(work: Work, records: Iterable[int]) -> list[AntiLink]:
    """Every standing anti-link that names one of these records."""
    wanted = list(records)
    if not wanted:
        return []
    rows = await work.connection.fetch(_STANDING, legal_entity=work.legal_entity, records=wanted)
    return [_anti_link_of(row) for row in rows]


async def anti_links_beside_reviews(work: Work, after: int, *, limit: int) -> list[AntiLink]:
    """The standing anti-links above the id `after` that no review has led to, in order."""
    rows = await work.connection.fetch(
        _BESIDE_REVIEWS, legal_entity=work.legal_entity, after=after, limit=limit
    )
    return [_anti_link_of(row) for row in rows]


def _anti_link_of(row: Row) -> AntiLink:
    return AntiLink(row["id"], frozenset(row["left_records"]), frozenset(row["right_records"]))


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


async def end_anti_links(
    work: Work, anti_links: Sequence[AntiLink], together: Collection[int], *, because: str
) -> None:
    """A person's later decision ends these anti-links and says so.

    Only what the decision brings together is no longer kept apart: an anti-link that also names other records
    goes on for those, in rows of its own.

    Args:
        work: The transaction; it holds the locks of the customers.
        anti_links: Those that the decision contradicts.
        together: The records that are one customer from now on.
        because: The decision; never personal data.
    """
    if not anti_links:
        return
    await work.connection.execute(
        _END,
        ids=[anti_link.id for anti_link in anti_links],
        actor=work.actor.subject,
        because=because,
        now=work.now,
    )
    for anti_link in anti_links:
        work.note("anti_link.end", str(anti_link.id), because=because)
        for left, right in anti_link.beyond(together):
            await part(work, left, right, because=f"rest:{anti_link.id}")
