"""Stored customers asked again whose they are: joined and put before people by the ordinary stories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ecif import customers, stewardship
from ecif.customers import Desk, SourceRecord
from ecif.intake.asked_before import AskedBefore
from ecif.intake.deciding import join_customers, question_about
from ecif.intake.recognition import reason_of, recognise_among
from ecif.intake.surroundings import Surroundings, hold_around, look_around
from ecif.matching import Tie, Verdict
from ecif.rules import Reason
from ecif.stewardship import ReviewRequest
from ecif.store import Work


class Doubt(NamedTuple):
    """A record, and a tie of it to another customer that a person should look at."""

    record: SourceRecord
    tie: Tie
    is_ambiguous: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What deciding about some customers would do: who would be joined with whom, and who be put before a person.

    `needy`: the customers about which there is something to decide. Pairs are customer ids.
    """

    needy: tuple[int, ...]
    joins: tuple[tuple[int, int], ...]
    doubts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was done: how many customers were absorbed, and how many reviews opened."""

    joined: int
    in_review: int


async def foresee(work: Work, customer_ids: Iterable[int]) -> Foreseen:
    """Ask for some customers what would be decided about them; nothing is locked or written.

    Raises:
        TryAgain: A record moved meanwhile.
    """
    around = await look_around(work, customer_ids)
    asked = around.asked
    desk = Desk(work, around.near.folders)
    home = {each: record.customer_id for each, record in around.near.home.items()}
    doubts = _ask(desk, around)
    joins = tuple((each.survivor.id, each.absorbed.id) for each in desk.rekeyed)
    doubts = await _unanswered(work, around, doubts)
    asking = tuple((home[each.record.id], home[each.tie.record_id]) for each in doubts)
    concerned = {customer_id for pair in (*joins, *asking) for customer_id in pair}
    return Foreseen(tuple(each.id for each in asked if each.id in concerned), joins, asking)


async def decide_about(work: Work, customer_ids: Iterable[int]) -> Decided:
    """Join some customers with those that are the same, and open reviews about those that may be.

    The ordinary rules hold: an anti-link or a contradiction anywhere keeps customers apart, a doubt that waits for a
    person or that a person has answered on the same evidence is not raised again.

    Raises:
        TryAgain: A record moved while its customer was being locked.
    """
    around = await hold_around(work, customer_ids)
    desk = Desk(work, around.near.folders)
    doubts = _ask(desk, around)
    await customers.put_back(desk)
    for rekeying in desk.rekeyed:
        customers.note_rekeying(work, "customer.merge", rekeying)
    requests = [_request(group) for group in _by_record(await _unanswered(work, around, doubts))]
    numbers = {
        each: around.near.folders[record.customer_id].customer_no
        for each, record in around.near.home.items()
    }
    await stewardship.open_reviews(work, requests, numbers)
    await stewardship.settle(work, [record.id for each in desk.rekeyed for record in each.moved])
    return Decided(len(desk.rekeyed), len(requests))


def _ask(desk: Desk, around: Surroundings) -> list[Doubt]:
    """Let every record ask whose it is beside its own customer; what is shown to be one is joined on the desk."""
    doubts = []
    rules = desk.work.rules
    for folder in around.asked:
        for record in around.searching(folder):
            if record.id not in around.keys:
                continue
            own = desk.folders[record.customer_id]
            who = around.asking(record, own)
            verdict = recognise_among(around.near, who, around.keys[record.id], rules, own=own)

            def because(tie: Tie, verdict: Verdict = verdict) -> Reason:
                return reason_of(verdict, rules, tie)

            join_customers(desk, own, verdict.joins, because)
            doubts += [Doubt(record, tie, verdict.ambiguous) for tie in verdict.reviews]
    return doubts


async def _unanswered(work: Work, around: Surroundings, doubts: Sequence[Doubt]) -> list[Doubt]:
    """The strongest doubt about each two customers, where no person has been asked."""
    home = around.near.home
    strongest: dict[frozenset[int], Doubt] = {}
    for doubt in doubts:
        pair = frozenset((doubt.record.customer_id, home[doubt.tie.record_id].customer_id))
        known = strongest.get(pair)
        if len(pair) > 1 and (known is None or doubt.tie.score.bits > known.tie.score.bits):
            strongest[pair] = doubt
    concerned = [
        record_id
        for pair in strongest
        for customer_id in pair
        for record_id in around.near.folders[customer_id].records
    ]
    before = AskedBefore(home, await stewardship.reviews_about(work, concerned))
    return [
        each
        for pair, each in strongest.items()
        if not before.waits(pair) and not before.is_answered(each.record, each.tie)
    ]


def _by_record(doubts: Sequence[Doubt]) -> list[list[Doubt]]:
    """One question about each record, its strongest tie first."""
    groups: dict[int, list[Doubt]] = {}
    for doubt in sorted(doubts, key=lambda each: (-each.tie.score.bits, each.record.id)):
        groups.setdefault(doubt.record.id, []).append(doubt)
    return list(groups.values())


def _request(group: Sequence[Doubt]) -> ReviewRequest:
    return question_about(
        group[0].record,
        [each.tie for each in group],
        is_ambiguous=any(each.is_ambiguous for each in group),
    )
