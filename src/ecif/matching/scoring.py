"""Observations x rules → a score in bits that explains itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import log2
from operator import add
from typing import NamedTuple

from ecif.matching.comparisons import compare
from ecif.matching.forms import DocumentForm, Features
from ecif.matching.proof import holds_of
from ecif.matching.resemblance import is_single_valued
from ecif.rules import Evidence, HouseholdRules, MatchingRules

KINDS_DIFFER_BITS = -100.0


class Weighed(NamedTuple):
    """One observation with its bits; `values` are the two that met."""

    about: str
    level: str
    bits: float
    values: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """How strongly two records look like one customer.

    `bits` is the sum of the weighed observations: the log2 odds that the two are the same. `vetoes` name
    contradictions: such a pair is never linked by the machine, nor are its groups. `holds` name what is missing for a
    decision without a person; they concern this pair only.
    """

    bits: float
    weighed: tuple[Weighed, ...]
    vetoes: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The same in the words of decisions, as they are stored and shown."""
        return tuple(
            Evidence(about=about, level=level, bits=bits, values=values)
            for about, level, bits, values in self.weighed
        )


def score(a: Features, b: Features, rules: MatchingRules) -> Score:
    """Weigh everything that two records say about each other; the order of the two does not matter.

    Source: Fellegi & Sunter (1969), "A Theory for Record Linkage", JASA 64(328), 1183-1210; frequency weights after
    Newcombe et al. (1959), "Automatic Linkage of Vital Records", Science 130, 954-959.
    """
    if a.kind != b.kind:
        other = Weighed("kind", "different", KINDS_DIFFER_BITS, (a.kind, b.kind))
        return Score(KINDS_DIFFER_BITS, (other,), vetoes=("kind",))
    kind_rules = rules.of_kind(a.kind)
    bits_of = kind_rules.bits_of
    weighed = [Weighed("prior", "any two records", kind_rules.prior_bits)]
    levels: dict[str, str] = {}
    for about, level, values in compare(a, b):
        levels[about] = level
        weighed.append(Weighed(about, level, bits_of[about, level], values))
        if level == "exact" and about in NAMED:
            weighed.append(_frequency(about, values, rules))
    weighed += _household(weighed, kind_rules.household)
    total = _added([reason.bits for reason in weighed])
    return Score(total, tuple(weighed), _vetoes(a, b, levels), holds_of(a, b, levels))


NAMED = {"family_name": "family_name_frequency", "given_name": "given_name_frequency"}


def _frequency(about: str, values: tuple[str, str], rules: MatchingRules) -> Weighed:
    """A shared rare name says more than a shared frequent one: from the average share to this name's own."""
    share = rules.frequencies.share_of(about, values[0])
    average = rules.person.weights[about]["exact"].u
    return Weighed(
        NAMED[about], "rarer" if share < average else "more frequent", log2(average / share), values
    )


OTHER_DOOR = frozenset({"close", "area", "city", "different"})
"""Levels of two addresses that name two doors."""


def _household(weighed: Sequence[Weighed], rules: HouseholdRules) -> list[Weighed]:
    """Those who live or work together share contact points and family names: after the first, the rest says little.

    The sites of one body share its name and its switchboard: two doors make both of them say less.
    """
    shared = [
        reason.bits
        for reason in weighed
        if reason.bits >= rules.counts_from_bits and reason.about in rules.contacts
    ]
    if not shared:
        return []
    family = _added([reason.bits for reason in weighed if reason.about.startswith("family_name")])
    excess = max(0.0, family - rules.family_name_bits)
    if len(shared) > 1:
        shared.sort(reverse=True)
        excess += _added([max(0.0, more - rules.further_contact_bits) for more in shared[1:]])
    if any(reason.about == "address" and reason.level in OTHER_DOOR for reason in weighed):
        name = _added([reason.bits for reason in weighed if reason.about == "organisation_name"])
        contact = max(0.0, max(shared) - rules.other_door_contact_bits)
        excess += contact + max(0.0, name - rules.other_door_name_bits)
    if not excess:
        return []
    return [Weighed("household", "shared by those who live or work together", -excess)]


def _added(bits: Sequence[float]) -> float:
    """The sum, rounded after each step as columns are; `sum` compensates from Python 3.12 on."""
    return reduce(add, bits, 0.0)


def _vetoes(a: Features, b: Features, levels: dict[str, str]) -> tuple[str, ...]:
    vetoes = [f"document:{kind}" for kind in contradicting_kinds(a.documents, b.documents)]
    if levels.get("sex") == "different" and levels.get("born_on") == "different":
        vetoes.append("sex_and_birth_date")
    return tuple(vetoes)


def contradicting_kinds(a: Sequence[DocumentForm], b: Sequence[DocumentForm]) -> list[str]:
    """Series of which a holder has one number for life, and the two show valid ones that differ (D7)."""
    if not (a and b):
        return []
    left, right = _proven_lines(a), _proven_lines(b)
    return sorted(kind for kind in left.keys() & right.keys() if left[kind].isdisjoint(right[kind]))


def _proven_lines(documents: Sequence[DocumentForm]) -> dict[str, set[str]]:
    lines: dict[str, set[str]] = {}
    for form in documents:
        if form.valid and is_single_valued(form.series):
            lines.setdefault(form.series, set()).add(form.line)
    return lines
