"""Rows that say exactly the same, many times over: one of them stands for all while groups are sought."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecif.matching import Bags, Table, mixed

Rows = npt.NDArray[np.int64]

CROWD_RECORDS = 12
"""More equal records than this are a crowd; comparing all of them with each other would tell nothing new."""


@dataclass(frozen=True)
class Crowds:
    """`first` and `second`: two records of each crowd. `stands_for`: for every record, the one that stands for it."""

    first: Rows
    second: Rows
    stands_for: Rows

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Crowds":
        """Some of the crowds; the records of the others stand for themselves."""
        kept = np.isin(self.stands_for, self.first[chosen])
        own = np.arange(len(self.stands_for))
        return Crowds(self.first[chosen], self.second[chosen], np.where(kept, self.stands_for, own))


def crowds_of(table: Table) -> Crowds:
    """Find them."""
    size = len(table.weak)
    number = table.weak.astype(np.uint64)
    for told in [*map(_told, table.bags.values()), table.sexes.codes.astype(np.int64)]:
        number = mixed(number, told.astype(np.uint64))
    _, first, inverse, counts = np.unique(
        number, return_index=True, return_inverse=True, return_counts=True
    )
    crowded = counts > CROWD_RECORDS
    stands_for = np.where(crowded[inverse], first[inverse], np.arange(size))
    others = np.nonzero(stands_for != np.arange(size))[0]
    second = np.full(len(first), -1, dtype=np.int64)
    second[inverse[others]] = others
    return Crowds(first[crowded], second[crowded], stands_for)


def _told(bags: Bags) -> Rows:
    """A number for every record, equal for those who tell equal forms in one order, in whichever columns."""
    told = bags.counts.astype(np.uint64)
    for place in range(int(bags.counts.max(initial=0)) if len(bags.counts) else 0):
        [more] = np.nonzero(bags.counts > place)
        told[more] = mixed(told[more], bags.items[bags.starts[more] + place].astype(np.uint64))
    return told[bags.codes].view(np.int64)
