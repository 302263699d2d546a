"""One change that a draft rule set would make, with the reasons of both rule sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ecif.customers import Folder
from ecif.intake.recognition import reason_of
from ecif.matching import Tie, Verdict
from ecif.rules import Band, Reason, RuleSet

Kind = Literal["linked", "parted", "moved"]


class Lines(NamedTuple):
    """The active rule set and the draft."""

    before: RuleSet
    after: RuleSet


@dataclass(frozen=True, slots=True)
class Change:
    """What the draft says otherwise about two customers, or about one that it would part.

    `linked`: the machine would make them one. `parted`: its records would no longer hang together by themselves.
    `moved`: they stand in another band, and are not linked. `customers` are numbers; the reasons hold personal values.
    """

    kind: Kind
    customers: tuple[str, ...]
    before: Reason
    after: Reason

    @property
    def bands(self) -> tuple[Band, Band]:
        """The band under the active rules and under the draft."""
        return self.before.band or Band.NONE, self.after.band or Band.NONE


def change_of(kind: Kind, folders: Sequence[Folder], ties: tuple[Tie, Tie], lines: Lines) -> Change:
    """A change with the strongest tie under the active rules and under the draft."""
    before, after = (
        reason_of(Verdict(tie.band), rules, tie) for tie, rules in zip(ties, lines, strict=True)
    )
    return Change(kind, tuple(sorted(folder.customer_no for folder in folders)), before, after)
