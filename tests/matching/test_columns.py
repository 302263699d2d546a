"""Columns and pairs give the same answer, bit by bit."""

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecif.dedupe import RowReading
from ecif.identity import Identity
from ecif.intake.sample import sample_rows
from ecif.matching import (
    Features,
    Hope,
    Scale,
    Scores,
    Table,
    features_of,
    observe,
    score,
    scores_of,
    table_of,
)
from ecif.rules import default_rules
from tests.matching.labelled import Index
from tests.matching.people import organisations, persons

RULES = default_rules().matching
FOLDER = os.environ.get("ECIF_LABELLED_DATA")
SETS = ("fake_1000", "rldata500", "childcare_orgs", "febrl3", "cn_20k_weakid")
MOST_PAIRS = 4_000
FLOORS = (-4.0, 12.0, 30.0)
"""The lowest limit that is used, and higher ones, that more pairs cannot reach."""


def assert_same_bits(records: list[Features], pairs: list[tuple[int, int]]) -> None:
    table = table_of(records[0].kind, records)
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    scores = scores_of(table, observe(table, left, right), RULES)

    for place, (a, b) in enumerate(pairs):
        known = score(records[a], records[b], RULES)
        assert scores.bits[place] == known.bits
        assert bool(scores.vetoed[place]) == bool(known.vetoes)
        assert bool(scores.held[place]) == bool(known.holds)
    for floor_bits in FLOORS:
        assert_nothing_worth_it_is_left(table, scores, floor_bits)


def assert_nothing_worth_it_is_left(table: Table, every: Scores, floor_bits: float) -> None:
    """Pairs are left on the way only if they stay below the floor; those that stay have the same bits."""
    hope = Hope(table, Scale(table, RULES), floor_bits)
    kept = scores_of(table, observe(table, every.left, every.right, hope), hope.scale)

    found = dict(zip(pairs_of(kept), kept.bits.tolist(), strict=True))
    wanted = dict(zip(pairs_of(every), every.bits.tolist(), strict=True))
    assert {pair for pair, bits in wanted.items() if bits >= floor_bits} <= found.keys()
    assert found == {pair: wanted[pair] for pair in found}


def pairs_of(scores: Scores) -> list[tuple[int, int]]:
    return list(zip(scores.left.tolist(), scores.right.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_sampled_customers_have_the_same_bits_in_columns(kind: str) -> None:
    rows = list(sample_rows(rows=400, seed=5))
    reading = RowReading(list(rows[0]))
    features = [features_of(reading.identity(row)) for row in rows]
    records = [one for one in features if one.kind == kind][:90]

    assert_same_bits(records, list(combinations(range(len(records)), 2)))


@settings(max_examples=40)
@given(st.lists(persons, min_size=2, max_size=6))
def test_any_persons_have_the_same_bits_in_columns(people: list[Identity]) -> None:
    records = [features_of(one) for one in people]

    assert_same_bits(records, list(combinations(range(len(records)), 2)))


@settings(max_examples=40)
@given(st.lists(organisations, min_size=2, max_size=6))
def test_any_organisations_have_the_same_bits_in_columns(bodies: list[Identity]) -> None:
    records = [features_of(one) for one in bodies]

    assert_same_bits(records, list(combinations(range(len(records)), 2)))


@pytest.mark.skipif(not FOLDER, reason="ECIF_LABELLED_DATA names no folder of labelled sets")
@pytest.mark.parametrize("name", SETS)
def test_labelled_sets_have_the_same_bits_in_columns(name: str) -> None:
    frame = pl.read_parquet(Path(FOLDER or "") / f"{name}.parquet").head(5_000)
    reading = RowReading(frame.columns)
    features = [features_of(reading.identity(row)) for row in frame.iter_rows(named=True)]
    for kind in ("person", "organisation"):
        records = [one for one in features if one.kind == kind]
        pairs = list(Index(records).pairs())[:MOST_PAIRS]
        if pairs:
            assert_same_bits(records, pairs)
