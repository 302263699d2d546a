"""Scores → what may be done: link, join, ask a person, or nothing."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from ecif.matching.scoring import Score
from ecif.rules import Band, KindRules, MatchingRules

_ORDER = {Band.AUTOMATIC: 2, Band.REVIEW: 1, Band.NONE: 0}


@dataclass(frozen=True, slots=True)
class CandidateGroup:
    """An existing customer, seen from a new record: the score of the new record against each of its records.

    `scores` pairs record ids with scores, never empty. `kept_apart`: an anti-link stands between the new record and
    one of these records.
    """

    customer_id: int
    scores: tuple[tuple[int, Score], ...]
    kept_apart: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """The strongest tie between the new record and one customer."""

    customer_id: int
    record_id: int
    score: Score
    band: Band


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules allow for one new record.

    `band` is the band of the best tie. `joins` are the customers that are this record's own, strongest first: it is
    linked to the first, and the others may be joined with it; empty when the machine may not link. `reviews` are the
    customers that a person should compare it with, strongest first. `ambiguous`: several customers claim the record
    and contradict each other. `best` is the strongest tie in band automatic or review.
    """

    band: Band
    best: Tie | None = None
    joins: tuple[Tie, ...] = ()
    reviews: tuple[Tie, ...] = ()
    ambiguous: bool = False


def band_of(score: Score, rules: KindRules) -> Band:
    """Which band a score falls in; a vetoed or unproven pair is at most for review."""
    if score.bits >= rules.automatic_at_bits and not score.vetoes and not score.holds:
        return Band.AUTOMATIC
    return Band.REVIEW if score.bits >= rules.review_at_bits else Band.NONE


def decide(
    candidates: Sequence[CandidateGroup],
    rules: MatchingRules,
    kind: str,
    contradicting: Set[frozenset[int]] = frozenset(),
) -> Verdict:
    """Whose is the new record?

    Args:
        candidates: Every customer that shares a blocking key with the record, each with the scores of all its records.
        rules: The active matching rules.
        kind: `person` or `organisation`, as the new record says.
        contradicting: Pairs of customer ids that may not be one customer: their records contradict or are kept apart.
    """
    kind_rules = rules.of_kind(kind)
    ties = sorted((tie_of(group, kind_rules) for group in candidates), key=_strength)
    own = tuple(tie for tie in ties if tie.band is Band.AUTOMATIC)
    doubtful = tuple(tie for tie in ties if tie.band is Band.REVIEW)
    best = (own or doubtful or (None,))[0]
    if any(
        frozenset((x.customer_id, y.customer_id)) in contradicting for x, y in combinations(own, 2)
    ):
        return Verdict(Band.REVIEW, best, reviews=own + doubtful, ambiguous=True)
    if rules.merge_existing == "review":
        return Verdict(_band(best), best, own[:1], own[1:] + doubtful)
    return Verdict(_band(best), best, own, doubtful)


def tie_of(group: CandidateGroup, rules: KindRules) -> Tie:
    """The strongest tie with one customer; a contradiction with any of its records leaves it to a person at most."""
    record_id, score = min(
        group.scores, key=lambda pair: (-_ORDER[band_of(pair[1], rules)], -pair[1].bits, pair[0])
    )
    band = band_of(score, rules)
    against = group.kept_apart or any(other.vetoes for _, other in group.scores)
    if band is Band.AUTOMATIC and against:
        band = Band.REVIEW
    if band is Band.REVIEW and group.kept_apart:
        band = Band.NONE
    return Tie(group.customer_id, record_id, score, band)


def _strength(tie: Tie) -> tuple[int, float, int]:
    return (-_ORDER[tie.band], -tie.score.bits, tie.customer_id)


def _band(best: Tie | None) -> Band:
    return best.band if best else Band.NONE
