"""Customers whose records hang together under one rule set and would not under another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from ecif import customers, matching, stewardship
from ecif.customers import Folder, SourceRecord
from ecif.intake.changes import Change, Lines, change_of
from ecif.intake.surroundings import Surroundings
from ecif.matching import Score, Tie, band_of
from ecif.rules import Band, RuleSet
from ecif.store import Work

_BY_A_PERSON_BITS = 1_000.0
"""What holds together by a person's word is stronger than any evidence."""

Pair = tuple[int, int]
"""Two records of a customer, by their places."""


async def partings(
    work: Work, around: Surroundings, folders: Sequence[Folder], lines: Lines
) -> list[tuple[Folder, Change]]:
    """Those of these customers that the draft would part; what a person has brought together holds."""
    suspects = [
        group
        for folder in folders
        if (group := _group_of(around, folder, lines)).broken(()) is not None
    ]
    if not suspects:
        return []
    together = await _by_people(work, [each.id for group in suspects for each in group.records])
    found = []
    for group in suspects:
        pair = group.broken(together)
        if pair is not None:
            found.append((group.folder, group.change(pair)))
    return found


async def _by_people(work: Work, records: Sequence[int]) -> list[frozenset[int]]:
    """Sets of records of which a person said that they are one customer."""
    said = [
        frozenset(review.records)
        for review, _ in await stewardship.reviews_about(work, records)
        if review.status == "decided" and review.judgement is stewardship.Judgement.SAME
    ]
    return said + await customers.brought_together(work, records)


@dataclass(frozen=True, slots=True)
class _Group:
    """The records of one customer, and the scores of every pair of them under both rule sets."""

    folder: Folder
    records: Sequence[SourceRecord]
    lines: Lines
    before: dict[Pair, Score]
    after: dict[Pair, Score]

    def broken(self, together: Collection[frozenset[int]]) -> Pair | None:
        """The strongest pair that hangs together under the active rules alone; None when there is none."""
        before = self._grouped(self.before, self.lines.before, together)
        after = self._grouped(self.after, self.lines.after, together)
        parted = [(a, b) for a, b in self.before if before[a] == before[b] and after[a] != after[b]]
        return max(parted, key=lambda pair: self.before[pair].bits, default=None)

    def change(self, pair: Pair) -> Change:
        """What is told about the customer, by its strongest pair that would part."""
        before, after = (
            self._tie(pair, scores[pair], rules)
            for scores, rules in ((self.before, self.lines.before), (self.after, self.lines.after))
        )
        return change_of("parted", (self.folder,), (before, after), self.lines)

    def _tie(self, pair: Pair, score: Score, rules: RuleSet) -> Tie:
        band = band_of(score, rules.matching.of_kind(self.folder.kind))
        return Tie(self.folder.id, self.records[pair[1]].id, score, band)

    def _grouped(
        self, scores: dict[Pair, Score], rules: RuleSet, together: Collection[frozenset[int]]
    ) -> list[int]:
        """For every record the first record of its group."""
        lines = rules.matching.of_kind(self.folder.kind)
        pairs = {}
        for pair, score in scores.items():
            if self._is_held(pair, together):
                pairs[pair] = _BY_A_PERSON_BITS, True, False
            else:
                joins = band_of(score, lines) is Band.AUTOMATIC
                pairs[pair] = score.bits, joins, bool(score.vetoes)
        return matching.groups_of_some(len(self.records), pairs)

    def _is_held(self, pair: Pair, together: Collection[frozenset[int]]) -> bool:
        both = {self.records[place].id for place in pair}
        return any(both <= each for each in together)


def _group_of(around: Surroundings, folder: Folder, lines: Lines) -> _Group:
    records = around.searching(folder)
    before, after = (
        {
            (a, b): around.near.score(records[b], around.asking(records[a], folder), rules)
            for a, b in combinations(range(len(records)), 2)
        }
        for rules in lines
    )
    return _Group(folder, records, lines, before, after)
