"""Which pairs are worth comparing; what was left out, and why."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecif.dedupe.records import Keys, Kind
from ecif.matching import refined_keys

Rows = npt.NDArray[np.int64]

MAX_BLOCK_RECORDS = 100
"""A key that more records share is refined by one more attribute."""
SMALL_FILE_PAIRS = 60_000
"""A file with no more pairs than this is compared whole."""
PAIRS_PER_RECORD = 6
"""Wide keys may add pairs up to this many for each record, smallest blocks first."""


@dataclass(frozen=True)
class Plan:
    """Pairs worth comparing, `left` < `right`, each once.

    `left_out`: records that share a key with too many others, and were not compared by it.
    """

    left: Rows
    right: Rows
    left_out: Rows


def plan_pairs(kind: Kind) -> Plan:
    """Choose the pairs of one kind."""
    count = len(kind.rows)
    if count * (count - 1) // 2 <= SMALL_FILE_PAIRS:
        left, right = np.triu_indices(count, 1)
        return Plan(left.astype(np.int64), right.astype(np.int64), np.zeros(0, dtype=np.int64))
    blocks = _Blocks.of(kind.keys, wide=False)
    pairs = [blocks.pairs(count, blocks.sizes <= MAX_BLOCK_RECORDS)]
    finer, left_out = _refined(kind, blocks)
    pairs.append(finer)
    told = np.unique(np.concatenate(pairs))
    budget = max(SMALL_FILE_PAIRS, PAIRS_PER_RECORD * count) - len(told)
    wide = _Blocks.of(kind.keys, wide=True)
    told = np.unique(np.concatenate([told, wide.pairs(count, wide.cheapest(budget))]))
    return Plan(told // count, told % count, left_out)


class _Blocks:
    """Records in order of their keys: a block starts at each of `starts` and has `sizes` records."""

    def __init__(self, records: Rows, starts: Rows, sizes: Rows) -> None:
        self.records = records
        self.starts = starts
        self.sizes = sizes

    @classmethod
    def of(cls, keys: Keys, *, wide: bool) -> "_Blocks":
        chosen = keys.wide == wide
        return cls.sorted(keys.hashes[chosen], keys.records[chosen])

    @classmethod
    def sorted(cls, hashes: npt.NDArray[np.uint64], records: Rows) -> "_Blocks":
        order = np.lexsort((records, hashes))
        _, starts, sizes = np.unique(hashes[order], return_index=True, return_counts=True)
        several = sizes > 1
        return cls(records[order], starts[several], sizes[several])

    def pairs(self, count: int, chosen: npt.NDArray[np.bool_]) -> Rows:
        """All pairs within the chosen blocks as `left * count + right`, each once."""
        found = [np.zeros(0, dtype=np.int64)]
        for size in np.unique(self.sizes[chosen]).tolist():
            starts = self.starts[chosen & (self.sizes == size)]
            members = self.records[starts[:, None] + np.arange(size)]
            left, right = np.triu_indices(size, 1)
            found.append((members[:, left] * count + members[:, right]).ravel())
        return np.unique(np.concatenate(found))

    def cheapest(self, budget: int) -> npt.NDArray[np.bool_]:
        """The smallest blocks that together have no more pairs than the budget."""
        sizes, blocks = np.unique(self.sizes, return_counts=True)
        spent = np.cumsum(blocks * (sizes * (sizes - 1) // 2))
        largest = int(sizes[spent <= budget].max(initial=0))
        chosen: npt.NDArray[np.bool_] = self.sizes <= largest
        return chosen


def _refined(kind: Kind, blocks: _Blocks) -> tuple[Rows, Rows]:
    """Pairs of oversized blocks that agree in one more attribute, and the records that no attribute helps."""
    hashes, records, alone = [], [], []
    oversized = np.nonzero(blocks.sizes > MAX_BLOCK_RECORDS)[0]
    for number in oversized.tolist():
        start = int(blocks.starts[number])
        for record in blocks.records[start : start + int(blocks.sizes[number])].tolist():
            finer = refined_keys(str(number), kind.table.features(record))
            hashes += [hash(key) & 0xFFFFFFFFFFFFFFFF for key in finer]
            records += [record] * len(finer)
            if not finer:
                alone.append(record)
    if not hashes:
        return np.zeros(0, dtype=np.int64), np.array(alone, dtype=np.int64)
    finer_blocks = _Blocks.sorted(
        np.array(hashes, dtype=np.uint64), np.array(records, dtype=np.int64)
    )
    small = finer_blocks.sizes <= MAX_BLOCK_RECORDS
    for start, size in zip(finer_blocks.starts[~small], finer_blocks.sizes[~small], strict=True):
        alone += finer_blocks.records[start : start + size].tolist()
    return finer_blocks.pairs(len(kind.rows), small), np.unique(np.array(alone, dtype=np.int64))
