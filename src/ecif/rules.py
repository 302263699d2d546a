"""The bank's lines: weights, limits, trust order, masks; data with a version, stored with every decision."""

import tomllib
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


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


class RuleSet(Lines):
    """One frozen version of all the bank's lines."""

    version: int
    name: str
    matching: dict[str, Any]
    survivorship: SurvivorshipRules
    masks: MaskRules
    second_person: SecondPersonRules

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
