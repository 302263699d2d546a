"""What pairs can still be worth while they are being compared: what cannot reach the floor is left early."""

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

    What agreeing contacts share is left out: it only takes bits away.
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
        self.most = {
            about: max(0.0, float(weights.max()))
            + (scale.rarities[about].most if about in scale.rarities else 0.0)
            for about, weights in scale.weights.items()
        }

    @cached_property
    def _tells(self) -> npt.NDArray[np.int16]:
        """For every record a bit for each attribute that it tells."""
        bits = np.full(len(self.table.weak), 1 << _SEX, dtype=np.int16)
        for place, attribute in enumerate(ATTRIBUTES):
            bits |= self.table.bags[attribute].is_told.astype(np.int16) << place
        return bits

    @cached_property
    def _by_tells(self) -> Bits:
        """For every choice of attributes that both sides tell, what all comparisons of them may give."""
        choices = np.arange(1 << (_SEX + 1))
        total = np.full(len(choices), self.scale.rules.prior_bits)
        for about, most in self.most.items():
            told = TOLD_IN.get(about)
            place = _SEX if told is None else ATTRIBUTES.index(told)
            total += most * (choices >> place & 1)
        return total

    def at_first(self, left: Rows, right: Rows) -> Bits:
        """What pairs may be worth before anything is compared."""
        bits: Bits = self._by_tells[self._tells[left] & self._tells[right]]
        return bits

    def change(self, about: str, levels: Levels) -> Bits:
        """What a comparison that both sides tell has changed, now that its levels are known."""
        bits: Bits = self.scale.weights[about][levels] - self.most[about]
        return bits

    def named(self, about: str, levels: Levels, agreed: Codes) -> Bits:
        """The same for a name, with what sharing this one adds."""
        return self.change(about, levels) + self.scale.rarities[about].bits(agreed)

    def glimpsed(self, about: str, glimpse: Glimpse) -> Bits:
        """The same for a name of which only equality is known yet."""
        weights = self.scale.weights[about]
        bits = np.full(len(glimpse.is_open), max(0.0, float(weights[2:].max())))
        bits[glimpse.sounds] = max(0.0, float(weights[1:].max()))
        same = glimpse.agreed >= 0
        bits[same] = weights[0] + self.scale.rarities[about].bits(glimpse.agreed[same])
        bits[glimpse.is_open] = self.most[about]
        return bits - self.most[about]

    def reaches(self, bits: Bits) -> Marks:
        """Which of these may still be of interest."""
        marks: Marks = bits >= self.floor_bits - _ROUNDING
        return marks
