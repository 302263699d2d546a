"""Quality: shares on pairs and records, with bounds that contain them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.matching import evaluate
from ecif.matching.quality import wilson


def test_the_truth_itself_is_perfect() -> None:
    quality = evaluate(["x", "x", "y"], [1, 1, 2])

    assert quality.pair_f1.value == quality.b3_f1.value == 1.0


def test_a_wrong_pair_costs_precision_and_a_missing_one_recall() -> None:
    # found {a b c} {d}; truth {a b} {c d}: one of three found pairs is right, one of two true pairs is found
    quality = evaluate([1, 1, 1, 2], ["p", "p", "q", "q"])

    assert quality.pair_precision.value == pytest.approx(1 / 3)
    assert quality.pair_recall.value == pytest.approx(1 / 2)
    assert quality.b3_precision.value == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert quality.b3_recall.value == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263, score interval without correction
    measured = wilson(81, 263)

    assert (round(measured.low, 4), round(measured.high, 4)) == (0.2553, 0.3662)


def test_groupings_of_different_records_are_refused() -> None:
    with pytest.raises(ValueError, match="same records"):
        evaluate([1], [1, 2])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_bounds_contain_the_share(groups: list[tuple[int, int]]) -> None:
    found, truth = zip(*groups, strict=True)

    quality = evaluate(found, truth)

    shares = (
        quality.pair_precision,
        quality.pair_recall,
        quality.b3_precision,
        quality.b3_recall,
        quality.b3_f1,
    )
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in shares)
