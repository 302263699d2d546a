"""Verdicts on a new record: link, join, ask, or nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.matching import CandidateGroup, Score, Verdict, decide
from ecif.rules import Band, MatchingRules, default_rules

RULES = default_rules().matching
STRONG = Score(30.0, ())
DOUBTFUL = Score(3.0, ())
NOTHING = Score(-20.0, ())
VETOED = Score(30.0, (), vetoes=("document:cn_resident_id",))
UNPROVEN = Score(30.0, (), holds=("namesake",))


def group(customer: int, *scores: Score, kept_apart: bool = False) -> CandidateGroup:
    return CandidateGroup(
        customer,
        tuple((customer * 10 + place, one) for place, one in enumerate(scores)),
        kept_apart,
    )


def verdict_on(
    *groups: CandidateGroup,
    rules: MatchingRules = RULES,
    contradicting: set[frozenset[int]] | None = None,
) -> Verdict:
    return decide(groups, rules, "person", contradicting or set())


def test_nobody_known_gives_no_verdict() -> None:
    assert verdict_on() == Verdict(Band.NONE)


def test_one_strong_tie_links() -> None:
    verdict = verdict_on(group(1, NOTHING, STRONG), group(2, NOTHING))

    assert verdict.band is Band.AUTOMATIC
    assert [tie.customer_id for tie in verdict.joins] == [1]
    assert verdict.best is not None
    assert verdict.best.record_id == 11


@pytest.mark.parametrize("weakness", [DOUBTFUL, VETOED, UNPROVEN])
def test_doubt_asks_a_person(weakness: Score) -> None:
    verdict = verdict_on(group(1, weakness))

    assert verdict.band is Band.REVIEW
    assert verdict.joins == ()
    assert [tie.customer_id for tie in verdict.reviews] == [1]


def test_one_contradicting_record_keeps_the_whole_group_from_the_machine() -> None:
    verdict = verdict_on(group(1, STRONG, VETOED))

    assert verdict.band is Band.REVIEW
    assert verdict.joins == ()


def test_an_unproven_tie_to_another_record_of_the_group_does_no_harm() -> None:
    assert verdict_on(group(1, STRONG, UNPROVEN)).band is Band.AUTOMATIC


def test_what_a_person_keeps_apart_is_not_asked_again() -> None:
    verdict = verdict_on(group(1, DOUBTFUL, kept_apart=True))

    assert verdict.band is Band.NONE
    assert verdict.reviews == ()


def test_a_record_that_a_person_keeps_apart_is_never_linked() -> None:
    assert verdict_on(group(1, STRONG, kept_apart=True)).joins == ()


def test_customers_that_the_new_record_ties_together_are_joined() -> None:
    verdict = verdict_on(group(1, STRONG), group(2, Score(40.0, ())))

    assert [tie.customer_id for tie in verdict.joins] == [2, 1]


def test_a_bank_may_want_a_person_for_joining_customers() -> None:
    rules = RULES.model_copy(update={"merge_existing": "review"})

    verdict = verdict_on(group(1, STRONG), group(2, Score(40.0, ())), rules=rules)

    assert [tie.customer_id for tie in verdict.joins] == [2]
    assert [tie.customer_id for tie in verdict.reviews] == [1]


def test_customers_that_contradict_each_other_make_the_record_ambiguous() -> None:
    verdict = verdict_on(group(1, STRONG), group(2, STRONG), contradicting={frozenset((1, 2))})

    assert verdict.ambiguous
    assert verdict.band is Band.REVIEW
    assert verdict.joins == ()
    assert {tie.customer_id for tie in verdict.reviews} == {1, 2}


_scores = st.sampled_from([STRONG, DOUBTFUL, NOTHING, VETOED, UNPROVEN])
_groups = st.lists(
    st.tuples(st.lists(_scores, min_size=1, max_size=3), st.booleans()), max_size=4
).map(
    lambda told: [
        group(n, *scores, kept_apart=apart) for n, (scores, apart) in enumerate(told, start=1)
    ]
)


@given(_groups, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    groups: list[CandidateGroup], chance: object
) -> None:
    shuffled = list(groups)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert verdict_on(*shuffled) == verdict_on(*groups)


@given(_groups)
def test_ties_come_strongest_first_and_once(groups: list[CandidateGroup]) -> None:
    verdict = verdict_on(*groups)

    for ties in (verdict.joins, verdict.reviews):
        assert all(a.score.bits >= b.score.bits for a, b in pairwise(ties))
    named = [tie.customer_id for tie in verdict.joins + verdict.reviews]
    assert len(named) == len(set(named))
