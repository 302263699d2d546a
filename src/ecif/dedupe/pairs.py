"""Planned pairs → scored ones: piece by piece, in several processes, keeping only what can matter."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecif.dedupe.hands import work_through
from ecif.dedupe.plan import Plan
from ecif.matching import Observed, Scores, Table, components_of, hopeful, observe, scores_of
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

BEST_FROM_BITS = 0.0
"""The best grouping joins what is more likely the same than not."""
MAX_KNOT_RECORDS = 60
"""Records that hang together are all compared with each other up to this many."""
_PIECE_PAIRS = 40_000

Scoring = Callable[[tuple[Table, MatchingRules], tuple[Rows, Rows]], Scores]


@dataclass(frozen=True)
class Desk:
    """Where the pairs of one kind are scored; `advance` is told how many are done."""

    table: Table
    rules: MatchingRules
    processes: int
    advance: Callable[[int], None]

    def scored_with_closure(self, plan: Plan, seen: Observed | None) -> tuple[Scores, int]:
        """Score what was planned, and then what hangs together by it; also says how many pairs that were.

        Args:
            plan: The pairs.
            seen: What was seen of them already, if it was.
        """
        if seen is None:
            scores = self._scored(_score, plan.left, plan.right)
        else:
            floor = _floor(self.table, self.rules)
            scores = scores_of(self.table, seen, self.rules, lambda bits, _: bits >= floor)
            self.advance(len(plan.left))
        left, right = _missing(len(self.table.weak), scores, plan)
        return all_of([scores, self._scored(_score_knots, left, right)]), len(plan.left) + len(left)

    def automatic(self, left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        """Which of these pairs need nobody's eyes."""
        scores = scores_of(self.table, observe(self.table, left, right), self.rules)
        return scores.automatic(self.rules.of_kind(self.table.kind))

    def _scored(self, score: Scoring, left: Rows, right: Rows) -> Scores:
        pieces = [
            (left[start : start + _PIECE_PAIRS], right[start : start + _PIECE_PAIRS])
            for start in range(0, max(1, len(left)), _PIECE_PAIRS)
        ]
        found = []
        shared = (self.table, self.rules)
        for piece in work_through(score, shared, pieces, processes=self.processes):
            found.append(piece)
            self.advance(_PIECE_PAIRS)
        return all_of(found)


def all_of(parts: list[Scores]) -> Scores:
    """Scores from several pieces, in their order."""
    return Scores(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.vetoed for part in parts]),
        np.concatenate([part.held for part in parts]),
    )


def _score(shared: tuple[Table, MatchingRules], piece: tuple[Rows, Rows]) -> Scores:
    """The scores of one piece, of those that may tie or be looked at."""
    table, rules = shared
    floor = _floor(table, rules)
    seen = observe(
        table, *piece, worth=lambda seen, still: hopeful(table, seen, rules, floor, still)
    )
    return scores_of(table, seen, rules, lambda bits, _: bits >= floor)


def _score_knots(shared: tuple[Table, MatchingRules], piece: tuple[Rows, Rows]) -> Scores:
    """The scores of pairs that hang together by others; what contradicts is kept, however few its bits."""
    table, rules = shared
    floor = _floor(table, rules)
    seen = observe(table, *piece)
    return scores_of(table, seen, rules, lambda bits, vetoed: (bits >= floor) | vetoed)


def _floor(table: Table, rules: MatchingRules) -> float:
    return min(rules.of_kind(table.kind).review_at_bits, BEST_FROM_BITS)


def _missing(size: int, scores: Scores, plan: Plan) -> tuple[Rows, Rows]:
    """Pairs within what hangs together that are not kept: they may contradict.

    In a knot of more than `MAX_KNOT_RECORDS` only those that were planned.
    """
    joining = (scores.bits > BEST_FROM_BITS) & ~scores.vetoed
    part = components_of(size, scores.left[joining], scores.right[joining])
    members = np.bincount(part, minlength=size)
    order = np.argsort(part, kind="stable")
    starts = (np.cumsum(members) - members).astype(np.int64)
    knotted = (part[plan.left] == part[plan.right]) & (members[part[plan.left]] > MAX_KNOT_RECORDS)
    found = [plan.left[knotted] * size + plan.right[knotted]]
    for some in range(2, MAX_KNOT_RECORDS + 1):
        together = order[starts[members == some][:, None] + np.arange(some)]
        left, right = np.triu_indices(some, 1)
        found.append((together[:, left] * size + together[:, right]).ravel())
    missing = np.setdiff1d(np.concatenate(found), scores.left * size + scores.right)
    return missing // size, missing % size
