"""Planned pairs → scored ones: piece by piece, in several processes, keeping only what can matter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ecif.dedupe.hands import work_through
from ecif.dedupe.plan import Plan, Records, distinct
from ecif.matching import Hope, Observed, Scale, Scores, Table, components_of, observe, scores_of
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

BEST_FROM_BITS = 0.0
"""The best grouping joins what is more likely the same than not."""
MAX_KNOT_RECORDS = 60
"""Records that hang together are all compared with each other up to this many."""
_PIECE_PAIRS = 40_000

Scoring = Callable[[Hope, tuple[Rows, Rows]], Scores]


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
            scores = self._scored(_score_pairs, plan.left, plan.right)
        else:
            floor = self.hope.floor_bits
            scores = scores_of(self.table, seen, self.hope.scale, lambda bits, _: bits >= floor)
            self.advance(len(plan.left))
        left, right = missing_pairs(len(self.table.weak), scores, plan)
        return all_of([scores, self._scored(_score_knots, left, right)]), len(plan.left) + len(left)

    @cached_property
    def hope(self) -> Hope:
        """What pairs are weighed with."""
        return hope_of(self.table, self.rules)

    def automatic(self, left: Records, right: Records) -> npt.NDArray[np.bool_]:
        """Which of these pairs need nobody's eyes."""
        scores = scores_of(self.table, observe(self.table, left, right), self.rules)
        return scores.automatic(self.rules.of_kind(self.table.kind))

    def _scored(self, score: Scoring, left: Records, right: Records) -> Scores:
        pieces = [
            (left[start : start + _PIECE_PAIRS], right[start : start + _PIECE_PAIRS])
            for start in range(0, max(1, len(left)), _PIECE_PAIRS)
        ]
        found = []
        for piece in work_through(score, self.hope, pieces, processes=self.processes):
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


def score_pairs(shared: tuple[Table, MatchingRules], piece: tuple[Rows, Rows]) -> Scores:
    """The scores of one piece, of those that may tie or be looked at."""
    return _score_pairs(hope_of(*shared), piece)


def score_knots(shared: tuple[Table, MatchingRules], piece: tuple[Rows, Rows]) -> Scores:
    """The scores of pairs that hang together by others; what contradicts is kept, however few its bits."""
    return _score_knots(hope_of(*shared), piece)


def _score_pairs(hope: Hope, piece: tuple[Rows, Rows]) -> Scores:
    floor = hope.floor_bits
    seen = observe(hope.table, *piece, hope)
    return scores_of(hope.table, seen, hope.scale, lambda bits, _: bits >= floor)


def _score_knots(hope: Hope, piece: tuple[Rows, Rows]) -> Scores:
    floor = hope.floor_bits
    seen = observe(hope.table, *piece)
    return scores_of(hope.table, seen, hope.scale, lambda bits, vetoed: (bits >= floor) | vetoed)


def hope_of(table: Table, rules: MatchingRules) -> Hope:
    """What is of interest: pairs that may tie or be looked at."""
    return Hope(table, Scale(table, rules), _floor(table, rules))


def _floor(table: Table, rules: MatchingRules) -> float:
    return min(rules.of_kind(table.kind).review_at_bits, BEST_FROM_BITS)


def missing_pairs(size: int, scores: Scores, plan: Plan) -> tuple[Records, Records]:
    """Pairs within what hangs together that are not kept: they may contradict.

    In a knot of more than `MAX_KNOT_RECORDS` only those that were planned.
    """
    joining = (scores.bits > BEST_FROM_BITS) & ~scores.vetoed
    part = components_of(size, scores.left[joining], scores.right[joining])
    members = np.bincount(part, minlength=size)
    order = np.argsort(part, kind="stable")
    starts = (np.cumsum(members) - members).astype(np.int64)
    is_knotted = (members > MAX_KNOT_RECORDS)[part]
    left, right = (side[is_knotted[plan.left]].astype(np.int64) for side in (plan.left, plan.right))
    within = part[left] == part[right]
    found = [left[within] * size + right[within]]
    for some in range(2, MAX_KNOT_RECORDS + 1):
        together = order[starts[members == some][:, None] + np.arange(some)]
        left, right = np.triu_indices(some, 1)
        found.append((together[:, left] * size + together[:, right]).ravel())
    pairs = distinct(np.concatenate(found))
    known = scores.left.astype(np.int64) * size + scores.right
    known.sort()
    missing = pairs[~are_among(pairs, known)]
    return (missing // size).astype(np.int32), (missing % size).astype(np.int32)


def are_among(numbers: Rows, known: Rows) -> npt.NDArray[np.bool_]:
    """Which numbers are known; both in ascending order."""
    if not len(known):
        return np.zeros(len(numbers), dtype=np.bool_)
    marks: npt.NDArray[np.bool_] = known[np.searchsorted(known[:-1], numbers)] == numbers
    return marks
