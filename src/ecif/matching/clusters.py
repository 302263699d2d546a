"""Scored pairs → groups that hang together: strongest evidence first, never by blind transitive closure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Bits = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

UNKNOWN_BITS = -4.0
"""What a pair says that shares no blocking key: nothing was found that the two have in common."""

SEVERAL_BITS = 4.0
"""What two groups of several records need beyond the limit: each says the same thing twice, which slips do not."""

FULL_BITS = 24.0
"""The most that one pair counts in the average between two groups: one strong tie is no licence for ten weak ones."""


@dataclass(frozen=True)
class Ties:
    """Scored pairs of records: `left` and `right` number them; `apart` pairs may never be in one group.

    `sources`: for every record, the number of the source that holds no customer twice, or -1.
    """

    size: int
    left: Rows
    right: Rows
    bits: Bits
    apart: Marks
    sources: npt.NDArray[np.int32] | None = None


def components_of(size: int, left: Rows, right: Rows) -> Rows:
    """The connected parts of a graph: for every node the smallest node of its part."""
    part = np.arange(size, dtype=np.int64)
    while True:
        low = np.minimum(part[left], part[right])
        before = part.copy()
        np.minimum.at(part, part[left], low)
        np.minimum.at(part, part[right], low)
        part = part[part]
        while not np.array_equal(part, part[part]):
            part = part[part]
        if np.array_equal(part, before):
            return part


def best_groups(ties: Ties, *, limit_bits: float) -> Rows:
    """Groups by average evidence between them, strongest first, as long as it stays above the limit.

    Returns:
        For every record the smallest record of its group.

    Source: average linkage after Sokal & Michener (1958), "A Statistical Method for Evaluating Systematic
    Relationships", University of Kansas Science Bulletin 38, 1409-1438; constraints after Davidson & Ravi (2005),
    "Agglomerative Hierarchical Clustering with Constraints", PKDD 2005, 59-70.
    """
    return _grouped(ties, (ties.bits > limit_bits) & ~ties.apart, limit_bits)


def automatic_groups(ties: Ties, automatic: Marks) -> Rows:
    """Groups by ties that need nobody's eyes; a record that is claimed by two sides that contradict stays alone."""
    return _grouped(ties, automatic & ~ties.apart & ~_ambiguous(ties, automatic), None)


def groups_of_some(
    size: int, pairs: Mapping[tuple[int, int], tuple[float, bool, bool]]
) -> list[int]:
    """The automatic groups of some few records: for every record the smallest record of its group.

    Args:
        size: How many records.
        pairs: For two of them their bits, whether they need nobody's eyes, and whether they may never be in one group.
    """
    left, right = np.array(list(pairs), dtype=np.int64).reshape(-1, 2).T
    bits, automatic, apart = np.array(list(pairs.values()), dtype=np.float64).reshape(-1, 3).T
    groups = automatic_groups(Ties(size, left, right, bits, apart > 0), automatic > 0)
    return [int(group) for group in groups]


def _ambiguous(ties: Ties, automatic: Marks) -> Marks:
    """Ties of a record that the machine would link with two records that may not be in one group."""
    linked, torn_ends = (np.zeros(ties.size, dtype=np.bool_) for _ in range(2))
    for ends, marks in ((linked, automatic), (torn_ends, ties.apart)):
        ends[ties.left[marks]] = ends[ties.right[marks]] = True
    near: dict[int, set[int]] = {}
    for a, b in _pairs(ties, automatic & (torn_ends[ties.left] | torn_ends[ties.right])):
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    torn: set[int] = set()
    for a, b in _pairs(ties, ties.apart & linked[ties.left] & linked[ties.right]):
        for both in near.get(a, set()) & near.get(b, set()):
            torn |= {min(both, one) * ties.size + max(both, one) for one in (a, b)}
    low, high = np.minimum(ties.left, ties.right), np.maximum(ties.left, ties.right)
    pairs = low.astype(np.int64) * ties.size + high
    found: Marks = np.isin(pairs, np.fromiter(torn, np.int64, len(torn)))
    return found


def _pairs(ties: Ties, marks: Marks) -> list[tuple[int, int]]:
    return list(zip(ties.left[marks].tolist(), ties.right[marks].tolist(), strict=True))


def _grouped(ties: Ties, joining: Marks, limit_bits: float | None) -> Rows:
    part = components_of(ties.size, ties.left[joining], ties.right[joining])
    groups = part.copy()
    for rows in _difficult(ties, part, joining, limit_bits):
        knot = _Knot(limit_bits)
        for place in rows.tolist():
            knot.add(
                int(ties.left[place]),
                int(ties.right[place]),
                float(ties.bits[place]),
                apart=bool(ties.apart[place]),
                joins=bool(joining[place]),
            )
        for group in knot.groups(ties.sources):
            groups[group] = min(group)
    return groups


def _difficult(ties: Ties, part: Rows, joining: Marks, limit_bits: float | None) -> Sequence[Rows]:
    """The pairs of every part that is not plainly one group: a pair is missing, weak, or kept apart."""
    [rows] = np.nonzero(part[ties.left] == part[ties.right])
    home = part[ties.left[rows]]
    members = np.bincount(part, minlength=ties.size)
    if limit_bits is not None:
        of_few = members[part[ties.left]] < 4
        joining = joining & (of_few | (ties.bits > limit_bits + SEVERAL_BITS))
    good = np.bincount(home, weights=joining[rows], minlength=ties.size)
    plain = good == members * (members - 1) / 2
    if ties.sources is not None:
        told = ties.sources >= 0
        pairs = part[told] * (int(ties.sources.max(initial=0)) + 1) + ties.sources[told]
        twice, count = np.unique(pairs, return_counts=True)
        plain[twice[count > 1] // (int(ties.sources.max(initial=0)) + 1)] = False
    rows, home = rows[~plain[home]], home[~plain[home]]
    if not len(rows):
        return ()
    order = np.argsort(home, kind="stable")
    return np.split(rows[order], np.nonzero(np.diff(home[order]))[0] + 1)


@dataclass
class _Between:
    """What lies between two groups: summed bits of the scored pairs, how many, and whether they may meet."""

    bits: float = 0.0
    count: int = 0
    strongest: float = -np.inf
    apart: bool = False
    joins: bool = False

    def add(self, other: "_Between") -> None:
        self.bits += other.bits
        self.count += other.count
        self.strongest = max(self.strongest, other.strongest)
        self.apart |= other.apart
        self.joins |= other.joins


@dataclass
class _Knot:
    """Records that hang together somehow, and how they fall into groups."""

    limit_bits: float | None
    members: dict[int, list[int]] = field(default_factory=dict)
    near: dict[int, dict[int, _Between]] = field(default_factory=dict)

    def add(self, a: int, b: int, bits: float, *, apart: bool, joins: bool) -> None:
        for record in (a, b):
            self.members.setdefault(record, [record])
            self.near.setdefault(record, {})
        capped = max(-FULL_BITS, min(FULL_BITS, bits))
        between = _Between(capped, 1, bits, apart, joins)
        self.near[a][b] = self.near[b][a] = between

    def groups(self, sources: npt.NDArray[np.int32] | None) -> list[list[int]]:
        held = {
            group: {int(sources[record]) for record in members} - {-1}
            if sources is not None
            else set()
            for group, members in self.members.items()
        }
        queue = [
            (-strength, a, b)
            for a, others in self.near.items()
            for b, between in others.items()
            if a < b and (strength := self._strength(a, b, between)) is not None
        ]
        heapify(queue)
        while queue:
            worth, a, b = heappop(queue)
            between = self.near.get(a, {}).get(b)
            if between is None or self._strength(a, b, between) != -worth or held[a] & held[b]:
                continue
            held[a] |= held.pop(b)
            for other in self._merge(a, b):
                strength = self._strength(a, other, self.near[a][other])
                if strength is not None:
                    heappush(queue, (-strength, min(a, other), max(a, other)))
        return list(self.members.values())

    def _strength(self, a: int, b: int, between: _Between) -> float | None:
        """How strongly two groups belong together; None when they must not meet."""
        if between.apart or not between.joins:
            return None
        if self.limit_bits is None:
            return between.strongest
        possible = len(self.members[a]) * len(self.members[b])
        average = (between.bits + (possible - between.count) * UNKNOWN_BITS) / possible
        both_are_several = min(len(self.members[a]), len(self.members[b])) > 1
        needed = self.limit_bits + (SEVERAL_BITS if both_are_several else 0.0)
        return average if average > needed else None

    def _merge(self, a: int, b: int) -> list[int]:
        self.members[a] += self.members.pop(b)
        gone = self.near.pop(b)
        del self.near[a][b], gone[a]
        for other, between in gone.items():
            del self.near[other][b]
            known = self.near[a].get(other)
            if known is None:
                self.near[a][other] = self.near[other][a] = between
            else:
                known.add(between)
        return list(self.near[a])


def review_ties(
    ties: Ties, groups: Rows, *, review_at_bits: float, most: int
) -> Mapping[int, list[int]]:
    """For every record, those in other groups that a person should compare it with, strongest first."""
    apart = groups[ties.left] != groups[ties.right]
    [rows] = np.nonzero(apart & (ties.bits >= review_at_bits))
    order = rows[np.argsort(-ties.bits[rows], kind="stable")]
    found: dict[int, list[int]] = {}
    for a, b in zip(ties.left[order].tolist(), ties.right[order].tolist(), strict=True):
        for one, other in ((a, b), (b, a)):
            if len(known := found.setdefault(one, [])) < most:
                known.append(other)
    return found
