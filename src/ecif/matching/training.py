"""Weights learned from a file without labels: what chance agrees in, and what the same customers agree in."""

from dataclasses import dataclass, replace
from math import log2
from typing import NamedTuple

import numpy as np

from ecif.matching.bearers import Whole, learned_frequencies
from ecif.matching.columns import NOT_SEEN, Levels, Table, level_names
from ecif.matching.columns_scale import Scale
from ecif.matching.columns_scoring import Bits, bits_of, vetoed
from ecif.matching.columns_seen import Observed
from ecif.matching.columns_words import mixed
from ecif.rules import HouseholdRules, KindRules, MatchingRules, Weight

ROUNDS = 12
SHIPPED_PAIRS = 40.0
"""How many matching pairs the shipped share of a level among the same customers is worth."""
CHANCE_PAIRS = 2.0
"""How many chance agreements the shipped share of a level among different customers is worth."""
FEWEST_PAIRS = 25.0
"""Below so many matching pairs in which a comparison could be made, nothing is learned about it."""
MOST_MATCHES = 2.0
"""More matching pairs for each record than this are not believed."""
SURE = 0.9
"""Pairs that are less probably the same teach nothing: what resembles is not what is."""
SHARED_PAIRS = 30.0
"""How many pairs of different customers with one contact the shipped household rules are worth."""
AGAINST_BITS = 1.0
"""What speaks against may speak so much more against, no further: sure pairs are chosen for not showing it."""
LEAST_MATCHES = 0.02
"""Fewer matching pairs for each record than this are not believed either: weak evidence must not argue itself away."""
_SMALLEST = 1e-9


@dataclass(frozen=True)
class Evidence:
    """What a file shows: pairs worth comparing, and pairs drawn by chance from `possible_pairs`.

    `candidate_share`: of all pairs worth comparing, how many `candidates` holds. `whole`: what the file is, where
    `table` does not hold all of it.
    """

    table: Table
    candidates: Observed
    chance: Observed
    possible_pairs: float
    candidate_share: float = 1.0
    whole: Whole | None = None


class Kept(NamedTuple):
    """A comparison about which nothing was learned, and why; its shipped weights stay."""

    comparison: str
    reason: str


class Learned(NamedTuple):
    """Rules that fit a file: what was learned, what was kept, and how many pairs are believed to match."""

    rules: MatchingRules
    matching_pairs: float
    kept: tuple[Kept, ...]


def learn(evidence: Evidence, rules: MatchingRules) -> Learned:
    """Estimate how often the same customers, and different ones, show each level.

    Expectation and maximisation start from `rules`, which also hold the estimate back: a small or odd file moves it
    little. The share among different customers comes from pairs drawn by chance, never from blocked ones. Parameters
    that turn round (a full agreement that speaks against) are refused.

    Source: Dempster, Laird & Rubin (1977), "Maximum Likelihood from Incomplete Data via the EM Algorithm", JRSS B
    39(1), 1-38; Winkler (1988), "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter Model", ASA
    Survey Research Methods, 667-671.
    """
    kind = evidence.table.kind
    shipped = rules.of_kind(kind)
    whole = evidence.whole or Whole.of(evidence.table)
    rules = rules.model_copy(
        update={"frequencies": learned_frequencies(whole.borne, rules.frequencies)}
    )
    seen = _counts(evidence.chance.levels, np.ones(len(evidence.chance.left)))
    evidence, often = _told_apart(evidence)
    now, kept, matching = rules, tuple[Kept, ...](), 0.0
    scale = Scale(evidence.table, rules)
    for _ in range(ROUNDS):
        scale = Scale(evidence.table, now, scale.shares)
        probable = _probable(evidence, scale)
        belief = np.where(probable < SURE, 0.0, probable * often)
        unlike = np.where(probable < 1 - SURE, often, 0.0)
        matching = float((probable * often).sum()) / evidence.candidate_share
        weights, kept = _weights(evidence, shipped, seen, belief)
        prior = _prior(evidence.possible_pairs, whole.records, matching, shipped)
        household = _household(evidence, unlike, now.of_kind(kind), shipped)
        learned = shipped.model_copy(
            update={"weights": weights, "prior_bits": prior, "household": household}
        )
        learned = KindRules.model_validate(learned.model_dump())
        now = now.model_copy(update={kind: learned})
    return Learned(now, matching, kept)


def _told_apart(evidence: Evidence) -> tuple[Evidence, Bits]:
    """The candidates that can be told apart, in the order of their first appearance, and how often each was seen."""
    seen = evidence.candidates
    key = np.zeros(len(seen.left), dtype=np.uint64)
    for column in (*seen.levels.T, seen.contradicting, *seen.agreed.values()):
        key = mixed(key, column.astype(np.int64).view(np.uint64))
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    order = np.argsort(first)
    return replace(evidence, candidates=seen.only(first[order])), counts[order].astype(np.float64)


def _probable(evidence: Evidence, scale: Scale) -> Bits:
    """How probable it is for every candidate that the two are the same."""
    bits = bits_of(evidence.table, evidence.candidates, scale)
    probable = 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))
    apart = vetoed(evidence.table, evidence.candidates)
    return np.where(apart, 0.0, probable)


def _household(
    evidence: Evidence, unlike: Bits, now: KindRules, shipped: KindRules
) -> HouseholdRules:
    """How much more than a household's sharing an agreement tells, where one contact agrees already.

    Seen on pairs that hardly are the same, `unlike` times each: where they share a door but seldom a family name,
    the name tells more.
    """
    observed = evidence.candidates
    names = level_names(evidence.table.kind)
    places = {name: place for place, name in enumerate(evidence.table.comparisons)}
    agrees, told = [], []
    for about in shipped.household.contacts:
        codes = observed.levels[:, places[about]]
        high = [
            now.bits_of[about, level] >= shipped.household.counts_from_bits
            for level in names[about]
        ]
        agrees.append(np.array([*high, False])[codes])
        told.append(codes != NOT_SEEN)
    others = (unlike > 0) & np.any(agrees, axis=0)
    times = unlike[others]
    agreeing, compared = (
        ((np.sum(one, axis=0) - 1)[others] * times).sum() for one in (agrees, told)
    )
    further = float(agreeing), float(compared)
    update = {"further_contact_bits": _beyond(shipped.household.further_contact_bits, *further)}
    if "family_name" in places:
        codes = observed.levels[others, places["family_name"]]
        same = float(times[codes == names["family_name"].index("exact")].sum())
        compared = float(times[codes != NOT_SEEN].sum())
        update["family_name_bits"] = _beyond(shipped.household.family_name_bits, same, compared)
    return shipped.household.model_copy(update=update)


def _beyond(shipped_bits: float, agreeing: float, compared: float) -> float:
    """The bits of an agreement whose share among different customers was counted; never below the shipped ones."""
    told = SHARED_PAIRS * 2.0**-shipped_bits
    return max(shipped_bits, -log2((agreeing + told) / (compared + SHARED_PAIRS)))


def _counts(levels: Levels, weights: Bits) -> list[Bits]:
    """The weight of every level of every comparison, in the order of the columns."""
    return [
        np.bincount(column[column != NOT_SEEN], weights[column != NOT_SEEN], 32).astype(np.float64)
        for column in levels.T
    ]


def _weights(
    evidence: Evidence, shipped: KindRules, seen: list[Bits], belief: Bits
) -> tuple[dict[str, dict[str, Weight]], tuple[Kept, ...]]:
    matched = _counts(evidence.candidates.levels, belief)
    weights, kept = dict(shipped.weights), []
    for place, (name, levels) in enumerate(level_names(evidence.table.kind).items()):
        compared = float(matched[place].sum())
        if compared < FEWEST_PAIRS:
            kept.append(Kept(name, "too few matching pairs show it"))
            continue
        told = shipped.weights[name]
        learned = {
            level: _weight(
                _share(matched[place][code], compared, told[level].m),
                _chance(seen[place], code, told[level].u, evidence, matched[place]),
                told[level],
                (float(matched[place][code]), float(seen[place][code])),
            )
            for code, level in enumerate(levels)
        }
        if learned[levels[0]].bits <= 0 and told[levels[0]].bits > 0:
            kept.append(Kept(name, "its full agreement would speak against"))
            continue
        weights[name] = learned
    return weights, tuple(kept)


def _share(count: float, whole: float, shipped: float) -> float:
    return float(np.clip((count + SHIPPED_PAIRS * shipped) / (whole + SHIPPED_PAIRS), _SMALLEST, 1))


def _weight(m: float, u: float, shipped: Weight, sightings: tuple[float, float]) -> Weight:
    """Bits move from the shipped ones only as far as sightings carry them."""
    matched, different = sightings
    bits = log2(m / u)
    highest = shipped.bits + log2(1 + matched)
    lowest = shipped.bits - (log2(1 + different) if shipped.bits > 0 else AGAINST_BITS)
    return Weight(m=min(1.0, u * 2 ** min(highest, max(lowest, bits))), u=u)


def _chance(seen: Bits, code: int, shipped: float, evidence: Evidence, matched: Bits) -> float:
    """A level's share among different customers: the shipped one weighs as much as `CHANCE_PAIRS` sightings."""
    drawn = float(seen.sum())
    whole = drawn or 1.0
    portion = len(evidence.chance.left) / max(1.0, evidence.possible_pairs)
    different = max(0.0, float(seen[code]) - portion * float(matched[code]))
    return float(
        np.clip((different + CHANCE_PAIRS) / (whole + CHANCE_PAIRS / shipped), _SMALLEST, 1)
    )


def _prior(possible_pairs: float, records: int, matching: float, shipped: KindRules) -> float:
    believed = min(MOST_MATCHES * records, max(LEAST_MATCHES * records, matching)) + 1.0
    return log2(believed / (possible_pairs + 2.0**-shipped.prior_bits))
