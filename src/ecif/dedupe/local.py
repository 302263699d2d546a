"""One machine: the rows of a file in, groups out."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.crowds import Crowds, crowds_of
from ecif.dedupe.learning import adapted
from ecif.dedupe.pairs import BEST_FROM_BITS, Desk
from ecif.dedupe.plan import Plan, distinct, plan_pairs
from ecif.dedupe.reading import taken
from ecif.dedupe.records import Kind, records_of
from ecif.dedupe.rows import RowReading
from ecif.identity import ColumnNames
from ecif.matching import (
    Kept,
    Observed,
    Ties,
    automatic_groups,
    best_groups,
    review_ties,
)
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

MOST_REVIEWS = 10
"""Records that one row is shown to a person with."""
ALL_SOURCES = "all"


class Progress(Protocol):
    """Told what is being done, and how much of it."""

    def stage(self, name: str, total: int) -> None:
        """Something begins that has `total` parts."""

    def advance(self, parts: int) -> None:
        """So many parts of it are done."""


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int) -> None:
        """Nothing."""

    def advance(self, parts: int) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Options:
    """How a file is grouped.

    `adapt`: the rules learn from the file first. `keep_pairs`: say which pairs were planned. `clean_sources`:
    those without duplicates within themselves, or `all`. `names`: what a file calls its columns that is read here,
    not handed over.
    """

    rules: MatchingRules
    adapt: bool = True
    keep_pairs: bool = False
    clean_sources: frozenset[str] = frozenset()
    processes: int = 2
    names: ColumnNames | None = None


@dataclass
class Grouping:
    """The groups of a file, row by row: each is named by its first row.

    `refused`: rows that could not be read, with the reason; each is a group of its own. `left_out`: rows that share
    some key with too many others and were not compared by it; `left_out_by`: the same by kind and key. `planned`: two
    rows of row numbers, where asked for.
    """

    best: Rows
    automatic: Rows
    reviews: dict[int, list[int]]
    rules: MatchingRules
    compared_pairs: int = 0
    kept: dict[str, tuple[Kept, ...]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    planned: Rows = field(default_factory=lambda: np.zeros((2, 0), dtype=np.int64))
    left_out: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    left_out_by: dict[tuple[str, str], Rows] = field(default_factory=dict)


def group_rows(
    rows: pl.DataFrame | pl.LazyFrame, options: Options, progress: Progress | None = None
) -> Grouping:
    """Find the rows that tell of the same person or organisation; of lazy ones, a few columns are held at a time.

    Raises:
        ColumnsNotUnderstood: No column is a name, or two bear one word.
        FileUnreadable: A column cannot be read.
    """
    say = progress or Silent()
    kinds, grouping = _read(rows, options, say)
    sources = _clean(rows, options.clean_sources)
    # What the file says lies in the records now: its rows need not be kept, where the caller does not.
    del rows
    # Numbers that no plan knows leave cycles behind, which hold whatever was being read.
    gc.collect()
    while kinds:
        _group_kind(kinds.pop(), grouping, sources, options, say)
    return grouping


def rules_for(
    rows: pl.DataFrame | pl.LazyFrame, options: Options, progress: Progress | None = None
) -> Grouping:
    """Learn from a file without grouping it: only the rules of what is returned tell anything."""
    say = progress or Silent()
    kinds, grouping = _read(rows, options, say)
    while kinds:
        kind = kinds.pop()
        say.stage(f"Learning from {kind.table.kind}s", 1)
        plan = plan_pairs(kind, np.arange(len(kind.rows)), processes=options.processes)
        _adapt(kind, plan, grouping, options)
        say.advance(1)
    return grouping


def _read(
    rows: pl.DataFrame | pl.LazyFrame, options: Options, say: Progress
) -> tuple[list[Kind], Grouping]:
    """The records of each kind, the first one last, and a grouping in which every row stands alone."""
    rows = rows.lazy()
    columns = RowReading(rows.collect_schema().names())
    height = taken(rows, pl.len()).item()
    say.stage("Reading", height)
    records = records_of(rows, columns, processes=options.processes)
    say.advance(height)
    own = np.arange(height, dtype=np.int64)
    grouping = Grouping(own, own.copy(), {}, options.rules, refused=records.refused)
    return list(reversed(records.kinds)), grouping


def _adapt(kind: Kind, plan: Plan, grouping: Grouping, options: Options) -> Observed | None:
    learned, seen = adapted(kind.table, plan, grouping.rules, processes=options.processes)
    grouping.rules = learned.rules
    grouping.kept[kind.table.kind] = learned.kept
    return seen


def _group_kind(
    kind: Kind,
    grouping: Grouping,
    sources: npt.NDArray[np.int32] | None,
    options: Options,
    say: Progress,
) -> None:
    crowds = _crowds(kind, grouping.rules, options, sources)
    plan = plan_pairs(kind, crowds.stands_for, processes=options.processes)
    grouping.left_out = distinct(np.append(grouping.left_out, kind.rows[plan.left_out]))
    for key, records in plan.left_out_by.items():
        grouping.left_out_by[kind.table.kind, key] = kind.rows[records]
    if options.keep_pairs:
        pairs = np.stack([kind.rows[plan.left], kind.rows[plan.right]])
        grouping.planned = np.concatenate([grouping.planned, pairs], axis=1)
    seen = _adapt(kind, plan, grouping, options) if options.adapt else None
    say.stage(f"Comparing {kind.table.kind}s", len(plan.left))
    desk = Desk(kind.table, grouping.rules, options.processes, say.advance)
    scores, compared = desk.scored_with_closure(plan, seen)
    grouping.compared_pairs += compared
    rules = grouping.rules.of_kind(kind.table.kind)
    own = None if sources is None else sources[kind.rows]
    ties = Ties(len(kind.rows), scores.left, scores.right, scores.bits, scores.vetoed, own)
    automatic = automatic_groups(ties, scores.automatic(rules))
    best = best_groups(ties, limit_bits=BEST_FROM_BITS)
    found = review_ties(ties, automatic, review_at_bits=rules.review_at_bits, most=MOST_REVIEWS)
    _tell(kind, grouping, (best[crowds.stands_for], automatic[crowds.stands_for]), found)


def _crowds(
    kind: Kind, rules: MatchingRules, options: Options, sources: npt.NDArray[np.int32] | None
) -> Crowds:
    """Rows that say the same many times over, where the machine would link them; none where a source is clean."""
    crowds = crowds_of(kind.table)
    if sources is not None:
        return crowds.only(np.zeros(len(crowds.first), dtype=np.bool_))
    desk = Desk(kind.table, rules, options.processes, lambda _: None)
    return crowds.only(desk.automatic(crowds.first, crowds.second))


def _tell(
    kind: Kind, grouping: Grouping, groups: tuple[Rows, Rows], reviews: Mapping[int, list[int]]
) -> None:
    """Name groups and reviews by the rows of the file."""
    grouping.best[kind.rows] = kind.rows[groups[0]]
    grouping.automatic[kind.rows] = kind.rows[groups[1]]
    for record, others in reviews.items():
        grouping.reviews[int(kind.rows[record])] = [int(kind.rows[other]) for other in others]


def _clean(
    rows: pl.DataFrame | pl.LazyFrame, names: frozenset[str]
) -> npt.NDArray[np.int32] | None:
    """For every row the number of its source, -1 where that source may hold one customer twice."""
    if not names or "source" not in rows.collect_schema().names():
        return None
    sources = taken(rows.lazy(), "source").to_series()
    told = sources.cast(pl.String).fill_null("").to_list()
    numbers = {name: number for number, name in enumerate(sorted(set(told)))}
    return np.array(
        [
            numbers[name] if name and (ALL_SOURCES in names or name in names) else -1
            for name in told
        ],
        dtype=np.int32,
    )
