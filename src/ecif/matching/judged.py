"""Weights and limits learned from what people decided: pairs of records that they called the same, or different."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.comparisons import compare
from ecif.matching.judgement import JudgedPair
from ecif.matching.quality import Measured, wilson
from ecif.matching.scoring import score
from ecif.matching.verdict import band_of
from ecif.rules import Band, KindRules, MatchingRules, Weight

FEWEST_DECISIONS = 100
"""Decisions about one kind below which nothing is learned: a share of 100 is known to within 10 points."""
FEWEST_OF_EACH = 20
"""Fewer decisions than this of one judgement do not show what speaks for it."""
SHIFT_BITS = 1.0
"""How far decisions are expected to move a level: the spread of the prior that holds them back."""
MOST_SHIFT_BITS = 3.0
"""No level moves further than this, whatever was decided."""
LEAST_SHIFT_BITS = 0.05
"""A level that is off by less stays as it is."""
MOST_LIMIT_BITS = 6.0
"""The automatic limit rises no further than this: one wrong decision must not end all automatic links."""
FOLDS = 5
_ROUNDS = 50
_FINEST = 1e-6

Matrix = npt.NDArray[np.float64]
ALL = slice(None)


class TooFewDecisions(Exception):
    """People have not decided enough to learn from; the text says how many are needed."""


class Shift(NamedTuple):
    """A level that weighs otherwise than before, by so many bits."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What decisions about one kind have taught; `rules` hold it.

    Attributes:
        rules: The draft: weights and the automatic limit of this kind may differ from the former ones.
        decisions: How many pairs were judged, `same` of them called the same.
        right_before: Share of the judged pairs that the former weights lean to the right side of even odds.
        right_after: The same of the new weights, each pair judged by weights that were learned without it.
        wrong_automatic: Share of the judged pairs in the automatic band that people call different, by the draft.
        shifts: Every level that weighs otherwise, the furthest first; none when they foretold decisions no better.
    """

    rules: MatchingRules
    decisions: int
    same: int
    right_before: Measured
    right_after: Measured
    wrong_automatic: Measured
    shifts: tuple[Shift, ...]


def learn_from_decisions(pairs: Sequence[JudgedPair], rules: MatchingRules, kind: str) -> Lesson:
    """Move weights and the automatic limit of one kind by what people decided.

    Decisions are made about doubts, so they say nothing of how often a level is seen; they say how far the bits of
    doubtful pairs are off. The log odds of each decision are the pair's bits plus the shifts of its levels; shifts are
    held back by a normal prior around 0. They are kept only if they foretell decisions that they were not learned from.

    Args:
        pairs: The pairs that people judged.
        rules: What the decisions are measured against, and the draft begins with.
        kind: `person` or `organisation`; pairs of the other kind are left out.

    Raises:
        TooFewDecisions: There are too few of one judgement, or in all.

    Source: ridge logistic regression after le Cessie & van Houwelingen (1992), "Ridge Estimators in Logistic
    Regression", Applied Statistics 41(1), 191-201.
    """
    judged = [pair for pair in pairs if pair.a.kind == kind == pair.b.kind]
    _check_enough(judged, kind)
    lesson = _Decisions.of(judged, rules, kind)
    foretold = lesson.foretold()
    is_better = _surprise(foretold, lesson.same) < _surprise(lesson.bits, lesson.same)
    bits = np.clip(lesson.shifts(), -MOST_SHIFT_BITS, MOST_SHIFT_BITS)
    shifts = tuple(
        sorted(
            (
                Shift(*level, round(float(shift), 2))
                for level, shift in zip(lesson.levels, bits, strict=True)
                if is_better and abs(shift) >= LEAST_SHIFT_BITS
            ),
            key=lambda shift: -abs(shift.bits),
        )
    )
    draft = _with_limit(rules, _shifted(rules.of_kind(kind), shifts), judged, kind)
    automatic = [pair.is_same for pair in judged if _band(pair, draft) is Band.AUTOMATIC]
    after = foretold if is_better else lesson.bits
    return Lesson(
        draft,
        len(judged),
        int(lesson.same.sum()),
        _right(lesson.bits, lesson.same),
        _right(after, lesson.same),
        wilson(automatic.count(False), len(automatic)) if automatic else Measured(0.0, 0.0, 1.0),
        shifts,
    )


def _check_enough(judged: Sequence[JudgedPair], kind: str) -> None:
    same = sum(pair.is_same for pair in judged)
    different = len(judged) - same
    if len(judged) < FEWEST_DECISIONS or min(same, different) < FEWEST_OF_EACH:
        raise TooFewDecisions(
            f"{len(judged)} decisions about records of the kind {kind} ({same} same, {different} different); "
            f"at least {FEWEST_DECISIONS} are needed, {FEWEST_OF_EACH} of each."
        )


@dataclass(frozen=True, slots=True)
class _Decisions:
    """Decisions as numbers: the bits of each pair, which levels it shows, and what was decided."""

    levels: list[tuple[str, str]]
    shown: Matrix
    bits: Matrix
    same: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, judged: Sequence[JudgedPair], rules: MatchingRules, kind: str) -> "_Decisions":
        levels = list(rules.of_kind(kind).bits_of)
        place = {level: number for number, level in enumerate(levels)}
        shown = np.zeros((len(judged), len(levels)))
        for row, pair in enumerate(judged):
            for seen in compare(pair.a, pair.b):
                shown[row, place[seen.about, seen.level]] = 1.0
        bits = np.array([score(pair.a, pair.b, rules).bits for pair in judged])
        return cls(levels, shown, bits, np.array([pair.is_same for pair in judged]))

    def shifts(self, rows: npt.NDArray[np.bool_] | slice = ALL) -> Matrix:
        """The bits by which each level is off, by these decisions."""
        shown, offset = self.shown[rows], self.bits[rows] * log(2)
        sign = np.where(self.same[rows], 1.0, -1.0)
        spread = (SHIFT_BITS * log(2)) ** -2

        def cost(weights: Matrix) -> float:
            unlikely = np.logaddexp(0.0, -sign * (offset + shown @ weights)).sum()
            return float(unlikely + spread / 2 * weights @ weights)

        weights = np.zeros(shown.shape[1])
        for _ in range(_ROUNDS):
            wrong = np.exp(-np.logaddexp(0.0, sign * (offset + shown @ weights)))
            slope = shown.T @ (sign * wrong) - spread * weights
            bend = (shown.T * (wrong * (1 - wrong))) @ shown + spread * np.eye(len(weights))
            step = np.linalg.solve(bend, slope)
            # Far from even odds the curve is flat and a full step goes too far.
            before = cost(weights)
            while cost(weights + step) > before and np.abs(step).max() > _FINEST:
                step = step / 2
            weights = weights + step
            if np.abs(step).max() <= _FINEST:
                break
        return weights / log(2)

    def foretold(self) -> Matrix:
        """The bits of every pair by shifts that were learned without it."""
        fold = np.arange(len(self.bits)) % FOLDS
        bits = self.bits.copy()
        for number in range(FOLDS):
            own = fold == number
            shifts = np.clip(self.shifts(~own), -MOST_SHIFT_BITS, MOST_SHIFT_BITS)
            bits[own] += self.shown[own] @ shifts
        return bits


def _surprise(bits: Matrix, same: npt.NDArray[np.bool_]) -> float:
    """Mean bits of surprise at what was decided."""
    toward = np.clip(np.where(same, bits, -bits), -40, 40)
    return float(np.log2(1 + np.exp2(-toward)).mean())


def _right(bits: Matrix, same: npt.NDArray[np.bool_]) -> Measured:
    return wilson(int(((bits > 0) == same).sum()), len(bits))


def _shifted(rules: KindRules, shifts: Sequence[Shift]) -> KindRules:
    weights = {comparison: dict(levels) for comparison, levels in rules.weights.items()}
    for comparison, level, bits in shifts:
        former = weights[comparison][level]
        m = former.m * 2.0**bits
        weights[comparison][level] = Weight(m=min(1.0, m), u=former.u / max(1.0, m))
    return KindRules.model_validate({**rules.model_dump(), "weights": weights})


def _with_limit(
    rules: MatchingRules, changed: KindRules, judged: Sequence[JudgedPair], kind: str
) -> MatchingRules:
    """The rules with another automatic limit, above what people call different."""
    draft = rules.model_copy(update={kind: changed})
    wrong = [
        score(pair.a, pair.b, draft).bits
        for pair in judged
        if not pair.is_same and _band(pair, draft) is Band.AUTOMATIC
    ]
    if not wrong:
        return draft
    above = ceil(max(wrong) * 10 + 1) / 10
    limit = min(above, changed.automatic_at_bits + MOST_LIMIT_BITS)
    return rules.model_copy(update={kind: changed.model_copy(update={"automatic_at_bits": limit})})


def _band(pair: JudgedPair, rules: MatchingRules) -> Band:
    return band_of(score(pair.a, pair.b, rules), rules.of_kind(pair.a.kind))
