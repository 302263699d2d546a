"""Labelled sets: what the machine may do alone must be right, and what it doubts must reach a person."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from ecif.dedupe import Options, group_rows
from ecif.matching import Quality, Score, band_of, evaluate
from ecif.rules import Band, default_rules
from tests.matching.labelled import Index, Labelled, Online, arrive, read_labelled, scored_pairs

RULES = default_rules().matching
FOLDER = os.environ.get("ECIF_LABELLED_DATA")

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="ECIF_LABELLED_DATA names no folder of labelled sets"),
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Goal:
    """What must hold on one set, as shares."""

    precision: float
    recall: float
    candidates: float
    doubt_in_review: float


GOALS = {
    "cn_20k_dev": Goal(precision=0.9995, recall=0.97, candidates=0.995, doubt_in_review=0.90),
    "cn_20k_weakid": Goal(precision=0.9995, recall=0.65, candidates=0.995, doubt_in_review=0.90),
    "febrl3": Goal(precision=0.995, recall=0.70, candidates=0.995, doubt_in_review=0.90),
    "rldata500": Goal(precision=0.995, recall=0.0, candidates=0.995, doubt_in_review=0.90),
    "childcare_orgs": Goal(precision=0.995, recall=0.25, candidates=0.99, doubt_in_review=0.75),
}


@dataclass(frozen=True)
class Matched:
    """One set after every record has arrived once, in two orders."""

    online: Online
    quality: Quality
    agreement_of_orders: float
    candidates: float
    trapped: tuple[tuple[str, str], ...]
    doubt_in_review: float


@cache
def matched(name: str) -> Matched:
    data = read_labelled(Path(FOLDER or "") / f"{name}.parquet")
    index, truth = Index(data.features), data.true_pairs
    scores = scored_pairs(index, RULES)
    candidates = len(truth & scores.keys()) / len(truth)
    trapped = _trapped(data, scores)
    first, second = (arrive(index, scores, RULES, seed) for seed in (1, 2))
    return Matched(
        first,
        evaluate(first.customer_of, data.cluster),
        evaluate(second.customer_of, first.customer_of).pair_f1.value,
        candidates,
        trapped,
        _doubt_in_review(first, truth),
    )


def _trapped(data: Labelled, scores: dict[tuple[int, int], Score]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (data.trap[a], data.trap[b])
        for (a, b), seen in scores.items()
        if data.cluster[a] != data.cluster[b]
        and (data.trap[a] or data.trap[b])
        and band_of(seen, RULES.of_kind(data.features[a].kind)) is Band.AUTOMATIC
    )


def _doubt_in_review(online: Online, truth: set[tuple[int, int]]) -> float:
    customer = online.customer_of
    asked = {frozenset((customer[a], customer[b])) for a, b in online.reviews}
    doubt = [(a, b) for a, b in truth if customer[a] != customer[b]]
    return sum(frozenset((customer[a], customer[b])) in asked for a, b in doubt) / max(
        1, len(doubt)
    )


@pytest.mark.parametrize("name", GOALS)
def test_what_the_machine_links_alone_is_right(name: str) -> None:
    quality = matched(name).quality

    assert quality.pair_precision.value >= GOALS[name].precision
    assert quality.pair_recall.value >= GOALS[name].recall


@pytest.mark.parametrize("name", GOALS)
def test_true_pairs_are_compared_and_doubtful_ones_reach_a_person(name: str) -> None:
    assert matched(name).candidates >= GOALS[name].candidates
    assert matched(name).doubt_in_review >= GOALS[name].doubt_in_review


@pytest.mark.parametrize("name", GOALS)
def test_twins_namesakes_and_branches_are_never_linked_by_the_machine(name: str) -> None:
    assert matched(name).trapped == ()


@pytest.mark.parametrize("name", GOALS)
def test_the_order_of_arrival_hardly_matters(name: str) -> None:
    assert matched(name).agreement_of_orders >= 0.999


@pytest.mark.parametrize("name", GOALS)
def test_one_by_one_and_all_at_once_link_the_same(name: str) -> None:
    frame = pl.read_parquet(Path(FOLDER or "") / f"{name}.parquet")

    at_once = group_rows(frame, Options(RULES, adapt=False)).automatic.tolist()

    assert evaluate(matched(name).online.customer_of, at_once).pair_f1.value >= 0.999
