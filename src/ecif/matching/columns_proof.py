"""What a decision without a person needs, in columns: `holds_of` for many pairs at a time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import NOT_SEEN, Levels, Scripts, Table, level_names
from ecif.matching.columns_seen import Observed
from ecif.matching.proof import (
    BIRTH_DIFFERS,
    BODY_NAME_AGREES,
    BODY_NAME_NEARLY,
    CONTACTS_OF_FATHER_AND_SON,
    CONTACTS_OF_NAMESAKES,
    CONTACTS_OF_TWINS,
    NAME_AGREES,
    NUMBER_AGREES,
    NUMBER_NEARLY,
    PERSONAL,
    SAME_PLACE,
)

Marks = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int8]


def held(table: Table, observed: Observed) -> Marks:
    """Whether anything is missing before the machine may link these by itself."""
    seen = _Seen(table.kind, observed.levels)
    sides = observed.left, observed.right
    if table.kind == "organisation":
        free = _bodies_are_free(seen)
    else:
        marks = table.bags["persons"].scripts
        a, b = (Scripts(*(mark[side] for mark in marks)) for side in sides)
        number = seen.among("document", NUMBER_AGREES)
        free = np.where(number, _same_number_is_free(seen), _names_are_free(seen, a, b))
    weak = table.weak[sides[0]] | table.weak[sides[1]]
    found: Marks = weak | ~free
    return found


class _Seen(NamedTuple):
    """The levels of many pairs."""

    kind: str
    levels: Levels

    def among(self, about: str, levels: frozenset[str]) -> Marks:
        """Where a comparison saw one of these levels."""
        names = level_names(self.kind)
        if about not in names:
            return np.zeros(len(self.levels), dtype=np.bool_)
        # The last one stands for `NOT_SEEN`, which counts from the end.
        wanted = np.array([*(level in levels for level in names[about]), False])
        found: Marks = wanted[self.levels[:, list(names).index(about)]]
        return found

    def shows(self, about: str, level: str) -> Marks:
        """Where a comparison saw this level."""
        return self.among(about, frozenset({level}))

    def says(self, about: str) -> Marks:
        """Where a comparison could be made."""
        marks: Marks = self.levels[:, list(level_names(self.kind)).index(about)] != NOT_SEEN
        return marks

    @property
    def personal(self) -> Counts:
        """How many agreeing contacts are a person's own."""
        counts = np.zeros(len(self.levels), dtype=np.int8)
        for about in PERSONAL:
            counts += self.shows(about, "same")
        return counts


def _names_are_free(seen: _Seen, a: Scripts, b: Scripts) -> Marks:
    """`_person_holds` finds nothing, where no number agrees."""
    personal = seen.personal
    exact = seen.shows("born_on", "exact")
    dropped = exact & seen.shows("given_name", "dropped") & (personal > CONTACTS_OF_TWINS)
    differs = seen.among("born_on", BIRTH_DIFFERS) | seen.shows("sex", "different")
    no_kin = exact | (a.is_first_han & b.is_first_han)
    common = np.where(no_kin, CONTACTS_OF_NAMESAKES, CONTACTS_OF_FATHER_AND_SON)
    enough = personal + seen.among("address", SAME_PLACE) > common
    proven = seen.among("document", NUMBER_NEARLY) | (~seen.shows("document", "different") & enough)
    return dropped | (_same_name(seen, a, b) & ~differs & proven)


def _same_number_is_free(seen: _Seen) -> Marks:
    """`_holds_with_document` finds nothing."""
    exact, differs = seen.shows("born_on", "exact"), seen.among("born_on", BIRTH_DIFFERS)
    other = seen.shows("given_name", "different") | ~seen.says("given_name")
    agrees = seen.shows("given_name", "exact")
    agrees |= seen.among("given_name", NAME_AGREES) & ~differs
    own = (seen.personal > 0) & ~seen.shows("sex", "different")
    free: Marks = agrees | (own & (exact | (~other & ~differs)))
    return free


def _same_name(seen: _Seen, a: Scripts, b: Scripts) -> Marks:
    """`_same_name`, pair by pair."""
    families = seen.among("family_name", frozenset({"exact", "sound"}))
    whole = ~seen.says("family_name") & a.is_whole & b.is_whole
    across = ~(a.has_han & b.has_han) & seen.shows("given_name", "sound") & families
    same: Marks = (seen.shows("given_name", "exact") & (families | whole)) | across
    return same


def _bodies_are_free(seen: _Seen) -> Marks:
    """`_organisation_holds` finds nothing."""
    contacts = seen.personal + seen.among("address", SAME_PLACE)
    contacts = contacts + seen.shows("representative", "exact")
    elsewhere = seen.says("address") & ~seen.among("address", SAME_PLACE)
    against = elsewhere.astype(np.int8) + seen.shows("phone", "different")
    agrees = seen.among("organisation_name", BODY_NAME_AGREES) & (contacts > against)
    core = seen.shows("organisation_name", "core") & seen.among("address", SAME_PLACE)
    nearly = seen.among("document", NUMBER_NEARLY)
    nearly &= seen.among("organisation_name", BODY_NAME_NEARLY)
    named = ~seen.shows("document", "different") & (nearly | agrees | (core & (contacts > 1)))
    other = seen.shows("organisation_name", "branch")
    other |= seen.shows("organisation_name", "different") & (contacts == 0)
    free: Marks = np.where(seen.among("document", NUMBER_AGREES), ~other, named)
    return free
