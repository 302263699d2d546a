"""Forms of two records that meet: every form of one with every form of the other, for many pairs at a time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import Bags, Codes, Levels, Rows

Marks = npt.NDArray[np.bool_]

_NO_LEVEL = np.int8(127)


class Met(NamedTuple):
    """Forms that meet, in the order of the pairs: `pair` counts the pairs, `a` and `b` are forms."""

    pair: Rows
    a: Codes
    b: Codes
    is_first: Marks

    @classmethod
    def of(cls, bags: Bags, left: Rows, right: Rows) -> "Met":
        """Let the forms of pairs of records meet."""
        several = bags.are_several
        if several is None or not (several[left].any() or several[right].any()):
            pair, a, b = np.arange(len(left)), bags.firsts_of(left), bags.firsts_of(right)
            if len(pair) and min(a.min(), b.min()) < 0:
                [pair] = np.nonzero((a >= 0) & (b >= 0))
                a, b = a[pair], b[pair]
            return cls(pair, a, b, np.ones(len(pair), dtype=np.bool_))
        x, y = bags.codes[left], bags.codes[right]
        others = bags.counts[y]
        counts = bags.counts[x] * others
        pair = np.repeat(np.arange(len(left)), counts)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
        others = others[pair]
        a = bags.items[bags.starts[x[pair]] + within // others]
        b = bags.items[bags.starts[y[pair]] + within % others]
        return cls(pair, a, b, within == 0)

    def only(self, chosen: Marks) -> "Met":
        """Some of the meetings."""
        return Met(self.pair[chosen], self.a[chosen], self.b[chosen], self.is_first[chosen])

    def best(self, levels: Levels, size: int) -> Levels:
        """For every pair the strongest level among its forms, the lowest code; -1 where none was seen."""
        if self.is_first.all():
            if len(self.pair) == size:
                return levels
            seen = np.full(size, np.int8(-1))
            seen[self.pair] = levels
            return seen
        lowest = np.full(size, _NO_LEVEL)
        told = np.where(levels < 0, _NO_LEVEL, levels)
        if len(self.pair):
            starts = np.append(0, np.nonzero(np.diff(self.pair))[0] + 1)
            lowest[self.pair[starts]] = np.minimum.reduceat(told, starts)
        return np.where(lowest == _NO_LEVEL, np.int8(-1), lowest)


def strongest(pair: Rows, key: Rows, size: int) -> tuple[Rows, Rows]:
    """For every pair its greatest key, and where that stands first; -1 and -1 for pairs that have none.

    Args:
        pair: The pair of each key, in ascending order.
        key: Not negative.
        size: How many pairs there are.
    """
    best, at = np.full(size, -1, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    if len(pair):
        starts = np.append(0, np.nonzero(np.diff(pair))[0] + 1)
        if len(starts) == len(pair):
            best[pair], at[pair] = key, starts
            return best, at
        best[pair[starts]] = np.maximum.reduceat(key, starts)
        [good] = np.nonzero(key == best[pair])
        # The first of several wins: what is written last stays.
        at[pair[good[::-1]]] = good[::-1]
    return best, at


def distinct_pairs(a: Codes, b: Codes) -> tuple[Rows, Rows, Rows]:
    """The distinct pairs of two columns, and which of them every row shows."""
    width = int(b.max(initial=0)) + 1
    both, inverse = np.unique(a.astype(np.int64) * width + b, return_inverse=True)
    return both // width, both % width, inverse
