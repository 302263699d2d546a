"""No sequence of calls lets one person make and check."""

import asyncio
import os
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ecif import delivery, stewardship
from ecif.errors import Refusal
from ecif.security import Actor, Scope
from ecif.stewardship import Proposal
from tests.bank import Bank, Opened, open_bank

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
SETTINGS = settings(
    max_examples=25 * SCALE,
    stateful_step_count=12,
    suppress_health_check=list(HealthCheck),
)
PEOPLE = [
    Actor(name, frozenset({scope}))
    for name in ("anna", "berta", "clara")
    for scope in (Scope.ADMIN, Scope.PROPOSALS_APPROVE)
]
"""Three people, each under two tokens."""

actors = st.sampled_from(PEOPLE)


class TwoPeople(RuleBasedStateMachine):
    """Stewards who propose, approve and reject, also what is not theirs or is long decided."""

    runner: ClassVar[asyncio.Runner]
    bank: ClassVar[Bank]
    proposals = Bundle("proposals")

    @initialize()
    def begin(self) -> None:
        self.customers: list[Opened] = self.run(self.bank.people("A", "B", "C"))
        [before] = self.run(self.bank.rows("SELECT count(*) AS merges FROM merge"))
        self.merges_before = before["merges"]
        self.makers: dict[UUID, str] = {}
        self.approved: set[UUID] = set()
        self.rejected: set[UUID] = set()

    @rule(target=proposals, actor=actors, pair=st.permutations(range(3)))
    def ask(self, actor: Actor, pair: list[int]) -> UUID | None:
        survivor, absorbed = (self.customers[place].no for place in pair[:2])
        asked = self.attempt(
            actor,
            lambda work: stewardship.merge(
                work, survivor, [absorbed], reason="same", seen_version=None
            ),
        )
        if asked is None:
            return None
        assert isinstance(asked, Proposal)
        self.makers[asked.id] = actor.subject
        return asked.id

    @rule(proposal=proposals, actor=actors)
    def approve(self, proposal: UUID | None, actor: Actor) -> None:
        if proposal is None:
            return
        done = self.attempt(
            actor, lambda work: stewardship.approve(work, proposal, skip=delivery.skip)
        )
        if done is not None:
            assert actor.subject != self.makers[proposal]
            assert proposal not in self.approved | self.rejected
            self.approved.add(proposal)

    @rule(proposal=proposals, actor=actors)
    def reject(self, proposal: UUID | None, actor: Actor) -> None:
        if proposal is None:
            return
        done = self.attempt(actor, lambda work: stewardship.reject(work, proposal, reason="no"))
        if done is not None:
            assert proposal not in self.approved | self.rejected
            self.rejected.add(proposal)

    @invariant()
    def there_is_one_merge_per_approval_and_none_without(self) -> None:
        if hasattr(self, "merges_before"):
            [now] = self.run(self.bank.rows("SELECT count(*) AS merges FROM merge"))
            assert now["merges"] - self.merges_before == len(self.approved)

    def attempt(self, actor: Actor, story: Any) -> Any:
        try:
            return self.run(self.bank.do(story, actor=actor))
        except Refusal:
            return None

    def run(self, story: Any) -> Any:
        return self.runner.run(story)


def test_no_sequence_of_calls_lets_one_person_make_and_check(database_url: str) -> None:
    bank = open_bank(database_url, connections=1)
    with asyncio.Runner() as runner:
        TwoPeople.runner, TwoPeople.bank = runner, runner.run(bank.__aenter__())
        runner.run(TwoPeople.bank.ask_for_second_person(merge=True))
        try:
            run_state_machine_as_test(TwoPeople, settings=SETTINGS)
        finally:
            runner.run(bank.__aexit__(None, None, None))
