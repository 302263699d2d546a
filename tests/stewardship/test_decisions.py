from uuid import UUID, uuid4

import pytest

from ecif import customers, stewardship
from ecif.errors import Unprocessable
from ecif.stewardship import (
    Decided,
    Judgement,
    ReviewAlreadyDecided,
    ReviewChanged,
    ReviewClaimed,
    ReviewNotFound,
)
from tests.bank import ANNA, BERTA, Bank, person
from tests.stewardship.doubts import decision, doubt, doubt_records


async def decide(bank: Bank, review_id: UUID, judgement: str, **words: object) -> Decided:
    said = await decision(bank, review_id, judgement, **words)
    done = await bank.do(lambda work: stewardship.decide(work, review_id, said))
    assert isinstance(done, Decided)
    return done


async def kept_apart(bank: Bank, one: int, other: int) -> bool:
    links = await bank.do(lambda work: customers.anti_links_of(work, [one]))
    return any(link.parts([one], [other]) for link in links)


async def test_same_makes_one_customer_and_the_oldest_number_stays(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, b, a)

    done = await decide(bank, review_id, "same")

    assert (await bank.look(b.no)).customer_no == a.no
    assert done.review.status == "decided"
    assert done.review.judgement is Judgement.SAME
    assert done.review.judged_by == "anna"
    assert [e["data"] for e in await bank.events() if e["type"] == "ecif.review.decided.v1"] == [
        f'{{"outcome": "same", "review_id": "{review_id}"}}'
    ]


async def test_a_steward_may_name_the_number_that_stays(bank: Bank) -> None:
    a, b = await bank.people("A", "B")

    await decide(bank, await doubt(bank, b, a), "same", survivor=b.no)

    assert (await bank.look(a.no)).customer_no == b.no


async def test_different_keeps_the_groups_apart_as_they_were_seen(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("A too"))
    b = await bank.customer(person("B"), person("B too"))

    done = await decide(bank, await doubt(bank, a, b), "different")

    assert len(done.anti_links) == 1
    assert await kept_apart(bank, a.records[1], b.records[1])
    assert (await bank.look(b.no)).customer_no == b.no


async def test_same_after_different_ends_what_kept_them_apart(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    await decide(bank, await doubt(bank, a, b), "different")

    done = await decide(bank, await doubt(bank, b, a), "same")

    assert done.rekeyed is not None
    assert len(done.rekeyed.ended_anti_links) == 1
    assert not await kept_apart(bank, a.records[0], b.records[0])


async def test_a_record_that_contradicts_its_own_customer_gets_one_of_its_own(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("B"))
    [review_id] = await doubt_records(bank, [(a.records[1], a.records[0])], kind="contradiction")
    assert review_id is not None

    done = await decide(bank, review_id, "different")

    assert done.rekeyed is not None
    apart = await bank.look(done.rekeyed.rekeyings[0].absorbed.customer_no)
    assert [record.id for record in apart.records] == a.records[1:]
    assert await kept_apart(bank, *a.records)


async def test_a_contradiction_may_be_confirmed_to_be_one_person(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("B"))
    [review_id] = await doubt_records(bank, [(a.records[1], a.records[0])], kind="contradiction")
    assert review_id is not None

    done = await decide(bank, review_id, "same")

    assert done.rekeyed is None
    assert done.review.status == "decided"
    assert await bank.version(a.no) == 1


async def test_a_contradiction_that_reaches_beyond_its_customer_is_parted_from_both(
    bank: Bank,
) -> None:
    a = await bank.customer(person("A"), person("B"))
    [c] = await bank.people("C")
    [review_id] = await doubt_records(
        bank, [(a.records[1], a.records[0], c.records[0])], kind="contradiction"
    )
    assert review_id is not None

    await decide(bank, review_id, "different")

    assert await kept_apart(bank, a.records[1], a.records[0])
    assert await kept_apart(bank, a.records[1], c.records[0])
    assert not await kept_apart(bank, a.records[0], c.records[0])


async def test_of_an_ambiguous_review_some_customers_may_be_chosen(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    review_id = await doubt(bank, c, a, b, kind="ambiguous")

    await decide(bank, review_id, "same", customers=(c.no, b.no))

    assert (await bank.look(c.no)).customer_no == b.no
    assert (await bank.look(a.no)).customer_no == a.no


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"customers": ("10000000009",)}, "customers"),
        ({"customers": ("{other}",)}, "customers"),
        ({"survivor": "10000000009"}, "survivor"),
    ],
)
async def test_customers_that_are_not_part_of_it_are_refused(
    bank: Bank, words: dict[str, object], field: str
) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    said = {name: (b.no,) if value == ("{other}",) else value for name, value in words.items()}

    with pytest.raises(Unprocessable) as refusal:
        await decide(bank, review_id, "same", **said)

    assert refusal.value.facts == {"field": field}


async def test_who_is_unsure_leaves_a_note_and_gives_the_review_back(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.do(lambda work: stewardship.claim(work, review_id))

    done = await decide(bank, review_id, "unsure", reason="asked the branch")

    case = await bank.do(lambda work: stewardship.get_review(work, review_id))
    assert done.review.status == case.review.status == "open"
    assert case.review.claimed_by is None
    assert case.review.judgement is Judgement.UNSURE
    assert case.reason == "asked the branch"


async def test_a_decision_on_what_has_changed_names_the_customers(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    review_id = await doubt(bank, a, b)
    said = await decision(bank, review_id, "same")
    await bank.do(
        lambda work: stewardship.merge(work, a.no, [c.no], reason="same", seen_version=None)
    )

    with pytest.raises(ReviewChanged) as refusal:
        await bank.do(lambda work: stewardship.decide(work, review_id, said))

    assert refusal.value.facts["changed"] == [a.no]


async def test_a_decision_must_have_seen_every_customer(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)

    with pytest.raises(ReviewChanged) as refusal:
        await decide(bank, review_id, "same", seen={a.no: 1})

    assert refusal.value.facts["changed"] == [b.no]


async def test_only_the_first_of_two_stewards_decides(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await decide(bank, review_id, "different")

    with pytest.raises(ReviewAlreadyDecided):
        await decide(bank, review_id, "same")


async def test_who_has_not_claimed_it_does_not_decide_for_who_has(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.do(lambda work: stewardship.claim(work, review_id), actor=BERTA)
    said = await decision(bank, review_id, "same")

    with pytest.raises(ReviewClaimed):
        await bank.do(lambda work: stewardship.decide(work, review_id, said), actor=ANNA)


async def test_a_decision_settles_the_other_reviews_it_answers(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    pair = await doubt(bank, a, b)
    three = await doubt(bank, c, a, b, kind="ambiguous")

    await decide(bank, three, "same")

    case = await bank.do(lambda work: stewardship.get_review(work, pair))
    assert case.review.status == "settled"


async def test_a_review_that_never_was_is_not_found(bank: Bank) -> None:
    with pytest.raises(ReviewNotFound):
        await bank.do(lambda work: stewardship.get_review(work, uuid4()))
