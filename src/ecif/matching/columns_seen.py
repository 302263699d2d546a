"""What was seen of many pairs at a time: their levels, and which parts of their names agree."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecif.matching.columns import NOT_SEEN, Codes, Levels, Rows, Table
from ecif.matching.columns_scale import NAMED
from ecif.matching.columns_words import Marks


class Observed(NamedTuple):
    """What the comparisons saw for many pairs.

    `left`, `right`: the rows that met. `levels`: one column for each comparison of the table, `NOT_SEEN` where it says
    nothing. `contradicting`: valid numbers of one single-valued kind differ. `agreed`: by comparison, the part of the
    name (a number of the table's parts) in which both agree exactly, or -1. `bearers`: the name on the left that fits
    best, or -1.
    """

    left: Rows
    right: Rows
    levels: Levels
    contradicting: Marks
    agreed: dict[str, Codes]
    bearers: Codes

    def only(self, chosen: Marks | Rows) -> "Observed":
        """Some of the pairs."""
        return Observed(
            self.left[chosen],
            self.right[chosen],
            self.levels[chosen],
            self.contradicting[chosen],
            {name: codes[chosen] for name, codes in self.agreed.items()},
            self.bearers[chosen],
        )


def nothing_seen(table: Table, left: Rows, right: Rows) -> Observed:
    """Pairs of which nothing was compared yet."""
    size = len(left)
    return Observed(
        left,
        right,
        np.full((size, len(table.comparisons)), NOT_SEEN, dtype=np.int8),
        np.zeros(size, dtype=np.bool_),
        dict.fromkeys(NAMED, np.full(size, NOT_SEEN, dtype=np.int32)),
        np.full(size, NOT_SEEN, dtype=np.int32),
    )


def joined(parts: Sequence[Observed]) -> Observed:
    """Several looks at one table as one, in their order."""
    return Observed(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.contradicting for part in parts]),
        {name: np.concatenate([part.agreed[name] for part in parts]) for name in NAMED},
        np.concatenate([part.bearers for part in parts]),
    )
