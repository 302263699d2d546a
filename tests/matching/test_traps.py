"""Those who look alike and are not are never linked by the machine; those who are, and hardly look it, are seen."""

from collections import Counter
from random import Random

import pytest

from ecif.identity import Columns
from ecif.matching import Features, band_of, features_of, score
from ecif.rules import Band, default_rules
from tests.matching.made_up import Row
from tests.matching.traps import TRAPS, doubtful, told

RULES = default_rules().matching
PAIRS_EACH = 1_000


def band(a: Row, b: Row) -> Band:
    """How the shipped rules judge two rows."""
    kind = "organisation" if a["entity_type"] == "org" else "person"
    return band_of(score(_features(a), _features(b), RULES), RULES.of_kind(kind))


def _features(row: Row) -> Features:
    return features_of(Columns(list(row)).identity(row))


@pytest.mark.parametrize("pattern", TRAPS)
def test_different_customers_who_look_alike_are_never_linked_by_the_machine(pattern: str) -> None:
    chance = Random(f"trap {pattern}")

    seen = Counter(
        band(*(told(chance, row) for row in TRAPS[pattern](chance))) for _ in range(PAIRS_EACH)
    )

    assert seen.total() == PAIRS_EACH
    assert seen[Band.AUTOMATIC] == 0


def test_one_customer_told_of_with_little_in_common_reaches_at_least_a_person() -> None:
    chance = Random("doubtful")

    seen = Counter(band(*doubtful(chance)) for _ in range(PAIRS_EACH))

    in_doubt = PAIRS_EACH - seen[Band.AUTOMATIC]
    assert in_doubt > PAIRS_EACH / 5
    assert seen[Band.REVIEW] >= 0.9 * in_doubt


def test_the_same_customers_would_be_linked_were_they_one() -> None:
    """The traps are not passed for want of evidence: each record, told twice in full, is linked by the machine."""
    chance = Random("one")

    for pattern, make in TRAPS.items():
        row = make(chance)[0]
        seen = band(row, row)

        assert seen is Band.AUTOMATIC, pattern
