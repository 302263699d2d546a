"""Observations x rules → a score in bits that explains itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from math import inf, log2
from operator import add
from typing import NamedTuple

from ecif.matching.comparisons import Seen, seen_by
from ecif.matching.forms import DocumentForm, Features
from ecif.matching.proof import holds_of
from ecif.matching.resemblance import is_single_valued
from ecif.rules import Evidence, HouseholdRules, KindRules, MatchingRules

KINDS_DIFFER_BITS = -100.0


class Weighed(NamedTuple):
    """One observation with its bits; `values` are the two that met."""

    about: str
    level: str
    bits: float
    values: tuple[str, str] | None = None


_weighed = partial(tuple.__new__, Weighed)
"""A `Weighed` of its four parts, without the round about names: every pair that is scored has ten of them."""


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


def score(a: Features, b: Features, rules: MatchingRules, *, told_from_bits: float = -inf) -> Score:
    """Weigh everything that two records say about each other; the order of the two does not matter.

    Args:
        a: One record.
        b: The other.
        rules: What their agreements and disagreements say.
        told_from_bits: Who looks for those that are the same has no use for the reasons of pairs below: these have
            their vetoes, and the bits without what a household takes away.

    Source: Fellegi & Sunter (1969), "A Theory for Record Linkage", JASA 64(328), 1183-1210; frequency weights after
    Newcombe et al. (1959), "Automatic Linkage of Vital Records", Science 130, 954-959.
    """
    if a.kind != b.kind:
        other = Weighed("kind", "different", KINDS_DIFFER_BITS, (a.kind, b.kind))
        return Score(KINDS_DIFFER_BITS, (other,), vetoes=("kind",))
    kind_rules = rules.of_kind(a.kind)
    bits_of = kind_rules.bits_of
    seen = seen_by(a, b)
    levels: dict[str, str] = {}
    # Added up one after another, as columns are; `sum` compensates from Python 3.12 on.
    total = kind_rules.prior_bits
    for about, level, values in seen:
        levels[about] = level
        total += bits_of[about, level]
        if level == "exact" and about in NAMED:
            total += _rarities.of(about, values[0], rules)[1]
    vetoes = _vetoes(a, b, levels)
    if total < told_from_bits:
        return Score(total, (), vetoes)
    weighed = _weighed_all(seen, kind_rules, rules)
    shared = _household(weighed, levels, kind_rules.household)
    if shared is not None:
        total += shared.bits
        weighed.append(shared)
    return Score(total, tuple(weighed), vetoes, holds_of(a, b, levels))


def _weighed_all(seen: Sequence[Seen], lines: KindRules, rules: MatchingRules) -> list[Weighed]:
    """What was seen, each with its bits, but for what a household shares."""
    weighed = [_weighed(("prior", "any two records", lines.prior_bits, None))]
    for about, level, values in seen:
        weighed.append(_weighed((about, level, lines.bits_of[about, level], values)))
        if level == "exact" and about in NAMED:
            how, bits = _rarities.of(about, values[0], rules)
            weighed.append(_weighed((NAMED[about], how, bits, values)))
    return weighed


NAMED = {"family_name": "family_name_frequency", "given_name": "given_name_frequency"}


class _Rarities:
    """What shared names say under one rule set, kept while it is in use: names are met again and again."""

    _MOST = 65_536

    def __init__(self) -> None:
        self._kept: tuple[MatchingRules | None, dict[tuple[str, str], tuple[str, float]]]
        self._kept = None, {}

    def of(self, about: str, name: str, rules: MatchingRules) -> tuple[str, float]:
        """The level and the bits of a shared name."""
        of_rules, known = self._kept
        if of_rules is not rules or len(known) >= self._MOST:
            known = {}
            self._kept = rules, known
        found = known.get((about, name))
        if found is None:
            found = known[about, name] = _rarity(about, name, rules)
        return found


_rarities = _Rarities()


def _rarity(about: str, name: str, rules: MatchingRules) -> tuple[str, float]:
    """A shared rare name says more than a shared frequent one: from the average share to this name's own."""
    share = rules.frequencies.share_of(about, name)
    average = rules.person.weights[about]["exact"].u
    return "rarer" if share < average else "more frequent", log2(average / share)


OTHER_DOOR = frozenset({"close", "area", "city", "different"})
"""Levels of two addresses that name two doors."""

FAMILY = frozenset({"family_name", "family_name_frequency"})
BODY = frozenset({"organisation_name"})


def _household(
    weighed: Sequence[Weighed], levels: Mapping[str, str], rules: HouseholdRules
) -> Weighed | None:
    """Those who live or work together share contact points and family names: after the first, the rest says little.

    The sites of one body share its name and its switchboard: two doors make both of them say less.
    """
    contacts, counts_from = rules.contacts, rules.counts_from_bits
    shared = [bits for about, _, bits, _ in weighed if bits >= counts_from and about in contacts]
    if not shared:
        return None
    excess = max(0.0, _told_by(weighed, FAMILY) - rules.family_name_bits)
    if len(shared) > 1:
        shared.sort(reverse=True)
        most = rules.further_contact_bits
        excess += _added([max(0.0, more - most) for more in shared[1:]])
    if levels.get("address") in OTHER_DOOR:
        contact = max(0.0, max(shared) - rules.other_door_contact_bits)
        name = _told_by(weighed, BODY) - rules.other_door_name_bits
        excess += contact + max(0.0, name)
    if not excess:
        return None
    return Weighed("household", "shared by those who live or work together", -excess)


def _told_by(weighed: Sequence[Weighed], abouts: frozenset[str]) -> float:
    """What some comparisons say together, in bits."""
    return _added([bits for about, _, bits, _ in weighed if about in abouts])


def _added(bits: Sequence[float]) -> float:
    """The sum, rounded after each step."""
    return reduce(add, bits, 0.0)


def _vetoes(a: Features, b: Features, levels: Mapping[str, str]) -> tuple[str, ...]:
    kinds = contradicting_kinds(a.documents, b.documents)
    vetoes = [f"document:{kind}" for kind in kinds] if kinds else []
    if levels.get("sex") == "different" and levels.get("born_on") == "different":
        vetoes.append("sex_and_birth_date")
    return tuple(vetoes)


def contradicting_kinds(a: Sequence[DocumentForm], b: Sequence[DocumentForm]) -> list[str]:
    """Series of which a holder has one number for life, and the two show valid ones that differ (D7)."""
    if not (a and b):
        return []
    if len(a) == 1 == len(b):
        return [a[0].series] if _contradict(a[0], b[0]) else []
    left, right = _proven_lines(a), _proven_lines(b)
    return sorted(kind for kind in left.keys() & right.keys() if left[kind].isdisjoint(right[kind]))


def _contradict(a: DocumentForm, b: DocumentForm) -> bool:
    return (
        a.series == b.series
        and a.line != b.line
        and a.valid
        and b.valid
        and is_single_valued(a.series)
    )


def _proven_lines(documents: Sequence[DocumentForm]) -> dict[str, set[str]]:
    lines: dict[str, set[str]] = {}
    for form in documents:
        if form.valid and is_single_valued(form.series):
            lines.setdefault(form.series, set()).add(form.line)
    return lines
