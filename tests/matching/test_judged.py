from collections.abc import Callable
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecif.identity import Identity, Name, Organisation, Person, Phone
from ecif.matching import (
    JudgedPair,
    TooFewDecisions,
    band_of,
    features_of,
    learn_from_decisions,
    score,
)
from ecif.matching.judged import FEWEST_DECISIONS, MOST_LIMIT_BITS, MOST_SHIFT_BITS
from ecif.rules import Band, default_rules
from tests.matching import people

RULES = default_rules().matching


def somebody(given: str, phone: str, born: str) -> Person:
    return Person(names=(Name(full=f"王{given}"),), phones=(Phone(number=phone),), birth_date=born)


def doubts(size: int, judge: Callable[[bool], bool]) -> list[JudgedPair]:
    """Pairs of one name and year that share a telephone or not; `judge` says which are the same."""
    chance = Random(1)
    pairs = []
    for number in range(size):
        shares, given = number % 2 == 0, chance.choice(["芳", "伟", "晓东", "丽"])
        phones = [f"138{chance.randrange(10**8):08}" for _ in range(2)]
        one = somebody(given, phones[0], "1984")
        other = somebody(given, phones[0] if shares else phones[1], "1984")
        pairs.append(JudgedPair(features_of(one), features_of(other), judge(shares)))
    return pairs


def test_decisions_move_the_weights_towards_what_people_said() -> None:
    turn = count()

    lesson = learn_from_decisions(
        doubts(300, lambda shares: shares or next(turn) % 5 > 0), RULES, "person"
    )

    moved = {(each.comparison, each.level): each.bits for each in lesson.shifts}
    assert (lesson.decisions, lesson.same) == (300, 270)
    assert moved["phone", "different"] > 0.5
    assert lesson.right_after.low > lesson.right_before.high
    for (comparison, level), bits in moved.items():
        now, before = (each.person.bits_of[comparison, level] for each in (lesson.rules, RULES))
        assert now == pytest.approx(before + bits)


def test_decisions_that_agree_with_nothing_leave_the_weights_as_they_are() -> None:
    chance = Random(3)

    lesson = learn_from_decisions(doubts(120, lambda _: chance.random() < 0.5), RULES, "person")
    again = learn_from_decisions(doubts(120, lambda shares: shares), RULES, "person")

    assert max((abs(each.bits) for each in lesson.shifts), default=0.0) <= MOST_SHIFT_BITS
    assert lesson.right_after.low < 0.6
    assert again.right_after.value >= again.right_before.value
    assert lesson.rules.organisation == RULES.organisation


def test_the_automatic_limit_rises_above_what_people_call_different() -> None:
    twins = somebody("芳", "13812345678", "1984-02-11")
    sure = JudgedPair(features_of(twins), features_of(twins), is_same=False)
    judged = doubts(100, lambda shares: shares)
    bits = score(sure.a, sure.b, RULES).bits
    assert band_of(score(sure.a, sure.b, RULES), RULES.person) is Band.AUTOMATIC

    lesson = learn_from_decisions([*judged, sure], RULES, "person")

    rise = lesson.rules.person.automatic_at_bits - RULES.person.automatic_at_bits
    assert 0 < rise <= MOST_LIMIT_BITS
    assert rise == MOST_LIMIT_BITS or lesson.rules.person.automatic_at_bits > bits


@pytest.mark.parametrize(
    ("size", "judge", "said"),
    [
        (60, lambda shares: shares, "60 decisions about records of the kind person (30 same"),
        (200, lambda _: True, "(200 same, 0 different); at least 100 are needed, 20 of each."),
        (0, lambda _: True, "0 decisions"),
    ],
)
def test_too_few_decisions_are_refused_and_it_is_said_how_many_are_needed(
    size: int, judge: Callable[[bool], bool], said: str
) -> None:
    with pytest.raises(TooFewDecisions) as refused:
        learn_from_decisions(doubts(size, judge), RULES, "person")

    assert said in str(refused.value)


def test_decisions_about_persons_teach_nothing_about_organisations() -> None:
    company = features_of(Organisation(names=(Name(full="深圳华博科技有限公司"),)))
    judged = [JudgedPair(company, company, is_same=True), *doubts(200, lambda shares: shares)]

    with pytest.raises(TooFewDecisions, match="1 decisions about records of the kind organisation"):
        learn_from_decisions(judged, RULES, "organisation")


@settings(max_examples=15)
@given(
    some=st.lists(st.tuples(people.persons, people.persons, st.booleans()), max_size=12),
    seed=st.integers(0, 9),
)
def test_whatever_people_say_the_draft_is_a_rule_set(
    some: list[tuple[Identity, Identity, bool]], seed: int
) -> None:
    chance = Random(seed)
    judged = [JudgedPair(features_of(a), features_of(b), same) for a, b, same in some]
    judged += doubts(FEWEST_DECISIONS, lambda _: chance.random() < 0.5)

    lesson = learn_from_decisions(judged, RULES, "person")

    for levels in lesson.rules.person.weights.values():
        assert all(0 < weight.m <= 1 and 0 < weight.u <= 1 for weight in levels.values())
    assert all(abs(each.bits) <= MOST_SHIFT_BITS for each in lesson.shifts)
    assert 0 <= lesson.right_after.low <= lesson.right_after.value <= lesson.right_after.high <= 1
