"""Rules laid out for one table: the bits of every level, and of every name that two may share."""

from math import log2

import numpy as np
import numpy.typing as npt

from ecif.frequencies import Frequencies
from ecif.matching.columns import Codes, Table, level_names
from ecif.rules import MatchingRules

Bits = npt.NDArray[np.float64]

NAMED = ("family_name", "given_name")


class Scale:
    """What the levels of one kind weigh, by their codes.

    `weights`: for each comparison the bits of its levels; the last stands for `NOT_SEEN`, which counts from the end.
    `rarities`: for each part of a name, what sharing it adds.
    """

    def __init__(
        self, table: Table, rules: MatchingRules, shares: "dict[str, Shares] | None" = None
    ) -> None:
        """Lay the rules out.

        Args:
            table: The records.
            rules: The rules.
            shares: How often names are borne, where another scale with the same frequencies knows it already.
        """
        self.kind = table.kind
        self.rules = rules.of_kind(table.kind)
        self.weights = {
            name: np.array([*(self.rules.bits_of.get((name, level), 0.0) for level in levels), 0.0])
            for name, levels in level_names(table.kind).items()
        }
        named = [name for name in NAMED if name in self.weights]
        self.shares = shares or {name: Shares(table, rules.frequencies, name) for name in named}
        self.rarities = {
            name: Rarity(self.shares[name], rules.person.weights[name]["exact"].u) for name in named
        }


class Shares:
    """The share of people who bear a name, by the parts of a table; looked up when it is asked for."""

    def __init__(self, table: Table, frequencies: Frequencies, about: str) -> None:
        self._frequencies = frequencies
        self._about = about
        self._texts = table.bags["persons"].names.parts.texts
        self._known = np.full(len(self._texts), np.nan)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def rarest(self) -> float:
        """The least share that any name may have."""
        return self._frequencies.least(self._about)

    def of(self, parts: Codes) -> Bits:
        """The shares of some parts."""
        unknown = parts[np.isnan(self._known[parts])].tolist()
        for part in unknown:
            self._known[part] = self._frequencies.share_of(self._about, self._texts[part])
        shares: Bits = self._known[parts]
        return shares


class Rarity:
    """What sharing a name adds to the bits of its level: a rare one says more than a frequent one.

    Args:
        shares: How often names are borne.
        average: The share of pairs of different people who bear one name.
    """

    def __init__(self, shares: Shares, average: float) -> None:
        self._shares = shares
        self._average = average
        # The last one stands for no shared part.
        self._known = np.append(np.full(len(shares), np.nan), 0.0)

    @property
    def most(self) -> float:
        """The most that it can add."""
        return max(0.0, log2(self._average / self._shares.rarest))

    def bits(self, agreed: Codes) -> Bits:
        """The bits of sharing these parts; 0 for -1."""
        bits: Bits = self._known[agreed]
        unknown = np.isnan(bits)
        if unknown.any():
            marks = np.zeros(len(self._shares), dtype=np.bool_)
            marks[agreed[unknown]] = True
            parts = np.flatnonzero(marks).astype(np.int32)
            shares = self._shares.of(parts).tolist()
            self._known[parts] = [log2(self._average / share) for share in shares]
            bits = self._known[agreed]
        return bits
