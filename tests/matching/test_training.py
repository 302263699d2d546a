from itertools import combinations

import numpy as np
import pytest

from ecif.dedupe import RowReading
from ecif.intake.sample import sample_rows
from ecif.matching import Learned, LearningEvidence, features_of, learn, observe, table_of
from ecif.rules import default_rules

SHIPPED = default_rules().matching


@pytest.fixture(scope="module")
def learned() -> Learned:
    return learned_from(500)


def learned_from(count: int) -> Learned:
    rows = [row for row in sample_rows(rows=700, seed=8) if row["entity_type"] == "person"][:count]
    reading = RowReading(list(rows[0]))
    table = table_of("person", [features_of(reading.identity(row)) for row in rows])
    pairs = np.array(list(combinations(range(len(rows)), 2)), dtype=np.int64).reshape(-1, 2)
    seen = observe(table, pairs[:, 0], pairs[:, 1])
    return learn(LearningEvidence(table, seen, seen, max(1.0, len(pairs))), SHIPPED)


def test_matching_pairs_are_counted_without_labels(learned: Learned) -> None:
    rows = [row for row in sample_rows(rows=700, seed=8) if row["entity_type"] == "person"][:500]
    true = sum(a["cluster_id"] == b["cluster_id"] for a, b in combinations(rows, 2))

    assert learned.matching_pairs == pytest.approx(true, rel=0.2)


def test_full_agreement_never_speaks_against(learned: Learned) -> None:
    for levels in learned.rules.person.weights.values():
        assert next(iter(levels.values())).bits > 0 or len(levels) == 1


def test_what_too_few_pairs_show_stays_as_shipped(learned: Learned) -> None:
    kept = {one.comparison for one in learned.kept}

    assert kept
    for name in kept:
        assert learned.rules.person.weights[name] == SHIPPED.person.weights[name]


def test_a_tiny_file_changes_no_weight() -> None:
    assert learned_from(4).rules.person.weights == SHIPPED.person.weights


def test_learning_touches_one_kind_only(learned: Learned) -> None:
    assert learned.rules.organisation == SHIPPED.organisation
