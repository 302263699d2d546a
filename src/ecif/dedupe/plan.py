"""Which pairs are worth comparing; what was left out, and why."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ecif.dedupe.distinct import in_order
from ecif.dedupe.hands import side_by_side
from ecif.dedupe.records import Kind
from ecif.matching import Conjunction, KeyColumn, Keys

Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Records = npt.NDArray[np.signedinteger[Any]]

MAX_BLOCK_RECORDS = 30
"""A key that more records share is refined by one more attribute."""
SMALL_FILE_PAIRS = 60_000
"""A file with no more pairs than this is compared whole."""
PAIRS_PER_KEY = 1.0
"""More pairs for each record than this are too many for one kind of key: its largest blocks are refined as well."""
FEWEST_PAIRS_PER_KEY = 100_000
"""So many pairs are never too many for one kind of key."""
WORTH_PARTING_ROWS = 50_000
"""Fewer rows than this are planned sooner by one process."""
MANY_RECORDS = 50_000
"""Among so many records, names in letters find too many by chance: they serve those who have no name in hanzi."""
ONE_CUSTOMER = 5
"""A key that no more records share than one customer may have is never refined."""
FEWEST_PAIRS = 100_000
"""So many pairs are compared in any file that has them."""
PAIRS_PER_RECORD = 2
"""Wide keys may add pairs until there are so many for each record, smallest blocks first."""
_PIECE_PAIRS = 4_000_000


@dataclass(frozen=True)
class Plan:
    """Pairs worth comparing, `left` < `right`, each once.

    `left_out`: records that share some key with too many others, and were not compared by it. `left_out_by`: the same
    by the name of the key.
    """

    left: Records
    right: Records
    left_out: Rows
    left_out_by: dict[str, Rows] = field(default_factory=dict)

    def places(self, size: int) -> Rows:
        """The pairs as `left * size + right`."""
        return self.left.astype(np.int64) * size + self.right


def plan_pairs(kind: Kind, stands_for: Rows, *, processes: int = 1) -> Plan:
    """Choose the pairs of one kind, among the records that stand for themselves."""
    count = len(kind.rows)
    nobody = np.zeros(0, dtype=np.int64)
    [alone] = np.nonzero(stands_for == np.arange(count))
    if len(alone) * (len(alone) - 1) // 2 <= SMALL_FILE_PAIRS:
        left, right = np.triu_indices(len(alone), 1)
        return Plan(alone[left].astype(np.int32), alone[right].astype(np.int32), nobody)
    of_themselves = stands_for == np.arange(count)
    keys = Keys(kind.table, sparing=count >= MANY_RECORDS)
    processes = processes if count >= WORTH_PARTING_ROWS else 1
    told: list[Rows] = [nobody]
    left_out: dict[str, Rows] = {}
    pieces = keys.conjunctions(wide=False)
    # Threads, not processes: what they find is large, and they share the pieces of keys that one of them has made.
    works = [partial(_pairs_of, keys, of_themselves, conjunction) for conjunction in pieces]
    found = side_by_side(works, threads=processes)
    for conjunction, (pairs, alone) in zip(pieces, found, strict=True):
        told.append(pairs)
        if len(alone):
            left_out[conjunction.name] = alone
    del found
    some = distinct(np.concatenate([nobody, *left_out.values()]))
    plan = Plan(*_all_of(told, count), some, left_out)
    budget = max(FEWEST_PAIRS, PAIRS_PER_RECORD * count) - len(plan.left)
    if budget <= 0:
        return plan
    wide = [
        Blocks.of(_among(keys.column(one), of_themselves)) for one in keys.conjunctions(wide=True)
    ]
    limit = largest_within(*_sizes(wide), budget)
    more = [distinct(blocks.pairs(count, blocks.sizes <= limit)) for blocks in wide]
    return Plan(*_all_of([plan.places(count), *more], count), some, left_out)


def _all_of(told: list[Rows], count: int) -> tuple[Codes, Codes]:
    """The distinct pairs of several ascending lists, both sides apart; some at a time, as all together are large."""
    pieces = 1 + sum(map(len, told)) // _PIECE_PAIRS
    edges = np.linspace(0, count, pieces + 1).astype(np.int64) * count
    left, right = [], []
    cuts = [np.searchsorted(pairs, edges).tolist() for pairs in told]
    for piece in range(pieces):
        some = distinct(
            np.concatenate(
                [pairs[cut[piece] : cut[piece + 1]] for pairs, cut in zip(told, cuts, strict=True)]
            )
        )
        left.append((some // count).astype(np.int32))
        right.append((some % count).astype(np.int32))
    return np.concatenate(left), np.concatenate(right)


def _pairs_of(
    keys: Keys, of_themselves: npt.NDArray[np.bool_], conjunction: Conjunction
) -> tuple[Rows, Rows]:
    """The pairs of one kind of key, and the records that were not compared by it."""
    count = len(of_themselves)
    blocks = Blocks.of(_among(keys.column(conjunction), of_themselves))
    limit = limit_of(*_sizes([blocks]), max(FEWEST_PAIRS_PER_KEY, PAIRS_PER_KEY * count))
    finer, alone = _refined(count, keys, conjunction, blocks, limit)
    pairs = np.concatenate([blocks.pairs(count, blocks.sizes <= limit), finer])
    return distinct(pairs), alone


def _among(keys: KeyColumn, chosen: npt.NDArray[np.bool_]) -> KeyColumn:
    """The keys of the chosen records."""
    if chosen.all():
        return keys
    mine = chosen[keys.records]
    return KeyColumn(keys.conjunction, keys.hashes[mine], keys.records[mine])


def distinct(numbers: Rows) -> Rows:
    """The distinct numbers in ascending order; the array is sorted in place."""
    numbers.sort()
    return numbers[np.append(True, numbers[1:] != numbers[:-1])] if len(numbers) else numbers


def limit_of(sizes: Rows, blocks: Rows, budget: float) -> int:
    """The size up to which blocks of one kind of key are compared as they are.

    Args:
        sizes: Sizes of blocks, ascending, each once.
        blocks: How many blocks have that size.
        budget: The most pairs that are not too many.
    """
    return min(MAX_BLOCK_RECORDS, max(ONE_CUSTOMER, largest_within(sizes, blocks, budget)))


def largest_within(sizes: Rows, blocks: Rows, budget: float) -> int:
    """The size up to which blocks together have no more pairs than the budget; 0 for none."""
    spent = np.cumsum(blocks * (sizes * (sizes - 1) // 2))
    return int(sizes[spent <= budget].max(initial=0))


def _sizes(several: "list[Blocks]") -> tuple[Rows, Rows]:
    """The sizes of blocks, and how many have each."""
    counts = np.bincount(
        np.concatenate([[0], *(blocks.sizes for blocks in several)]).astype(np.intp)
    )
    counts[0] = 0
    [sizes] = np.nonzero(counts)
    return sizes, counts[sizes]


class Blocks:
    """Records in order of their keys: a block starts at each of `starts` and has `sizes` records."""

    def __init__(self, records: Rows | Codes, starts: Rows, sizes: Rows) -> None:
        self.records = records
        self.starts = starts
        self.sizes = sizes

    @classmethod
    def of(cls, keys: KeyColumn) -> "Blocks":
        order, hashes = in_order(keys.hashes)
        [starts] = np.nonzero(np.append(True, hashes[1:] != hashes[:-1]) if len(hashes) else hashes)
        sizes = np.diff(np.append(starts, len(hashes)))
        several = sizes > 1
        return cls(keys.records[order], starts[several], sizes[several])

    def of_several(self) -> "Blocks":
        """The same without records that share their key with nobody."""
        records, _ = self.members(np.ones(len(self.sizes), dtype=np.bool_))
        return Blocks(records, np.cumsum(self.sizes) - self.sizes, self.sizes)

    def members(self, chosen: npt.NDArray[np.bool_]) -> tuple[Rows | Codes, Rows]:
        """The records of the chosen blocks, and the number of the block of each."""
        sizes = self.sizes[chosen]
        blocks = np.repeat(np.nonzero(chosen)[0], sizes)
        within = np.arange(len(blocks)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.records[self.starts[blocks] + within], blocks

    def pairs(self, count: int, chosen: npt.NDArray[np.bool_]) -> Rows:
        """All pairs within the chosen blocks as `left * count + right`; those of two blocks twice."""
        found = [np.zeros(0, dtype=np.int64)]
        [sizes] = np.nonzero(np.bincount(self.sizes[chosen]))
        for size in sizes.tolist():
            starts = self.starts[chosen & (self.sizes == size)]
            members = np.sort(self.records[starts[:, None] + np.arange(size)], axis=1)
            left, right = np.triu_indices(size, 1)
            found.append((members[:, left].astype(np.int64) * count + members[:, right]).ravel())
        return np.concatenate(found)


def _refined(
    count: int, keys: Keys, conjunction: Conjunction, blocks: Blocks, limit: int
) -> tuple[Rows, Rows]:
    """Pairs of oversized blocks that agree in one more attribute, and the records that no attribute helps."""
    records, block = blocks.members(blocks.sizes > limit)
    if not len(records):
        return block, block
    coarse = KeyColumn(conjunction, block.astype(np.uint64), records.astype(np.int32, copy=False))
    alone = np.zeros(count, dtype=np.bool_)
    alone[records] = True
    parts = []
    for finer in keys.refinements(coarse):
        alone[finer.records] = False
        parts.append(Blocks.of(finer).of_several())
    budget = max(FEWEST_PAIRS_PER_KEY, PAIRS_PER_KEY * count / 2)
    limit = limit_of(*_sizes(parts), budget)
    found = [np.zeros(0, dtype=np.int64)]
    for part in parts:
        found.append(part.pairs(count, part.sizes <= limit))
        alone[part.members(part.sizes > limit)[0]] = True
    return np.concatenate(found), np.nonzero(alone)[0]
