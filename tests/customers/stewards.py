"""Stewards at random: merges, reversals, detachments, edits and pins, told to the bank and to its model alike."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import combinations
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
)

from ecif import customers
from ecif.customers import MergeBlocked
from ecif.identity import Person
from ecif.store import Work
from tests.bank import Bank, person
from tests.customers.deciding import pin, say_again, withdraw
from tests.customers.piles import Merge, Model

Answer = TypeVar("Answer")

people = st.builds(
    person,
    st.sampled_from(["Ann Lee", "Anne Lee", "Bo Chen", "陈波"]),
    st.sampled_from([None, "+8613800000001", "+8613800000002"]),
    birth_date=st.sampled_from([None, "1980-01-02", "1990"]),
    employer=st.sampled_from([None, "Mill", "Mine"]),
)


class Stewards(RuleBasedStateMachine):
    """Stewards at work on a few customers of a bank."""

    runner: ClassVar[asyncio.Runner]
    bank: ClassVar[Bank]
    opened = Bundle("opened")

    @initialize(
        target=opened,
        said=st.lists(st.lists(people, min_size=1, max_size=3), min_size=3, max_size=4),
    )
    def begin(self, said: list[list[Person]]) -> Any:
        [before] = self.rows(
            """
            SELECT (SELECT coalesce(max(id), 0) FROM customer) AS customer_id,
                   (SELECT coalesce(max(id), 0) FROM source_record) AS record_id,
                   (SELECT coalesce(max(id), 0) FROM anti_link) AS anti_link_id,
                   (SELECT coalesce(max(id), 0) FROM outbox) AS outbox_id
            """
        )
        self.before = before
        self.model = Model()
        for each in said:
            self._remember(self.run(self.bank.customer(*each)))
        return multiple(*self.model.numbers)

    def _remember(self, opened: Any) -> None:
        self.model.numbers.append(opened.no)
        for record in opened.records:
            self.model.piles[record] = [("open", opened.no)]

    @rule(survivor=opened, absorbed=opened)
    def merge(self, survivor: str, absorbed: str) -> None:
        survivor, absorbed = self.model.leads_to(survivor), self.model.leads_to(absorbed)
        if survivor == absorbed or {self.model.status(survivor), self.model.status(absorbed)} != {
            "live"
        }:
            return
        self._merge(survivor, absorbed)

    def _merge(self, survivor: str, *absorbed: str) -> None:
        done = self.do(
            lambda work: customers.merge(work, survivor, absorbed, reason="same", seen_version=None)
        )
        for rekeying, number in zip(done.rekeyings, absorbed, strict=True):
            self.model.merges[str(rekeying.id)] = Merge(rekeying.id, survivor, number)
            for record in self.model.held_by(number):
                self.model.piles[record].append((str(rekeying.id), survivor))
        together = self.model.held_by(survivor)
        self.model.apart -= {frozenset(pair) for pair in combinations(together, 2)}

    @precondition(lambda self: len(self.model.live()) > 2)
    @rule(data=st.data())
    def merge_two_at_once(self, data: st.DataObject) -> None:
        self._merge(*data.draw(st.permutations(self.model.live()))[:3])

    @precondition(lambda self: len(self.model.live()) > 2)
    @rule(data=st.data())
    def merge_in_a_row(self, data: st.DataObject) -> None:
        lowest, middle, highest = data.draw(st.permutations(self.model.live()))[:3]
        self._merge(middle, lowest)
        self._merge(highest, middle)

    @precondition(lambda self: any(merge.stands for merge in self.model.merges.values()))
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        standing = [key for key, merge in self.model.merges.items() if merge.stands]
        merge = self.model.merges[data.draw(st.sampled_from(standing))]
        back = self.model.undo(merge)
        try:
            done = self.do(lambda work: customers.unmerge(work, merge.id, reason="not the same"))
        except MergeBlocked:
            assert back is None
        else:
            assert back is not None
            assert sorted(record.id for record in done.rekeyings[0].moved) == sorted(back)

    @precondition(lambda self: len(self.model.live()) > 1)
    @rule(data=st.data())
    def merge_and_back(self, data: st.DataObject) -> None:
        survivor, absorbed = data.draw(st.permutations(self.model.live()))[:2]
        before = [self.stored(number) for number in (survivor, absorbed)]

        self._merge(survivor, absorbed)
        merge = list(self.model.merges.values())[-1]
        self.model.undo(merge)
        self.do(lambda work: customers.unmerge(work, merge.id, reason="not the same"))

        assert [self.stored(number) for number in (survivor, absorbed)] == before

    @precondition(lambda self: any(len(self.model.held_by(n)) > 1 for n in self.model.live()))
    @rule(target=opened, data=st.data())
    def detach(self, data: st.DataObject) -> str:
        wide = [number for number in self.model.live() if len(self.model.held_by(number)) > 1]
        number = data.draw(st.sampled_from(wide))
        held = self.model.held_by(number)
        leaving = data.draw(
            st.lists(st.sampled_from(held), min_size=1, max_size=len(held) - 1, unique=True)
        )
        done = self.do(lambda work: customers.detach(work, number, leaving, reason="somebody else"))
        apart = done.rekeyings[0].absorbed.customer_no
        self.model.numbers.append(apart)
        for record in leaving:
            self.model.piles[record].append(("detach", apart))
        self.model.part(leaving, self.model.held_by(number))
        return apart

    @rule(data=st.data(), said=people)
    def say_something_else(self, data: st.DataObject, said: Person) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.model.piles)))
        self.do(lambda work: say_again(work, record_id, said))
        self.model.gone.discard(record_id)

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.model.piles)))
        if record_id not in self.model.gone:
            self.do(lambda work: withdraw(work, record_id))
            self.model.gone.add(record_id)

    @rule(number=opened, value=st.sampled_from(["Mint", "Mall", None]))
    def pin(self, number: str, value: str | None) -> None:
        number = self.model.leads_to(number)
        pins = self.model.pins.setdefault(number, {})
        if value is None and "employer" not in pins:
            return
        self.do(lambda work: pin(work, number, value))
        pins.pop("employer", None)
        if value is not None:
            pins["employer"] = value

    def stored(self, number: str) -> bytes:
        """The golden record of a number to the byte, in clear and as everybody sees it, and how it stands."""

        async def story(work: Work) -> bytes:
            clear = await customers.get_clear(work, number)
            masked = (await customers.masked_by_ids(work, [clear.id]))[clear.id]
            said = [
                [record.id, record.is_live, record.identity.model_dump_json()]
                for record in clear.records
            ]
            return json.dumps([number, clear.status, clear.values, masked.golden, said]).encode()

        return self.do(story)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of this sequence; the database has those of earlier ones too."""
        rows: list[dict[str, Any]] = self.run(
            self.bank.rows(sql.format(**getattr(self, "before", {})))
        )
        return rows

    def do(self, story: Callable[[Work], Awaitable[Answer]]) -> Answer:
        answer: Answer = self.run(self.bank.do(story))
        return answer

    def run(self, story: Any) -> Any:
        return self.runner.run(story)
