"""The queue of reviews: opened by doubts, closed by themselves once the doubt is gone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from ecif import customers
from ecif.customers import MaskedCustomer
from ecif.events import ReviewDecided, ReviewOpened
from ecif.stewardship.places import place_after, place_of
from ecif.stewardship.reviews import (
    REVIEW_COLUMNS,
    Kind,
    Review,
    ReviewRequest,
    review_of,
)
from ecif.store import Page, Statement, Work, page_of

_OPEN = Statement(
    text("""
    INSERT INTO review (id, legal_entity, records, subject_record_id, kind, within, band, bits, rules_version,
                        status, opened_at, evidence)
    SELECT n.id, CAST(:legal_entity AS text), CAST(n.records AS bigint[]), n.subject_record_id, n.kind, n.within,
           n.band, n.bits, CAST(:rules_version AS integer), 'open', CAST(:now AS timestamptz), n.evidence
    FROM unnest(CAST(:ids AS uuid[]), CAST(:records AS text[]), CAST(:subjects AS bigint[]), CAST(:kinds AS text[]),
                CAST(:withins AS boolean[]), CAST(:bands AS text[]), CAST(:bits AS double precision[]),
                CAST(:evidences AS bytea[]))
         AS n (id, records, subject_record_id, kind, within, band, bits, evidence)
    ORDER BY CAST(n.records AS bigint[])
    ON CONFLICT (legal_entity, records) WHERE status = 'open' DO NOTHING
    RETURNING id
    """)
)
_STANDING = Statement(
    text("""
    SELECT r.id, r.records
    FROM unnest(CAST(:records AS text[])) AS w (records)
    JOIN review r ON r.records = CAST(w.records AS bigint[]) AND r.status = 'open'
         AND r.legal_entity = CAST(:legal_entity AS text)
    """)
)
_ABOUT = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS} FROM review
    WHERE status = 'open' AND records && CAST(:records AS bigint[]) AND legal_entity = CAST(:legal_entity AS text)
    ORDER BY id FOR UPDATE
    """)
)
_SETTLE = Statement(
    text("""
    UPDATE review SET status = 'settled', closed_at = CAST(:now AS timestamptz), claimed_by = NULL,
           claimed_until = NULL
    WHERE id = ANY (CAST(:ids AS uuid[]))
    """)
)
_PAGE = Statement(
    text(f"""
    SELECT {REVIEW_COLUMNS} FROM review
    WHERE legal_entity = CAST(:legal_entity AS text) AND status = CAST(:status AS text)
      AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
      AND (CAST(:claimed_by AS text) IS NULL
           OR claimed_by = CAST(:claimed_by AS text) AND claimed_until > CAST(:now AS timestamptz))
      AND (opened_at, id) > (CAST(:after AS timestamptz), CAST(:after_id AS uuid))
    ORDER BY opened_at, id LIMIT CAST(:limit AS bigint)
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuestion:
    """Which reviews are asked for, oldest first; None leaves a filter out.

    `claimed_by`: those that this steward holds at the moment. `after` is the cursor of the last page.
    """

    status: Literal["open", "decided", "settled"] = "open"
    kind: Kind | None = None
    claimed_by: str | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One line of the queue: the review, and the customers of its records as of now, as everybody may see them."""

    review: Review
    customers: tuple[MaskedCustomer, ...]


async def open_reviews(
    work: Work, requests: Sequence[ReviewRequest], customer_nos: Mapping[int, str]
) -> list[UUID | None]:
    """Put doubts before the stewards, all of them at once.

    Args:
        work: The transaction; it holds the locks of the customers.
        requests: The doubts.
        customer_nos: Record id → number of its customer, for every record named.

    Returns:
        The id of each review, in the order of the requests; of an open one about the same records if there is
        one. None when another transaction closed that one at this moment.
    """
    if not requests:
        return []
    wanted = [request.kept_records for request in requests]
    numbers = [
        tuple(sorted({customer_nos[each] for each in records if each in customer_nos}))
        for records in wanted
    ]
    ids = [work.new_id() for _ in requests]
    rows = await work.connection.fetch(
        _OPEN,
        legal_entity=work.legal_entity,
        rules_version=work.rules.version,
        now=work.now,
        ids=ids,
        records=[_written(records) for records in wanted],
        subjects=[request.subject_record_id for request in requests],
        kinds=[request.kind for request in requests],
        withins=[len(each) == 1 for each in numbers],
        bands=[request.band for request in requests],
        bits=[request.bits for request in requests],
        evidences=[request.evidence for request in requests],
    )
    opened = {row["id"] for row in rows}
    for review_id, customers_of_it in zip(ids, numbers, strict=True):
        if review_id in opened:
            work.record(ReviewOpened(review_id=str(review_id), customers=customers_of_it))
    if len(opened) == len(ids):
        return list(ids)
    return await _standing(work, wanted)


async def settle(work: Work, record_ids: Collection[int]) -> list[UUID]:
    """Close every open review about these records whose doubt is gone: they came together or were kept apart.

    Args:
        work: The transaction; it holds the locks of the customers, and its decision is in the tables.
        record_ids: The records that moved or were kept apart; one statement when no review is about them.

    Returns:
        The reviews closed.
    """
    if not record_ids:
        return []
    rows = await work.connection.fetch(
        _ABOUT, records=list(record_ids), legal_entity=work.legal_entity
    )
    if not rows:
        return []
    reviews = [review_of(row) for row in rows]
    records = {each for review in reviews for each in review.records}
    homes = await customers.customers_of(work, records)
    anti_links = await customers.anti_links_of(work, records)
    gone = [review.id for review in reviews if _is_settled(review, homes, anti_links)]
    if gone:
        await work.connection.execute(_SETTLE, ids=gone, now=work.now)
        for review_id in gone:
            work.record(ReviewDecided(review_id=str(review_id), outcome="settled"))
    return gone


async def list_reviews(work: Work, question: ReviewQuestion) -> Page[ReviewLine]:
    """A page of the queue, oldest first.

    Raises:
        BadCursor: `after` is not a cursor of this list.
    """
    after, after_id = place_after(question.after)
    rows = await work.connection.fetch(
        _PAGE,
        legal_entity=work.legal_entity,
        status=question.status,
        kind=question.kind,
        claimed_by=question.claimed_by,
        now=work.now,
        after=after,
        after_id=after_id,
        limit=question.limit + 1,
    )
    page = page_of(
        [review_of(row) for row in rows],
        question.limit,
        lambda each: place_of(each.opened_at, each.id),
    )
    homes = await customers.customers_of(work, {r for each in page.items for r in each.records})
    shown = await customers.masked_by_ids(work, set(homes.values()))
    return Page(
        [
            ReviewLine(review, tuple(shown[i] for i in sorted({homes[r] for r in review.records})))
            for review in page.items
        ],
        page.next,
    )


async def _standing(work: Work, wanted: Sequence[list[int]]) -> list[UUID | None]:
    rows = await work.connection.fetch(
        _STANDING,
        legal_entity=work.legal_entity,
        records=sorted({_written(records) for records in wanted}),
    )
    found = {tuple(row["records"]): row["id"] for row in rows}
    return [found.get(tuple(records)) for records in wanted]


def _is_settled(
    review: Review, homes: Mapping[int, int], anti_links: Sequence[customers.AntiLink]
) -> bool:
    subject = review.subject_record_id
    if review.within:
        return all(homes.get(other) != homes.get(subject) for other in review.others)
    return all(
        homes.get(other) == homes.get(subject)
        or any(anti_link.parts([subject], [other]) for anti_link in anti_links)
        for other in review.others
    )


def _written(records: Sequence[int]) -> str:
    return "{" + ",".join(map(str, records)) + "}"
