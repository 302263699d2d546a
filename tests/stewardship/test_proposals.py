import asyncio
from uuid import uuid4

import pytest

from ecif import customers, stewardship
from ecif.customers import Rekeyed, SameCustomer
from ecif.errors import PreconditionFailed, Refusal
from ecif.security import Actor, Scope
from ecif.stewardship import (
    Proposal,
    ProposalAlreadyDecided,
    ProposalNotFound,
    ProposalOutdated,
    ProposalQuestion,
    SecondPersonRequired,
)
from tests.bank import ANNA, BERTA, Bank
from tests.stewardship.proposing import approve

OTHER_TOKEN = Actor("anna", frozenset({Scope.PROPOSALS_APPROVE}))
"""Anna again, under another token."""


async def propose_merge(bank: Bank, survivor: str, *absorb: str) -> Proposal:
    await bank.ask_for_second_person(merge=True)
    asked = await bank.do(
        lambda work: stewardship.merge(work, survivor, absorb, reason="one", seen_version=None)
    )
    assert isinstance(asked, Proposal)
    return asked


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
