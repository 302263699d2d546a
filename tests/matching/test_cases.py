"""Pairs that people have judged: the machine must not be bolder than they were, nor blind."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ecif.identity import identity_of
from ecif.matching import band_of, features_of, score
from ecif.rules import Band, default_rules

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
)["case"]
RULES = default_rules().matching


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]).replace(" ", "-"))
def test_the_band_follows_the_judgement(case: dict[str, Any]) -> None:
    a, b = features_of(identity_of(case["a"])), features_of(identity_of(case["b"]))

    seen = score(a, b, RULES)
    band = band_of(seen, RULES.of_kind(a.kind))

    expected = {
        "same": {Band.AUTOMATIC},
        "doubtful": {Band.REVIEW},
        "different": {Band.REVIEW, Band.NONE} if seen.vetoes or seen.holds else {Band.NONE},
    }
    assert band in expected[case["verdict"]], (case["why"], seen)


TO_BE_COMPARED = [case for case in CASES if case["verdict"] != "different"]


@pytest.mark.parametrize(
    "case", TO_BE_COMPARED, ids=lambda case: str(case["name"]).replace(" ", "-")
)
def test_records_of_the_same_or_of_doubt_meet_by_a_blocking_key(case: dict[str, Any]) -> None:
    a, b = features_of(identity_of(case["a"])), features_of(identity_of(case["b"]))

    assert set(a.keys) & set(b.keys)
