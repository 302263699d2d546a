"""Levels of many pairs x rules → bits, vetoes and holds; the same bits as `score`, pair by pair."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import Rows, Table, level_names
from ecif.matching.columns_proof import held
from ecif.matching.columns_scale import Scale
from ecif.matching.columns_seen import Observed
from ecif.matching.comparisons import ADDRESS_LEVELS
from ecif.matching.scoring import OTHER_DOOR
from ecif.rules import HouseholdRules, KindRules, MatchingRules

Bits = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


Worth = Callable[[Bits, Marks], Marks]


class Scores(NamedTuple):
    """What many pairs are worth: `bits` as in `Score`, whether the pair is vetoed, and whether anything holds it."""

    left: Rows
    right: Rows
    bits: Bits
    vetoed: Marks
    held: Marks

    def automatic(self, rules: KindRules) -> Marks:
        """The pairs of the automatic band."""
        marks: Marks = (self.bits >= rules.automatic_at_bits) & ~self.vetoed & ~self.held
        return marks


def scores_of(
    table: Table, observed: Observed, rules: MatchingRules | Scale, worth: Worth | None = None
) -> Scores:
    """Weigh what was observed, and ask what stands against a decision.

    Args:
        table: The records.
        observed: What was observed.
        rules: The rules, laid out or not.
        worth: Asked with bits and vetoes: pairs that it does not mark are left out.
    """
    scale = rules if isinstance(rules, Scale) else Scale(table, rules)
    bits, against = bits_of(table, observed, scale), vetoed(table, observed)
    if worth is not None:
        kept = worth(bits, against)
        observed, bits, against = observed.only(kept), bits[kept], against[kept]
    return Scores(observed.left, observed.right, bits, against, held(table, observed))


def bits_of(table: Table, observed: Observed, scale: Scale) -> Bits:
    """Weigh what was observed, in the order of `score`, so that the sums are equal to the last bit."""
    household = scale.rules.household
    total = np.full(len(observed.left), scale.rules.prior_bits)
    contacts: list[Bits] = []
    family, body = np.zeros(len(total)), np.zeros(len(total))
    other_door = np.zeros(len(total), dtype=np.bool_)
    for place, name in enumerate(table.comparisons):
        bits = scale.weights[name][observed.levels[:, place]]
        total += bits
        if name in household.contacts:
            contacts.append(bits)
        if name == "family_name":
            family = bits
        if name == "organisation_name":
            body = bits
        if name == "address":
            other_door = _OTHER_DOORS[observed.levels[:, place]]
        if name in scale.rarities:
            extra = scale.rarities[name].bits(observed.agreed[name])
            total += extra
            if name == "family_name":
                family = family + extra
    weighed: Bits = total - _shared(contacts, _Beside(family, body, other_door), household)
    return weighed


class _Beside(NamedTuple):
    """What stands beside shared contacts: bits of the family name and of the body's, and whether two doors are told."""

    family: Bits
    body: Bits
    other_door: Marks

    def at(self, pairs: Rows) -> "_Beside":
        """Some of the pairs."""
        return _Beside(self.family[pairs], self.body[pairs], self.other_door[pairs])


_OTHER_DOORS = np.array([*(level in OTHER_DOOR for level in ADDRESS_LEVELS), False])


def _shared(contacts: list[Bits], beside: _Beside, rules: HouseholdRules) -> Bits:
    """What those who live or work together share, beyond the strongest contact."""
    excess = np.zeros(len(beside.family))
    agrees = np.zeros(len(excess), dtype=np.bool_)
    for bits in contacts:
        agrees |= bits >= rules.counts_from_bits
    [some] = np.nonzero(agrees)
    if len(some):
        told = np.stack([bits[some] for bits in contacts])
        told[told < rules.counts_from_bits] = -np.inf
        excess[some] = _excess(-np.sort(-told, axis=0), beside.at(some), rules)
    return excess


def _excess(strongest_first: Bits, beside: _Beside, rules: HouseholdRules) -> Bits:
    """The same of pairs that agree in a contact."""
    excess: Bits = np.maximum(0.0, beside.family - rules.family_name_bits)
    further: Any = 0.0
    for more in strongest_first[1:]:
        further = further + np.maximum(0.0, more - rules.further_contact_bits)
    excess = excess + further
    contact = np.maximum(0.0, strongest_first[0] - rules.other_door_contact_bits)
    sites = contact + np.maximum(0.0, beside.body - rules.other_door_name_bits)
    return np.where(beside.other_door, excess + sites, excess)


def vetoed(table: Table, observed: Observed) -> Marks:
    """The pairs that contradict each other."""
    if table.kind == "organisation":
        return observed.contradicting
    names, places = level_names(table.kind), table.comparisons
    differ = [
        observed.levels[:, places.index(about)] == names[about].index("different")
        for about in ("sex", "born_on")
    ]
    marks: Marks = observed.contradicting | (differ[0] & differ[1])
    return marks
