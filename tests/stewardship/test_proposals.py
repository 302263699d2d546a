import asyncio
from uuid import UUID, uuid4

import pytest

from ecif import customers, delivery, policy, stewardship
from ecif.customers import Folder, PinNotFound, Rekeyed, SameCustomer
from ecif.errors import PreconditionFailed, Refusal
from ecif.security import Actor, Scope
from ecif.stewardship import (
    Approved,
    Decided,
    NewPin,
    Proposal,
    ProposalAlreadyDecided,
    ProposalNotFound,
    ProposalOutdated,
    ProposalQuestion,
    SecondPersonRequired,
)
from ecif.store import Work
from tests.bank import ANNA, BERTA, Bank, person
from tests.stewardship.doubts import decision, doubt

OTHER_TOKEN = Actor("anna", frozenset({Scope.PROPOSALS_APPROVE}))
"""Anna again, under another token."""


async def propose_merge(bank: Bank, survivor: str, *absorb: str) -> Proposal:
    await bank.ask_for_second_person(merge=True)
    asked = await bank.do(
        lambda work: stewardship.merge(work, survivor, absorb, reason="one", seen_version=None)
    )
    assert isinstance(asked, Proposal)
    return asked


async def approve(
    bank: Bank, proposal_id: UUID, *, actor: Actor = BERTA, digest: str | None = None
) -> Approved:
    return await bank.do(
        lambda work: stewardship.approve(work, proposal_id, digest=digest, skip=delivery.skip),
        actor=actor,
    )


async def test_where_the_rules_ask_for_two_a_merge_waits_for_the_second(bank: Bank) -> None:
    a, b = await bank.people("A", "B")

    proposal = await propose_merge(bank, a.no, b.no)
    assert (await bank.look(b.no)).customer_no == b.no

    done = await approve(bank, proposal.id, digest=proposal.digest)

    assert isinstance(done.outcome, Rekeyed)
    assert (await bank.look(b.no)).customer_no == a.no
    assert (done.proposal.status, done.proposal.made_by, done.proposal.decided_by) == (
        "approved",
        "anna",
        "berta",
    )


async def test_the_audit_trail_holds_maker_and_checker(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)

    await approve(bank, proposal.id)

    rows = await bank.rows(
        "SELECT actor, action, details ->> 'made_by' AS made_by FROM audit_entry "
        f"WHERE subject = '{proposal.id}' ORDER BY id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("anna", "proposal.make", None),
        ("berta", "proposal.approve", "anna"),
    ]


@pytest.mark.parametrize("actor", [ANNA, OTHER_TOKEN, Actor.worker("approvals")])
async def test_nobody_seconds_her_own_proposal_and_no_machine_any(bank: Bank, actor: Actor) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)

    with pytest.raises(SecondPersonRequired):
        await approve(bank, proposal.id, actor=actor)

    assert (await bank.look(b.no)).customer_no == b.no


async def test_a_proposal_is_outdated_once_a_customer_has_changed(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    proposal = await propose_merge(bank, a.no, b.no)
    await bank.do(
        lambda work: customers.merge(work, b.no, [c.no], reason="same", seen_version=None)
    )

    with pytest.raises(ProposalOutdated) as refusal:
        await approve(bank, proposal.id)

    assert refusal.value.facts["changed"] == [b.no]


async def test_a_proposal_is_outdated_once_a_customer_was_absorbed(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    proposal = await propose_merge(bank, a.no, b.no)
    await bank.do(
        lambda work: customers.merge(work, c.no, [b.no], reason="same", seen_version=None)
    )

    with pytest.raises(ProposalOutdated) as refusal:
        await approve(bank, proposal.id)

    assert refusal.value.facts["changed"] == sorted([b.no, c.no])


async def test_an_approval_is_of_the_content_that_was_read(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)

    with pytest.raises(ProposalOutdated):
        await approve(bank, proposal.id, digest="00" * 32)


async def test_content_changed_in_the_table_is_not_carried_out(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    proposal = await propose_merge(bank, a.no, b.no)
    await bank.rows(f"UPDATE proposal SET digest = '\\x00', customers = '{{{a.no},{c.no}}}'")

    with pytest.raises(ProposalOutdated):
        await approve(bank, proposal.id)


async def test_two_checkers_at_once_approve_once(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)
    clara = Actor("clara", frozenset({Scope.ADMIN}))

    done = await asyncio.gather(
        approve(bank, proposal.id, actor=BERTA),
        approve(bank, proposal.id, actor=clara),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in done) == ["Approved", "ProposalAlreadyDecided"]


async def test_a_rejected_proposal_cannot_be_approved(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)
    await bank.do(
        lambda work: stewardship.reject(work, proposal.id, reason="not the same"), actor=BERTA
    )

    with pytest.raises(ProposalAlreadyDecided):
        await approve(bank, proposal.id)

    case = await bank.do(lambda work: stewardship.get_proposal(work, proposal.id))
    assert (case.proposal.status, case.reason) == ("rejected", "not the same")


async def test_a_proposal_expires(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)
    await bank.rows("UPDATE proposal SET expires_at = now() - interval '1 second'")

    with pytest.raises(ProposalAlreadyDecided):
        await approve(bank, proposal.id)

    assert [each.id for each in await listed(bank, "expired")] == [proposal.id]
    assert await listed(bank, "open") == []


async def test_a_proposal_says_what_is_to_be_done(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)

    case = await bank.do(lambda work: stewardship.get_proposal(work, proposal.id))

    assert case.content == {
        "kind": "merge",
        "reason": "one",
        "seen": {a.no: 1, b.no: 1},
        "survivor_no": a.no,
        "absorb": [b.no],
    }
    assert [each.id for each in await listed(bank, "open")] == [proposal.id]


async def test_what_cannot_be_is_refused_before_it_is_proposed(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    await bank.ask_for_second_person(merge=True, unmerge=True)

    with pytest.raises(SameCustomer):
        await bank.do(
            lambda work: stewardship.merge(work, a.no, [a.no], reason="x", seen_version=None)
        )
    with pytest.raises(PreconditionFailed):
        await bank.do(
            lambda work: stewardship.merge(work, a.no, [b.no], reason="x", seen_version=9)
        )
    assert await listed(bank, "open") == []


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


async def test_a_proposal_that_never_was_is_not_found(bank: Bank) -> None:
    with pytest.raises(ProposalNotFound):
        await approve(bank, uuid4())


async def test_other_legal_entities_see_no_proposal(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    proposal = await propose_merge(bank, a.no, b.no)
    stranger = Actor("zoe", frozenset({Scope.ADMIN}), "elsewhere")

    with pytest.raises(Refusal) as refusal:
        await approve(bank, proposal.id, actor=stranger)

    assert isinstance(refusal.value, ProposalNotFound)


async def listed(bank: Bank, status: str) -> list[Proposal]:
    question = ProposalQuestion(status=status)  # type: ignore[arg-type]  # words of the test
    page = await bank.do(lambda work: stewardship.list_proposals(work, question))
    return list(page.items)


async def _draft(work: Work) -> int:
    changed = work.rules.model_copy(update={"name": "safer"})
    return (await policy.add_rule_set(work, changed)).version


async def _active(work: Work) -> int:
    return work.rules.version
