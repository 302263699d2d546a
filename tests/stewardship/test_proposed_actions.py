"""What else waits for a second person: undoing, reviews, pins, rules."""

import pytest

from ecif import customers, policy, stewardship
from ecif.customers import Folder, PinNotFound
from ecif.stewardship import (
    Decided,
    NewPin,
    Proposal,
    ProposalOutdated,
)
from ecif.store import Work
from tests.bank import Bank, person
from tests.stewardship.doubts import decision, doubt
from tests.stewardship.proposing import approve


async def test_unmerging_and_detaching_wait_likewise(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("A too"))
    [b] = await bank.people("B")
    merged = await bank.do(
        lambda work: customers.merge(work, a.no, [b.no], reason="same", seen_version=None)
    )
    await bank.ask_for_second_person(unmerge=True)
    merge_id = merged.rekeyings[0].id

    undo = await bank.do(lambda work: stewardship.unmerge(work, merge_id, reason="two"))
    assert isinstance(undo, Proposal)
    await approve(bank, undo.id)
    take = await bank.do(
        lambda work: stewardship.detach(work, a.no, a.records[1:], reason="somebody else")
    )
    assert isinstance(take, Proposal)
    await approve(bank, take.id)

    assert (await bank.look(b.no)).customer_no == b.no
    assert [record.id for record in (await bank.look(a.no)).records] == a.records[:1]


@pytest.mark.parametrize("words", [{"review": True}, {"merge": True}])
async def test_a_review_is_no_way_around_the_second_person(
    bank: Bank, words: dict[str, bool]
) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.ask_for_second_person(**words)
    said = await decision(bank, review_id, "same")

    asked = await bank.do(lambda work: stewardship.decide(work, review_id, said))
    assert isinstance(asked, Proposal)
    waiting = await bank.do(lambda work: stewardship.get_review(work, review_id))
    done = await approve(bank, asked.id)

    assert (waiting.review.status, waiting.review.judged_by) == ("open", "anna")
    assert isinstance(done.outcome, Decided)
    assert done.outcome.review.status == "decided"
    assert (await bank.look(b.no)).customer_no == a.no


async def test_who_is_unsure_needs_no_second_person(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    review_id = await doubt(bank, a, b)
    await bank.ask_for_second_person(review=True)
    said = await decision(bank, review_id, "unsure")

    done = await bank.do(lambda work: stewardship.decide(work, review_id, said))

    assert isinstance(done, Decided)


async def test_a_pin_may_wait_for_the_second_person_too(bank: Bank) -> None:
    [a] = await bank.people("A")
    await bank.ask_for_second_person(pin=True)
    new = NewPin(field="employer", value="Mint", reason="payslip")

    asked = await bank.do(lambda work: stewardship.pin(work, a.no, new, seen_version=1))
    assert isinstance(asked, Proposal)
    assert "employer" not in (await bank.look(a.no)).values
    done = await approve(bank, asked.id)

    assert isinstance(done.outcome, Folder)
    assert (await bank.look(a.no)).values["employer"] == "Mint"

    again = await bank.do(
        lambda work: stewardship.release_pin(
            work, a.no, "employer", reason="left", seen_version=None
        )
    )
    assert isinstance(again, Proposal)
    await approve(bank, again.id)
    assert "employer" not in (await bank.look(a.no)).values
    with pytest.raises(PinNotFound):
        await bank.do(
            lambda work: stewardship.release_pin(
                work, a.no, "employer", reason="left", seen_version=None
            )
        )


async def test_another_rule_set_needs_two_people_by_default(bank: Bank) -> None:
    version = await bank.do(lambda work: _draft(work))

    asked = await bank.do(lambda work: stewardship.activate_rules(work, version, reason="safer"))
    assert isinstance(asked, Proposal)
    done = await approve(bank, asked.id)

    assert done.outcome == version
    assert await bank.do(_active) == version


async def test_rules_proposed_against_others_than_those_in_force_are_outdated(bank: Bank) -> None:
    version = await bank.do(lambda work: _draft(work))
    asked = await bank.do(lambda work: stewardship.activate_rules(work, version, reason="safer"))
    assert isinstance(asked, Proposal)
    await bank.ask_for_second_person(merge=True)

    with pytest.raises(ProposalOutdated):
        await approve(bank, asked.id)


async def _draft(work: Work) -> int:
    changed = work.rules.model_copy(update={"name": "safer"})
    return (await policy.add_rule_set(work, changed)).version


async def _active(work: Work) -> int:
    return work.rules.version
