"""Recognition: a record against its neighbourhood → whose it is, without changing anything."""

from dataclasses import replace
from itertools import combinations

from ecif import matching
from ecif.customers import Folder
from ecif.intake.neighbourhood import Asking, Neighbourhood
from ecif.matching import CandidateGroup, HashedKeys, Tie, Verdict, band_of
from ecif.rules import Band, Reason, RuleSet


def recognise_among(
    near: Neighbourhood, who: Asking, keys: HashedKeys, rules: RuleSet, *, own: Folder | None = None
) -> Verdict:
    """Decide whose a record is.

    Args:
        near: Everyone who may be meant.
        who: The record.
        keys: Its hashed keys.
        rules: The active rules.
        own: The customer it already belongs to; that decision stands, so only others are candidates, and those
            that contradict this customer are at most compared by a person.
    """
    folders = near.candidates(who.record_id, keys)
    if own is not None:
        folders.pop(own.id, None)
    groups = [
        group
        for folder in folders.values()
        if (group := near.group_near(folder, who, rules)) is not None
    ]
    if not groups:
        return Verdict(Band.NONE)
    strong = [group.customer_id for group in groups if _is_strong(group, who, rules)]
    contradicting = {
        frozenset((one, two))
        for one, two in combinations(strong, 2)
        if near.contradict(folders[one], folders[two], rules)
    }
    if own is not None:
        against = {each for each in strong if near.contradict(own, folders[each], rules)}
        groups = [_held_back(group) if group.customer_id in against else group for group in groups]
    verdict = matching.decide(groups, rules.matching, who.features.kind, contradicting)
    if own is not None and rules.matching.merge_existing == "review" and verdict.joins:
        return replace(verdict, joins=(), reviews=verdict.joins + verdict.reviews)
    return verdict


def contradiction_within(
    near: Neighbourhood, who: Asking, own: Folder, rules: RuleSet
) -> Tie | None:
    """The strongest contradiction between a record and the customer it already belongs to, if any."""
    against = [
        (record_id, score)
        for record_id, score in near.group_of(own, who, rules).scores
        if any(veto.startswith("document:") for veto in score.vetoes)
    ]
    if not against:
        return None
    record_id, score = min(against, key=lambda pair: (pair[1].bits, pair[0]))
    return Tie(own.id, record_id, score, Band.REVIEW)


def reason_of(verdict: Verdict, rules: RuleSet, tie: Tie | None = None) -> Reason:
    """The inputs of a decision, as they are kept with it."""
    best = tie or verdict.best
    if best is None:
        return Reason(by="rules", rules_version=rules.version, band=verdict.band)
    return Reason(
        by="rules",
        rules_version=rules.version,
        bits=round(best.score.bits, 3),
        band=best.band,
        evidence=best.score.evidence,
        vetoes=(*best.score.vetoes, *best.score.holds),
    )


def _is_strong(group: CandidateGroup, who: Asking, rules: RuleSet) -> bool:
    lines = rules.matching.of_kind(who.features.kind)
    return any(band_of(score, lines) is Band.AUTOMATIC for _, score in group.scores)


def _held_back(group: CandidateGroup) -> CandidateGroup:
    scores = tuple(
        (record_id, replace(score, vetoes=(*score.vetoes, "own customer")))
        for record_id, score in group.scores
    )
    return CandidateGroup(group.customer_id, scores, group.kept_apart)
