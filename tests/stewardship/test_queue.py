from datetime import timedelta
from uuid import uuid4

import pytest

from ecif import customers, stewardship
from ecif.stewardship import (
    ReviewAlreadyDecided,
    ReviewClaimed,
    ReviewNotFound,
    ReviewQuestion,
)
from ecif.store import BadCursor, Work, write_cursor
from tests.bank import ANNA, BERTA, EVIDENCE, Bank, person
from tests.stewardship.doubts import doubt, doubt_records, doubts


async def test_a_doubt_opens_a_review_and_tells_the_customers_it_is_about(bank: Bank) -> None:
    ann, anne = await bank.people("Ann", "Anne")

    review_id = await doubt(bank, anne, ann)

    [event] = [e for e in await bank.events() if e["type"] == "ecif.review.opened.v1"]
    assert event["subject"] is event["sequence"] is None
    assert (
        event["data"] == f'{{"customers": ["{ann.no}", "{anne.no}"], "review_id": "{review_id}"}}'
    )


async def test_a_second_doubt_about_the_same_records_is_the_same_review(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    first = await doubt(bank, a, b)

    again = await doubts(bank, [(a, c), (b, a), (b, a)])

    opened = [e for e in await bank.events() if e["type"] == "ecif.review.opened.v1"]
    assert again[1] == again[2] == first
    assert again[0] not in (None, first)
    assert len(opened) == 2


async def test_a_review_about_very_many_records_keeps_its_subject(bank: Bank) -> None:
    crowd = await bank.customer(*(person(f"N{i}") for i in range(60)))
    [last] = await bank.people("Last")

    [review_id] = await doubt_records(bank, [(last.records[0], *crowd.records)])

    assert review_id is not None
    case = await bank.do(lambda work: stewardship.get_review(work, review_id))
    assert len(case.review.records) == 50
    assert last.records[0] in case.review.records


async def test_a_review_settles_when_its_records_come_together(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    three = await doubt(bank, a, b, c)
    two = await doubt(bank, a, b)

    await bank.do(
        lambda work: stewardship.merge(work, a.no, [b.no], reason="same", seen_version=None)
    )

    assert [line.review.id for line in await _queue(bank, "settled")] == [two]
    assert [line.review.id for line in await _queue(bank)] == [three]
    assert [e["data"] for e in await bank.events() if e["type"] == "ecif.review.decided.v1"] == [
        f'{{"outcome": "settled", "review_id": "{two}"}}'
    ]


async def test_a_review_settles_when_its_records_are_kept_apart(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)

    async def story(work: Work) -> None:
        await customers.part(work, a.records, b.records, because="review:other")
        await stewardship.settle(work, a.records)

    await bank.do(story)

    assert [line.review.id for line in await _queue(bank, "settled")] == [review_id]


async def test_a_contradiction_within_one_customer_stays_open_until_it_is_taken_apart(
    bank: Bank,
) -> None:
    a = await bank.customer(person("A"), person("B"))
    [review_id] = await doubt_records(bank, [tuple(a.records)], kind="contradiction")
    await bank.do(lambda work: stewardship.settle(work, a.records))
    assert [line.review.id for line in await _queue(bank)] == [review_id]

    await bank.do(
        lambda work: stewardship.detach(work, a.no, a.records[1:], reason="somebody else")
    )

    assert await _queue(bank) == []


async def test_nothing_to_settle_costs_one_statement(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    ran: list[str] = []

    class Counting:
        def ran(self, sql: str, arguments: object) -> None:
            ran.append(sql)

    async def story(work: Work) -> None:
        work.connection.recorder = Counting()
        await stewardship.settle(work, [*a.records, *b.records])
        work.connection.recorder = None

    await bank.do(story)

    assert len(ran) == 1


async def test_the_queue_is_paged_oldest_first(bank: Bank) -> None:
    people = await bank.people(*"ABCDE")
    opened = [await doubt(bank, people[i], people[i + 1]) for i in range(4)]

    pages = []
    after = None
    while True:
        question = ReviewQuestion(limit=3, after=after)
        page = await bank.do(lambda work, q=question: stewardship.list_reviews(work, q))  # type: ignore[misc]
        pages.append([line.review.id for line in page.items])
        after = page.next
        if after is None:
            break

    assert pages == [opened[:3], opened[3:]]


@pytest.mark.parametrize("key", [["x", "y"], ["2026-01-01T00:00:00+00:00", "y"], [1, 2]])
async def test_a_foreign_cursor_is_refused(bank: Bank, key: list[object]) -> None:
    with pytest.raises(BadCursor):
        await bank.do(
            lambda work: stewardship.list_reviews(work, ReviewQuestion(after=write_cursor(key)))
        )


async def test_the_queue_shows_masked_customers_of_now_and_can_be_filtered(bank: Bank) -> None:
    a, b, c = await bank.people("Ann Quill", "Anne Quill", "C")
    match = await doubt(bank, a, b)
    ambiguous = await doubt(bank, c, a, b, kind="ambiguous")
    await bank.do(lambda work: stewardship.claim(work, match), actor=BERTA)

    by_kind = await _queue(bank, kind="ambiguous")
    by_claim = await _queue(bank, claimed_by="berta")

    assert [line.review.id for line in by_kind] == [ambiguous]
    assert [line.review.id for line in by_claim] == [match]
    assert [shown.customer_no for shown in by_claim[0].customers] == [a.no, b.no]
    assert "Ann" not in by_claim[0].customers[0].golden


async def test_a_review_is_laid_out_with_its_customers_as_of_now(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    review_id = await doubt(bank, b, a)
    await bank.do(
        lambda work: stewardship.merge(work, c.no, [a.no], reason="same", seen_version=None)
    )

    case = await bank.do(lambda work: stewardship.get_review(work, review_id))

    assert case.seen == {b.no: 1, c.no: 2}
    assert [side.customer_no for side in case.sides] == [b.no, c.no]
    assert [record.id for record in case.sides[1].records] == [*a.records, *c.records]
    assert case.ties[0].record_id == a.records[0]
    assert case.ties[0].evidence == (EVIDENCE,)


async def test_a_claim_keeps_others_away_for_half_an_hour(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    claimed = await bank.do(lambda work: stewardship.claim(work, review_id), actor=BERTA)
    assert claimed.claimed_until is not None

    with pytest.raises(ReviewClaimed) as refusal:
        await bank.do(lambda work: stewardship.claim(work, review_id), actor=ANNA)
    with pytest.raises(ReviewClaimed):
        await bank.do(lambda work: stewardship.release(work, review_id), actor=ANNA)
    assert refusal.value.facts["claimed_by"] == "berta"

    await bank.rows("UPDATE review SET claimed_until = now() - interval '1 second'")
    again = await bank.do(lambda work: stewardship.claim(work, review_id), actor=ANNA)
    assert again.claimed_by == "anna"
    assert again.claimed_until is not None
    assert again.claimed_until - claimed.claimed_until < timedelta(minutes=1)


async def test_a_released_review_may_be_claimed_by_anybody(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.do(lambda work: stewardship.claim(work, review_id), actor=BERTA)
    await bank.do(lambda work: stewardship.release(work, review_id), actor=BERTA)

    claimed = await bank.do(lambda work: stewardship.claim(work, review_id), actor=ANNA)

    assert claimed.claimed_by == "anna"


async def test_what_is_not_open_is_not_claimed(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.do(
        lambda work: stewardship.merge(work, a.no, [b.no], reason="same", seen_version=None)
    )

    with pytest.raises(ReviewAlreadyDecided):
        await bank.do(lambda work: stewardship.claim(work, review_id))
    with pytest.raises(ReviewNotFound):
        await bank.do(lambda work: stewardship.claim(work, uuid4()))


async def _queue(bank: Bank, status: str = "open", **words: str) -> list[stewardship.ReviewLine]:
    question = ReviewQuestion(status=status, **words)  # type: ignore[arg-type]  # words of the test
    page = await bank.do(lambda work: stewardship.list_reviews(work, question))
    return list(page.items)
