"""What a draft rule set would change among the stored customers: asked beside the active one, nothing written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ecif import customers
from ecif.customers import Folder
from ecif.errors import Conflict
from ecif.intake.changes import Change, Kind, Lines, change_of
from ecif.intake.partings import partings
from ecif.intake.surroundings import Surroundings, look_around
from ecif.matching import CandidateGroup, Tie, tie_of
from ecif.rules import Band, RuleSet
from ecif.security import Actor
from ecif.store import Database, Work

BATCH = 100
"""How many customers are looked at in one transaction."""
MOST_PAIRS = 2_000
"""Two customers, or the records of one, with more pairs of records than this are not compared: they are counted."""


class RulesChanged(Conflict):
    """What was found until now was found beside another rule set."""

    slug = "rules-changed"
    title = "Another rule set became active meanwhile; ask again."


class Watch(Protocol):
    """Is told how far something long is."""

    def stage(self, name: str, total: int) -> None:
        """Something begins that has `total` parts."""

    def advance(self, parts: int) -> None:
        """So many parts of it are done."""


@dataclass(slots=True)
class Impact:
    """What a draft would change, as far as was looked.

    Attributes:
        looked_at: Customers looked at.
        told: How many of them have a change to tell; each change is told by one customer.
        linked: Pairs of customers that the machine would make one, and does not under the active rules.
        parted: Customers whose records would no longer hang together.
        moved: Pairs of customers that would change from one band to another without being linked.
        left_out: Comparisons not made because too many records are involved.
        samples: Some of the changes, of every kind.
    """

    looked_at: int = 0
    told: int = 0
    linked: int = 0
    parted: int = 0
    moved: Counter[tuple[Band, Band]] = field(default_factory=Counter)
    left_out: int = 0
    samples: list[Change] = field(default_factory=list)

    def note(self, change: Change, *, most_samples: int) -> None:
        """Count a change, and keep it as a sample while there are few of its kind."""
        if change.kind == "linked":
            self.linked += 1
        elif change.kind == "parted":
            self.parted += 1
        else:
            self.moved[change.bands] += 1
        self._keep(change, most_samples)

    def add(self, other: "Impact", *, most_samples: int) -> None:
        """Count what was found among other customers too."""
        self.looked_at += other.looked_at
        self.told += other.told
        self.linked += other.linked
        self.parted += other.parted
        self.moved += other.moved
        self.left_out += other.left_out
        for change in other.samples:
            self._keep(change, most_samples)

    def _keep(self, change: Change, most: int) -> None:
        if sum(each.kind == change.kind for each in self.samples) < most:
            self.samples.append(change)


async def impact_on(
    work: Work, draft: RuleSet, customer_ids: Sequence[int], *, most_samples: int
) -> Impact:
    """Ask for some customers what a draft would say otherwise than the active rules; nothing is locked or written.

    Two customers are compared by all their records, as the ordinary story compares them: one contradiction leaves
    them to a person, an anti-link keeps them apart, and what people have brought together stays so.

    Raises:
        TryAgain: A record moved meanwhile.
    """
    lines = Lines(work.rules, draft)
    around = await look_around(work, customer_ids)
    asked = [around.near.folders[each] for each in customer_ids if each in around.near.folders]
    impact = Impact(looked_at=len(asked))
    tellers = set()
    for folder in asked:
        for other in around.neighbours_of(folder).values():
            if _is_too_much(folder, other):
                impact.left_out += folder.id < other.id
            elif (change := _change_between(around, folder, other, lines)) is not None:
                impact.note(change, most_samples=most_samples)
                tellers.add(folder.id)
    several = [folder for folder in asked if len(around.searching(folder)) > 1]
    comparable = [folder for folder in several if not _is_too_much(folder, folder)]
    impact.left_out += len(several) - len(comparable)
    for folder, change in await partings(work, around, comparable, lines):
        impact.note(change, most_samples=most_samples)
        tellers.add(folder.id)
    impact.told = len(tellers)
    return impact


def _is_too_much(one: Folder, other: Folder) -> bool:
    return len(one.live_records) * len(other.live_records) > MOST_PAIRS


def _change_between(
    around: Surroundings, one: Folder, other: Folder, lines: Lines
) -> Change | None:
    """What the draft says otherwise about two customers; None when nothing, or when the other one tells it."""
    before = _tie_between(around, one, other, lines.before)
    after = _tie_between(around, one, other, lines.after)
    if before is None or after is None or before.band is after.band:
        return None
    if other.id < one.id and around.finds(other, one):
        return None
    kind: Kind = "linked" if after.band is Band.AUTOMATIC else "moved"
    return change_of(kind, (one, other), (before, after), lines)


def _tie_between(around: Surroundings, one: Folder, other: Folder, rules: RuleSet) -> Tie | None:
    """The strongest tie between two customers; None where they are of two kinds, or say nothing."""
    groups = [
        around.near.group_of(other, around.asking(record, one), rules)
        for record in around.searching(one)
    ]
    scores = tuple(score for group in groups for score in group.scores)
    if not scores or one.kind != other.kind:
        return None
    apart = any(group.kept_apart for group in groups)
    tie = tie_of(
        CandidateGroup(other.id, scores, kept_apart=apart), rules.matching.of_kind(one.kind)
    )
    if tie.band is Band.AUTOMATIC and rules.matching.merge_existing == "review":
        return Tie(tie.customer_id, tie.record_id, tie.score, Band.REVIEW)
    return tie


async def impact_on_all(
    database: Database, actor: Actor, draft: RuleSet, watch: Watch, *, most_samples: int
) -> Impact:
    """Ask for every customer, in small transactions one after another, what a draft would say otherwise.

    Args:
        database: May be a replica: nothing is locked or written.
        actor: Who asks, for their legal entity.
        draft: The rule set in question.
        watch: Is told how many customers there are, and after each batch how many more have been looked at.
        most_samples: How many changes of each kind are kept.

    Raises:
        RulesChanged: Another rule set became active meanwhile.
        Busy: The database does not answer.
    """
    total = Impact()
    version, after = None, 0
    watch.stage("customers", await database.run(actor, lambda work: customers.count_after(work, 0)))

    async def look(work: Work) -> tuple[int, list[int], Impact]:
        ids = await customers.customer_ids_after(work, after, limit=BATCH)
        found = await impact_on(work, draft, ids, most_samples=most_samples)
        return work.rules.version, ids, found

    while True:
        active, ids, found = await database.run(actor, look)
        if version not in (None, active):
            raise RulesChanged
        if not ids:
            return total
        version, after = active, ids[-1]
        total.add(found, most_samples=most_samples)
        watch.advance(len(ids))
