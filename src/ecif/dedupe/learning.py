"""The rules adapt to a file: weights from its own pairs, held back by the shipped ones."""

import numpy as np
import numpy.typing as npt

from ecif.dedupe.hands import work_through
from ecif.dedupe.plan import Plan, Records
from ecif.matching import Learned, LearningEvidence, Observed, Table, joined, learn, observe
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

MOST_CANDIDATES = 150_000
"""Pairs worth comparing that are looked at to learn from."""
CHANCE_PAIRS = 15_000
"""Pairs drawn by chance, to see what different customers agree in."""
_SEED = 20
_PIECE_PAIRS = 20_000


def adapted(
    table: Table, plan: Plan, rules: MatchingRules, *, processes: int
) -> tuple[Learned, Observed | None]:
    """Rules that fit a file of one kind, learned without labels; equal files give equal rules.

    Returns:
        What was learned, and what was seen of the planned pairs, if all of them were looked at.
    """
    size = len(table.weak)
    possible = size * (size - 1) / 2
    chance = chance_of_files()
    left, right = _some(plan, chance)
    drawn = drawn_pairs(size, chance)
    seen = _observed(table, left, right, processes)
    evidence = LearningEvidence(
        table,
        seen,
        _observed(table, *drawn, processes),
        max(1.0, possible),
        len(left) / len(plan.left) if len(plan.left) else 1.0,
    )
    return learn(evidence, rules), seen if left is plan.left else None


def chance_of_files() -> np.random.Generator:
    """The chance that every file is learned with: equal files give equal rules."""
    return np.random.default_rng(_SEED)


def _some(plan: Plan, chance: np.random.Generator) -> tuple[Records, Records]:
    chosen = chosen_places(len(plan.left), chance)
    if chosen is None:
        return plan.left, plan.right
    return plan.left[chosen], plan.right[chosen]


def chosen_places(pairs: int, chance: np.random.Generator) -> Rows | None:
    """Which of so many planned pairs, in ascending order, are looked at to learn from; None for all."""
    if pairs <= MOST_CANDIDATES:
        return None
    return np.sort(chance.choice(pairs, MOST_CANDIDATES, replace=False))


def drawn_pairs(size: int, chance: np.random.Generator) -> tuple[Rows, Rows]:
    """Pairs drawn by chance among so many records; all of them, where there are few."""
    if size * (size - 1) // 2 <= CHANCE_PAIRS:
        left, right = np.triu_indices(size, 1)
        return left.astype(np.int64), right.astype(np.int64)
    pairs = np.sort(chance.integers(0, size, (CHANCE_PAIRS, 2)), axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return pairs[:, 0], pairs[:, 1]


def _observed(table: Table, left: Records, right: Records, processes: int) -> Observed:
    pieces = [
        (left[start : start + _PIECE_PAIRS], right[start : start + _PIECE_PAIRS])
        for start in range(0, max(1, len(left)), _PIECE_PAIRS)
    ]
    return joined(list(work_through(_observe, table, pieces, processes=processes)))


def _observe(table: Table, piece: tuple[Rows, Rows]) -> Observed:
    return observe(table, *piece)
