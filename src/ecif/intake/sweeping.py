"""A sweep of all customers from its first to its last, in small transactions, or what it would do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ecif import customers
from ecif.intake.impact import RulesChanged, Watch
from ecif.intake.sweep import Foreseen, decide_about, foresee
from ecif.intake.sweep_runs import Sweep, begin_sweep, count_decided, finish_sweep, pass_by
from ecif.security import Actor
from ecif.store import Database, Work

PAGE = 100
"""How many customers are looked at in one transaction."""
BATCH = 10
"""How many customers are decided about, and locked with all their neighbours, in one transaction."""


@dataclass(slots=True)
class Forecast:
    """What a sweep would do, as the customers stand now: each join may answer or raise a doubt that is not foreseen.

    `joined`: how many customers would be absorbed.
    """

    looked_at: int = 0
    joined: int = 0
    _into: dict[int, int] = field(default_factory=dict)
    _doubts: set[tuple[int, int]] = field(default_factory=set)

    @property
    def in_review(self) -> int:
        """How many pairs of customers, after all joins, would be before a person."""
        pairs = {frozenset(map(self._home, pair)) for pair in self._doubts}
        return sum(len(pair) > 1 for pair in pairs)

    def add(self, foreseen: Foreseen) -> None:
        """Count what would be done about some more customers."""
        for one, other in foreseen.joins:
            first, second = sorted((self._home(one), self._home(other)))
            if first != second:
                self._into[second] = first
                self.joined += 1
        self._doubts.update(foreseen.doubts)

    def _home(self, customer_id: int) -> int:
        while customer_id in self._into:
            customer_id = self._into[customer_id]
        return customer_id


async def sweep_all(database: Database, actor: Actor, watch: Watch) -> Sweep:
    """Ask for every customer whose it is, and decide; one that was interrupted goes on where it ended.

    Raises:
        RulesChanged: Another rule set became active meanwhile.
        Busy: The database does not answer; the same sweep can go on.
    """
    sweep = await database.run(actor, begin_sweep)
    after = sweep.after_customer_id
    watch.stage(
        "customers", await database.run(actor, lambda work: customers.count_after(work, after))
    )
    while True:
        ids, foreseen = await _look(database, actor, sweep.rules_version, after)
        if not ids:
            return await database.run(actor, lambda work: finish_sweep(work, sweep))
        for start in range(0, len(foreseen.needy), BATCH):
            await _decide(database, actor, sweep, foreseen.needy[start : start + BATCH])
        after = ids[-1]
        await _pass(database, actor, sweep, ids)
        watch.advance(len(ids))


async def foresee_all(database: Database, actor: Actor, watch: Watch) -> Forecast:
    """What `sweep_all` would do, from the first customer to the last; nothing is locked or written.

    Raises:
        RulesChanged: Another rule set became active meanwhile.
        Busy: The database does not answer.
    """
    async with database.begin(actor) as work:
        version, ahead = work.rules.version, await customers.count_after(work, 0)
    watch.stage("customers", ahead)
    forecast, after = Forecast(), 0
    while True:
        ids, foreseen = await _look(database, actor, version, after)
        if not ids:
            return forecast
        after = ids[-1]
        forecast.looked_at += len(ids)
        forecast.add(foreseen)
        watch.advance(len(ids))


async def _look(
    database: Database, actor: Actor, version: int, after: int
) -> tuple[list[int], Foreseen]:
    async def story(work: Work) -> tuple[list[int], Foreseen]:
        if work.rules.version != version:
            raise RulesChanged
        ids = await customers.customer_ids_after(work, after, limit=PAGE)
        return ids, await foresee(work, ids)

    return await database.run(actor, story)


async def _decide(
    database: Database, actor: Actor, sweep: Sweep, customer_ids: Sequence[int]
) -> None:
    async def story(work: Work) -> None:
        if work.rules.version != sweep.rules_version:
            raise RulesChanged
        done = await decide_about(work, customer_ids)
        await count_decided(work, sweep, joined=done.joined, in_review=done.in_review)

    await database.run(actor, story)


async def _pass(database: Database, actor: Actor, sweep: Sweep, ids: Sequence[int]) -> None:
    await database.run(actor, lambda work: pass_by(work, sweep, behind=ids[-1], count=len(ids)))
