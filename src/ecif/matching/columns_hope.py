"""What pairs can still be worth while they are being compared: what cannot reach the floor is left early."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import ATTRIBUTES, Codes, Levels, Rows, Table
from ecif.matching.columns_names import Glimpse
from ecif.matching.columns_scale import Bits, Scale

Marks = npt.NDArray[np.bool_]

TOLD_IN = {
    "family_name": "persons",
    "given_name": "persons",
    "name_order": "persons",
    "organisation_name": "organisations",
    "document": "documents",
    "born_on": "births",
    "phone": "phones",
    "email": "emails",
    "address": "addresses",
    "employer": "employer",
    "representative": "representative",
}
"""Comparison → the attribute that both sides must tell for it."""
_SEX = len(ATTRIBUTES)
_ROUNDING = 1e-6


class Hope:
    """The most that pairs of one table may be worth on a scale.

    Of what agreeing contacts share, one counts in full, and each further one up to `cap_bits`, as in `score`; that they
    take bits of the family name away is left out.
    """

    def __init__(self, table: Table, scale: Scale, floor_bits: float) -> None:
        """Lay out the best that each comparison can give.

        Args:
            table: The records.
            scale: The rules.
            floor_bits: What a pair must reach to be of interest.
        """
        self.table = table
        self.scale = scale
        self.floor_bits = floor_bits
        household = scale.rules.household
        self.contacts = household.contacts
        self.cap_bits = max(household.counts_from_bits, household.further_contact_bits)
        self.best = {about: max(0.0, float(each.max())) for about, each in scale.weights.items()}
        self.rarest = {about: rarity.most for about, rarity in scale.rarities.items()}

    def most(self, about: str) -> float:
        """The most that a comparison can give; of a contact, that it can give beside another one."""
        if about in self.contacts:
            return min(self.cap_bits, self.best[about])
        return self.best[about] + self.rarest.get(about, 0.0)

    @cached_property
    def tells(self) -> Codes:
        """For every record a bit for each attribute that it tells."""
        bits = np.full(len(self.table.weak), 1 << _SEX, dtype=np.int32)
        for place, attribute in enumerate(ATTRIBUTES):
            bits |= self.table.bags[attribute].is_told.astype(np.int32) << place
        return bits

    @cached_property
    def at_first(self) -> Bits:
        """For every choice of attributes that both sides tell, what all comparisons of them may give."""
        total = np.full(1 << (_SEX + 1), self.scale.rules.prior_bits)
        for about in self.best:
            total += self.most(about) * _chosen(about)
        return total

    def strongest(self, open_contacts: frozenset[str]) -> Bits:
        """For every choice of attributes, what the strongest of some contacts may give beyond the cap."""
        if open_contacts not in self._strongest:
            most = np.zeros(1 << (_SEX + 1))
            for about in open_contacts:
                beyond = max(0.0, self.best[about] - self.cap_bits)
                most = np.maximum(most, beyond * _chosen(about))
            self._strongest[open_contacts] = most
        return self._strongest[open_contacts]

    @cached_property
    def _strongest(self) -> dict[frozenset[str], Bits]:
        return {}


def _chosen(about: str) -> Marks:
    """For every choice of attributes, whether it has the one of this comparison."""
    told = TOLD_IN.get(about)
    place = _SEX if told is None else ATTRIBUTES.index(told)
    chosen: Marks = (np.arange(1 << (_SEX + 1)) >> place & 1).astype(np.bool_)
    return chosen


class Prospect:
    """What the pairs of one look may still be worth."""

    def __init__(self, hope: Hope, left: Rows, right: Rows) -> None:
        self._hope = hope
        self._both = hope.tells[left] & hope.tells[right]
        self._bits = hope.at_first[self._both]
        self._named = np.zeros_like(self._bits)
        self._strongest = np.zeros_like(self._bits)
        self._open = frozenset(about for about in hope.contacts if about in hope.best)

    def settle(self, about: str, levels: Levels, pairs: Rows) -> None:
        """The levels of a comparison are known for pairs of which both sides tell something."""
        bits = self._hope.scale.weights[about][levels]
        if about in self._open:
            self._strongest[pairs] = np.maximum(self._strongest[pairs], bits - self._hope.cap_bits)
            bits = np.minimum(bits, self._hope.cap_bits)
            self._open -= {about}
        self._bits[pairs] += bits - self._hope.most(about)

    def settle_names(self, named: Mapping[str, tuple[Levels, Codes]], pairs: Rows) -> None:
        """The same for names: levels, and the parts in which both agree."""
        self._named[:] = 0
        for about, (levels, agreed) in named.items():
            rarity = self._hope.scale.rarities[about].bits(agreed)
            bits = self._hope.scale.weights[about][levels] + rarity
            self._named[pairs] += bits - self._hope.most(about)

    def glimpse_names(self, named: Mapping[str, Glimpse], pairs: Rows) -> None:
        """The same for names of which only equality is known yet."""
        for about, glimpse in named.items():
            weights = self._hope.scale.weights[about]
            bits = np.full(len(pairs), max(0.0, float(weights[2:].max())))
            bits[glimpse.sounds] = max(0.0, float(weights[1:].max()))
            same = glimpse.agreed >= 0
            rarity = self._hope.scale.rarities[about].bits(glimpse.agreed[same])
            bits[same] = weights[0] + rarity
            bits[glimpse.is_open] = self._hope.most(about)
            self._named[pairs] += bits - self._hope.most(about)

    def reaches(self) -> Marks:
        """Which pairs may still be of interest."""
        still = self._hope.strongest(self._open)[self._both]
        bits = self._bits + self._named + np.maximum(self._strongest, still)
        marks: Marks = bits >= self._hope.floor_bits - _ROUNDING
        return marks

    def keep(self, kept: Marks) -> None:
        """Go on with some of the pairs."""
        self._both, self._bits = self._both[kept], self._bits[kept]
        self._named, self._strongest = self._named[kept], self._strongest[kept]
