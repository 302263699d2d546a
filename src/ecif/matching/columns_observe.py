"""What the comparisons see in many pairs at a time: exactly the levels that `compare` gives, pair by pair."""

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import NOT_SEEN, Bags, Levels, Rows, Table, comparisons_of
from ecif.matching.columns_bodies import employer_levels, organisation_levels
from ecif.matching.columns_contacts import email_levels, phone_levels
from ecif.matching.columns_hope import Hope, Prospect
from ecif.matching.columns_levels import address_levels, birth_levels, document_levels
from ecif.matching.columns_meeting import Met, strongest
from ecif.matching.columns_names import glimpsed, names_met
from ecif.matching.columns_scale import NAMED
from ecif.matching.columns_seen import Observed, nothing_seen
from ecif.matching.resemblance import is_named_after

Marks = npt.NDArray[np.bool_]

_AGREEING = ("same", "same_unproven")


def observe(table: Table, left: Rows, right: Rows, hope: Hope | None = None) -> Observed:
    """Compare many pairs of rows.

    Args:
        table: The records.
        left: Rows of it.
        right: Rows of it.
        hope: What is worth comparing to the end: pairs that cannot reach its floor any more are left out on the way.
    """
    look = _Look(table, nothing_seen(table, left, right), hope)
    for costlier in (
        (look.documents, look.told_twice, look.representatives),
        (look.glimpse,),
        (look.phones,),
        (look.addresses,),
        (look.names,),
        (look.organisations, look.emails, look.employers),
    ):
        for compared in costlier:
            compared()
        look.leave_hopeless()
    return look.seen


def made_ready(table: Table) -> None:
    """Lay out now what every look needs: processes that part later then share it."""
    nobody = np.zeros(0, dtype=np.int64)
    observe(table, nobody, nobody)
    _ = table.bags["persons"].scripts


class _Look:
    """One look at many pairs, comparison by comparison; a kind that does not know one leaves it out."""

    def __init__(self, table: Table, seen: Observed, hope: Hope | None) -> None:
        self._table = table
        self.seen = seen
        self._prospect = None if hope is None else Prospect(hope, seen.left, seen.right)
        comparisons = comparisons_of(table.kind)
        self._place = {one.name: place for place, one in enumerate(comparisons)}
        self._codes = {
            one.name: {level: code for code, level in enumerate(one.levels)} for one in comparisons
        }

    def leave_hopeless(self) -> None:
        """Go on with the pairs that may still be of interest."""
        if self._prospect is not None:
            kept = self._prospect.reaches()
            self.seen = self.seen.only(kept)
            self._prospect.keep(kept)

    def _set(self, about: str, levels: Levels, pairs: Rows) -> None:
        """Write the levels of pairs of which both sides tell something."""
        self._column(about)[pairs] = levels
        if self._prospect is not None and about not in NAMED:
            self._prospect.settle(about, levels, pairs)

    def _column(self, about: str) -> Levels:
        column: Levels = self.seen.levels[:, self._place[about]]
        return column

    def _told(self, about: str, attribute: str) -> tuple[Bags, Rows] | None:
        """The bags of an attribute, and the pairs of which both sides tell it."""
        bags = self._table.bags[attribute]
        if about not in self._place or not len(bags.forms):
            return None
        [pairs] = np.nonzero(bags.is_told[self.seen.left] & bags.is_told[self.seen.right])
        return bags, pairs

    def _met(self, bags: Bags, pairs: Rows) -> Met:
        return Met.of(bags, self.seen.left[pairs], self.seen.right[pairs])

    def documents(self) -> None:
        if (told := self._told("document", "documents")) is None:
            return
        bags, pairs = told
        met, forms = self._met(bags, pairs), bags.documents
        levels = document_levels(forms, met.a, met.b)
        self._set("document", met.best(levels, len(pairs)), pairs)
        series = forms.series.codes[met.a]
        proven = forms.valid[met.a] & forms.valid[met.b] & (series == forms.series.codes[met.b])
        proven &= forms.is_for_life[met.a]
        width = len(forms.series.texts)
        same = forms.lines.codes[met.a] == forms.lines.codes[met.b]
        against = np.zeros(len(pairs) * width, dtype=np.bool_)
        key = met.pair * width + series
        against[key[proven & ~same]] = True
        against[key[proven & same]] = False
        self.seen.contradicting[pairs[np.nonzero(against)[0] // width]] = True

    def glimpse(self) -> None:
        """Names as far as equality goes."""
        told = self._told("family_name", "persons")
        if told is None or self._prospect is None:
            return
        bags, pairs = told
        parts = glimpsed(bags, self.seen.left[pairs], self.seen.right[pairs])
        self._prospect.glimpse_names(dict(zip(NAMED, parts, strict=True)), pairs)

    def names(self) -> None:
        if (told := self._told("family_name", "persons")) is None:
            return
        bags, pairs = told
        met = names_met(bags, self.seen.left[pairs], self.seen.right[pairs])
        self._set("family_name", met.family, pairs)
        self._set("given_name", met.given, pairs)
        self._set("name_order", np.where(met.crossed, 0, NOT_SEEN), pairs)
        agreed = {}
        for about, codes in zip(NAMED, (met.agreed_family, met.agreed_given), strict=True):
            agreed[about] = self.seen.agreed[about].copy()
            agreed[about][pairs] = codes
        bearers = self.seen.bearers.copy()
        bearers[pairs] = met.bearers
        self.seen = self.seen._replace(agreed=agreed, bearers=bearers)
        if self._prospect is not None:
            levels, parts = (met.family, met.given), (met.agreed_family, met.agreed_given)
            named = zip(levels, parts, strict=True)
            self._prospect.settle_names(dict(zip(NAMED, named, strict=True)), pairs)

    def told_twice(self) -> None:
        """What an identity number tells besides is no further evidence where both show that number."""
        agreeing = [self._codes["document"][one] for one in _AGREEING]
        same = np.isin(self._column("document"), agreeing)
        if (told := self._told("born_on", "births")) is not None:
            bags, pairs = told
            met = self._met(bags, pairs)
            is_told = bags.births.is_told
            kept = ~same[pairs[met.pair]] | (is_told[met.a] & is_told[met.b])
            met = met.only(kept)
            levels = birth_levels(bags.births, met.a, met.b)
            self._set("born_on", met.best(levels, len(pairs)), pairs)
        if "sex" in self._place:
            self._sexes(same)

    def _sexes(self, same_document: Marks) -> None:
        sexes = self._table.sexes
        words = (None, "male", "female", "other")
        sex = np.array([words.index(value[0]) for value in sexes.values], dtype=np.int8)
        is_told = np.array([value[1] for value in sexes.values], dtype=np.bool_)
        a, b = sexes.codes[self.seen.left], sexes.codes[self.seen.right]
        seen = (sex[a] > 0) & (sex[b] > 0) & (~same_document | (is_told[a] & is_told[b]))
        levels = np.where(seen, np.where(sex[a] == sex[b], 0, 1), NOT_SEEN).astype(np.int8)
        self._set("sex", levels, np.arange(len(levels)))

    def phones(self) -> None:
        if (told := self._told("phone", "phones")) is not None:
            bags, pairs = told
            met = self._met(bags, pairs)
            levels = phone_levels(bags.phones, met.a, met.b)
            self._set("phone", met.best(levels, len(pairs)), pairs)

    def addresses(self) -> None:
        if (told := self._told("address", "addresses")) is not None:
            bags, pairs = told
            met = self._met(bags, pairs)
            levels = address_levels(bags.addresses, met.a, met.b)
            self._set("address", met.best(levels, len(pairs)), pairs)

    def emails(self) -> None:
        """An address that is the holder's name tells little that the name does not."""
        if (told := self._told("email", "emails")) is None:
            return
        bags, pairs = told
        met = self._met(bags, pairs)
        levels = email_levels(bags.emails, met.a, met.b)
        _, at = strongest(
            met.pair, -levels.astype(np.int64) + len(self._codes["email"]), len(pairs)
        )
        column = levels[at]
        sounds = self._table.bags["persons"].names.forms.sound
        for place in np.nonzero((column == 0) & (self.seen.bearers[pairs] >= 0))[0].tolist():
            sound = sounds.texts[sounds.codes[self.seen.bearers[pairs[place]]]]
            if is_named_after(bags.forms[met.a[at[place]]], sound):
                column[place] = self._codes["email"]["same_named"]
        self._set("email", column, pairs)

    def organisations(self) -> None:
        if (told := self._told("organisation_name", "organisations")) is not None:
            bags, pairs = told
            met = self._met(bags, pairs)
            levels = organisation_levels(bags.bodies, met.a, met.b)
            self._set("organisation_name", met.best(levels, len(pairs)), pairs)

    def employers(self) -> None:
        if (told := self._told("employer", "employer")) is not None:
            bags, pairs = told
            met = self._met(bags, pairs)
            levels = employer_levels(bags.bodies, met.a, met.b)
            self._set("employer", met.best(levels, len(pairs)), pairs)

    def representatives(self) -> None:
        if (told := self._told("representative", "representative")) is not None:
            bags, pairs = told
            met, names = self._met(bags, pairs), bags.names
            differ = np.where(names.sound[met.a] == names.sound[met.b], np.int8(1), np.int8(2))
            levels = np.where(names.written[met.a] == names.written[met.b], np.int8(0), differ)
            self._set("representative", met.best(levels, len(pairs)), pairs)
