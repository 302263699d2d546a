"""Labelled sets: what the machine may do alone must be right, and what it doubts must reach a person."""

import os
from pathlib import Path

import pytest

from ecif.matching import band_of, evaluate
from ecif.rules import Band, default_rules
from tests.matching.labelled import Index, arrive, read_labelled, scored_pairs

RULES = default_rules().matching
FOLDER = os.environ.get("ECIF_LABELLED_DATA")

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="ECIF_LABELLED_DATA names no folder of labelled sets"),
    pytest.mark.timeout(600),
]

GOALS = {
    # name: (precision of automatic links, their recall, recall of candidates, share of doubtful pairs in review)
    "cn_20k_dev": (0.9995, 0.97, 0.995, 0.90),
    "cn_20k_weakid": (0.9995, 0.65, 0.995, 0.90),
    "febrl3": (0.995, 0.70, 0.995, 0.90),
    "febrl20k": (0.995, 0.70, 0.995, 0.90),
    "rldata500": (0.995, 0.0, 0.995, 0.90),
    "childcare_orgs": (0.995, 0.25, 0.99, 0.75),
}


@pytest.mark.parametrize("name", GOALS)
def test_automatic_links_are_right_and_doubt_reaches_a_person(name: str) -> None:
    data = read_labelled(Path(FOLDER or "") / f"{name}.parquet")
    index = Index(data.features)
    scores = scored_pairs(index, RULES)
    truth = data.true_pairs
    candidates = len(truth & scores.keys()) / len(truth)

    first, second = arrive(index, scores, RULES, seed=1), arrive(index, scores, RULES, seed=2)

    quality = evaluate(first.customer_of, data.cluster)
    together = {pair for pair in truth if first.customer_of[pair[0]] == first.customer_of[pair[1]]}
    asked = {frozenset((first.customer_of[a], first.customer_of[b])) for a, b in first.reviews}
    doubt = truth - together
    caught = sum(frozenset((first.customer_of[a], first.customer_of[b])) in asked for a, b in doubt)
    precision, recall, candidate_recall, review = GOALS[name]
    assert quality.pair_precision.value >= precision
    assert quality.pair_recall.value >= recall
    assert candidates >= candidate_recall
    assert caught / max(1, len(doubt)) >= review
    assert evaluate(second.customer_of, first.customer_of).pair_f1.value >= 0.999


@pytest.mark.parametrize("name", ["cn_20k_dev", "cn_20k_weakid"])
def test_no_trap_is_linked_by_the_machine(name: str) -> None:
    data = read_labelled(Path(FOLDER or "") / f"{name}.parquet")

    scores = scored_pairs(Index(data.features), RULES)

    wrong = [
        (data.trap[a], data.trap[b])
        for (a, b), seen in scores.items()
        if data.cluster[a] != data.cluster[b]
        and band_of(seen, RULES.of_kind(data.features[a].kind)) is Band.AUTOMATIC
        and (data.trap[a] or data.trap[b])
    ]
    assert wrong == []
