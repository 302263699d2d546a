"""A model of merges, reversals and detachments: for every record the pile of decisions that put it where it is.

A merge lays one decision on the piles of the records it moves; undoing it takes that one and all that lie above it;
nothing lies on a detachment but what came later, and nothing below one can be undone.
"""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Merge:
    """A merge of the model: it stands until it is undone."""

    id: UUID
    survivor: str
    absorbed: str
    stands: bool = True


@dataclass
class Model:
    """What the bank should know."""

    piles: dict[int, list[tuple[str, str]]] = field(
        default_factory=dict
    )  # record → (decision, customer)
    gone: set[int] = field(default_factory=set)  # records their source no longer knows
    numbers: list[str] = field(default_factory=list)
    merges: dict[str, Merge] = field(default_factory=dict)
    apart: set[frozenset[int]] = field(default_factory=set)
    pins: dict[str, dict[str, str]] = field(default_factory=dict)

    def home(self, record: int) -> str:
        return self.piles[record][-1][1]

    def held_by(self, number: str) -> list[int]:
        return sorted(record for record in self.piles if self.home(record) == number)

    def leads_to(self, number: str) -> str:
        for merge in self.merges.values():
            if merge.stands and merge.absorbed == number:
                return self.leads_to(merge.survivor)
        return number

    def status(self, number: str) -> str:
        if self.leads_to(number) != number:
            return "merged"
        return "live" if any(r not in self.gone for r in self.held_by(number)) else "closed"

    def live(self) -> list[str]:
        return [number for number in self.numbers if self.status(number) == "live"]

    def part(self, some: list[int], others: list[int]) -> None:
        self.apart |= {frozenset((one, other)) for one in some for other in others}

    def undo(self, merge: Merge) -> list[int] | None:
        """The records that come back, or None where a detachment lies above the merge."""
        key = str(merge.id)
        back = [r for r, pile in self.piles.items() if key in [decision for decision, _ in pile]]
        above = {r: [d for d, _ in self.piles[r]].index(key) for r in back}
        if any(d == "detach" for r in back for d, _ in self.piles[r][above[r] :]):
            return None
        holder = self.leads_to(merge.survivor)
        for record in back:
            del self.piles[record][above[record] :]
        merge.stands = False
        self.part(back, self.held_by(holder))
        return back
