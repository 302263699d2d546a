"""The bank's lines: weights, limits, trust order, masks; data with a version, stored with every decision."""

import tomllib
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from math import log2
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ecif.frequencies import Frequencies


class Band(StrEnum):
    """What a pair's bits allow: the machine decides, a person decides, or nobody need look."""

    AUTOMATIC = "automatic"
    REVIEW = "review"
    NONE = "none"


class Lines(BaseModel):
    """A frozen group of rules; an unknown word in a rule file is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(Lines):
    """One reason to believe or to doubt that two records are the same.

    `values` are the two normal forms that met: personal data, sealed wherever it is stored.
    """

    about: str
    level: str
    bits: float
    values: tuple[str, str] | None = None


class Reason(Lines):
    """Why a decision was taken: its inputs of that day, so that it explains itself for ever."""

    by: Literal["rules", "person"]
    rules_version: int
    bits: float | None = None
    band: Band | None = None
    evidence: tuple[Evidence, ...] = ()
    vetoes: tuple[str, ...] = ()
    text: str | None = None


class Weight(Lines):
    """How often one level of a comparison is seen.

    Args:
        m: P(level | same customer), in (0, 1].
        u: P(level | different customers), in (0, 1].

    Source: Fellegi & Sunter (1969), "A Theory for Record Linkage", JASA 64(328), 1183-1210.
    """

    m: float = Field(gt=0, le=1)
    u: float = Field(gt=0, le=1)

    @property
    def bits(self) -> float:
        """log2(m / u): +1 doubles the odds that the two are the same, below 0 speaks against."""
        return log2(self.m / self.u)


class HouseholdRules(Lines):
    """What agreeing contact points say when one already agrees: those who live or work together share them.

    Attributes:
        contacts: The comparisons that a household, a switchboard or a founder shares.
        counts_from_bits: An agreement is one from these bits on: a shared door, not a shared city.
        further_contact_bits: The most that each agreement after the strongest one may add, in bits.
        family_name_bits: The most that an equal family name may add beside an agreeing contact, in bits.
        other_door_contact_bits: The most that the strongest contact may add where the two tell other doors, in bits.
        other_door_name_bits: The most that an organisation's name may add beside it there, in bits.
    """

    contacts: tuple[str, ...]
    counts_from_bits: float = 0.0
    further_contact_bits: float = 0.0
    family_name_bits: float = 0.0
    other_door_contact_bits: float = 100.0
    other_door_name_bits: float = 100.0


class KindRules(Lines):
    """How two records of one kind (persons, organisations) are weighed, and where the bands begin."""

    prior_bits: float
    automatic_at_bits: float
    review_at_bits: float
    household: HouseholdRules
    weights: dict[str, dict[str, Weight]]

    @cached_property
    def bits_of(self) -> dict[tuple[str, str], float]:
        """Bits by comparison and level."""
        return {
            (comparison, level): weight.bits
            for comparison, levels in self.weights.items()
            for level, weight in levels.items()
        }


class MatchingRules(Lines):
    """What is believed about agreement and disagreement, frozen with the version."""

    merge_existing: Literal["automatic", "review"] = "automatic"
    person: KindRules
    organisation: KindRules
    frequencies: Frequencies

    def of_kind(self, kind: str) -> KindRules:
        """The rules for `person` or `organisation`."""
        return self.organisation if kind == "organisation" else self.person


class SurvivorshipRules(Lines):
    """Which value of a golden attribute wins among the records of a customer.

    Order of judgement, always: a pin, then a valid value before an invalid one, then `by` in turn.
    """

    default: tuple[Literal["trust", "recency"], ...] = ("trust", "recency")
    attribute: dict[str, tuple[Literal["trust", "recency"], ...]] = Field(default_factory=dict)

    def order_for(self, attribute: str) -> tuple[Literal["trust", "recency"], ...]:
        """What decides between two values of `attribute`, strongest first."""
        return self.attribute.get(attribute, self.default)


class MaskRules(Lines):
    """How much of each attribute is shown to everybody; the rest needs `reveal`."""

    version: int
    attribute: dict[str, str]


class SecondPersonRules(Lines):
    """Which steward decisions need another pair of eyes."""

    merge: bool = False
    unmerge: bool = False
    review: bool = False
    pin: bool = False
    rules: bool = True


class SourceRules(Lines):
    """How far one source system is believed; systems not named have the lowest trust, 0.

    `free_of_duplicates`: this source never holds one customer under two keys.
    """

    trust: int = Field(default=0, ge=0, le=100)
    free_of_duplicates: bool = False


class RuleSet(Lines):
    """One frozen version of all the bank's lines."""

    version: int
    name: str
    matching: MatchingRules
    survivorship: SurvivorshipRules
    masks: MaskRules
    second_person: SecondPersonRules
    sources: dict[str, SourceRules] = Field(default_factory=dict)

    def trust_of(self, source_system: str) -> int:
        """How far a source system is believed, 0 to 100."""
        source = self.sources.get(source_system)
        return 0 if source is None else source.trust

    @property
    def digest(self) -> str:
        """Names the content: equal rules have equal digests."""
        return sha256(self.model_dump_json(exclude={"version"}).encode()).hexdigest()


def rule_set_of(text: str, *, version: int) -> RuleSet:
    """Read a rule set from TOML.

    Raises:
        ValueError: The text is not TOML, or has an unknown or missing rule; the message names it.
    """
    return RuleSet.model_validate({**tomllib.loads(text), "version": version})


@cache
def default_rules() -> RuleSet:
    """The rule set that ships with the product, version 1."""
    return rule_set_of(files("ecif").joinpath("rules.toml").read_text(encoding="utf-8"), version=1)
