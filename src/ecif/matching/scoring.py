"""Observations x rules → a score in bits that explains itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from ecif.matching.comparisons import Observation, compare
from ecif.matching.forms import Features
from ecif.matching.proof import holds_of
from ecif.matching.resemblance import is_single_valued
from ecif.rules import Evidence, KindRules, MatchingRules

KINDS_DIFFER_BITS = -100.0


@dataclass(frozen=True, slots=True)
class Score:
    """How strongly two records look like one customer.

    `bits` is the sum of the evidence: the log2 odds that the two are the same. `vetoes` name contradictions:
    such a pair is never linked by the machine, nor its groups. `holds` name what is missing for a decision without
    a person; they concern this pair only.
    """

    bits: float
    evidence: tuple[Evidence, ...]
    vetoes: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


def score(a: Features, b: Features, rules: MatchingRules) -> Score:
    """Weigh everything that two records say about each other; the order of the two does not matter.

    Source: Fellegi & Sunter (1969), "A Theory for Record Linkage", JASA 64(328), 1183-1210; frequency weights after
    Newcombe et al. (1959), "Automatic Linkage of Vital Records", Science 130, 954-959.
    """
    if a.kind != b.kind:
        other = Evidence(
            about="kind", level="different", bits=KINDS_DIFFER_BITS, values=(a.kind, b.kind)
        )
        return Score(KINDS_DIFFER_BITS, (other,), vetoes=("kind",))
    kind_rules = rules.of_kind(a.kind)
    observations = compare(a, b)
    evidence = [Evidence(about="prior", level="any two records", bits=kind_rules.prior_bits)]
    evidence += (_weighed(seen, kind_rules) for seen in observations)
    evidence += _frequency_evidence(observations, rules)
    evidence += _household_evidence(evidence, kind_rules)
    levels = {seen.about: seen.level for seen in observations}
    return Score(
        sum(reason.bits for reason in evidence),
        tuple(evidence),
        vetoes=_vetoes(a, b, levels),
        holds=holds_of(a, b, levels),
    )


def _weighed(seen: Observation, rules: KindRules) -> Evidence:
    weight = rules.bits_of.get((seen.about, seen.level), 0.0)
    return Evidence(about=seen.about, level=seen.level, bits=weight, values=seen.values)


def _frequency_evidence(
    observations: Sequence[Observation], rules: MatchingRules
) -> list[Evidence]:
    """A shared rare name says more than a shared frequent one: bits are moved from u of the level to the name's own share."""
    told = []
    for seen in observations:
        if seen.about in {"family_name", "given_name"} and seen.level == "exact":
            share = rules.frequencies.share_of(seen.about, seen.values[0])
            average = rules.person.weights[seen.about]["exact"].u
            about = f"{seen.about}_frequency"
            told.append(
                Evidence(
                    about=about,
                    level=f"1 in {1 / share:.0f}",
                    bits=log2(average / share),
                    values=seen.values,
                )
            )
    return told


def _household_evidence(evidence: Sequence[Evidence], rules: KindRules) -> list[Evidence]:
    """Those who live or work together share contact points and family names: after the first, the rest says little."""
    household = rules.household
    bits = {reason.about: reason.bits for reason in evidence}
    told = (bits.get(about, 0.0) for about in household.contacts)
    shared = sorted(
        (strong for strong in told if strong >= household.counts_from_bits), reverse=True
    )
    if not shared:
        return []
    family = bits.get("family_name", 0.0) + bits.get("family_name_frequency", 0.0)
    excess = max(0.0, family - household.family_name_bits)
    excess += sum(max(0.0, more - household.further_contact_bits) for more in shared[1:])
    if not excess:
        return []
    return [
        Evidence(about="household", level="shared by those who live or work together", bits=-excess)
    ]


def _vetoes(a: Features, b: Features, levels: dict[str, str]) -> tuple[str, ...]:
    vetoes = [f"document:{kind}" for kind in _contradicting_kinds(a, b)]
    if levels.get("sex") == "different" and levels.get("born_on") == "different":
        vetoes.append("sex_and_birth_date")
    return tuple(vetoes)


def _contradicting_kinds(a: Features, b: Features) -> list[str]:
    """Kinds of which a holder has one number for life, and the two records have valid ones that differ (D7)."""
    left, right = _proven_lines(a), _proven_lines(b)
    return sorted(kind for kind in left.keys() & right.keys() if left[kind].isdisjoint(right[kind]))


def _proven_lines(features: Features) -> dict[str, set[str]]:
    lines: dict[str, set[str]] = {}
    for form in features.documents:
        if form.valid and is_single_valued(form.series):
            lines.setdefault(form.series, set()).add(form.line)
    return lines
