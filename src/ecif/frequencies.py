"""How often names are borne: a shared rare name says more than a shared frequent one."""

from collections.abc import Callable
from math import prod
from re import fullmatch
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

FEW_BEARERS = 16
"""A name that no more are believed to bear may point to one customer: twice as many as one may have records."""
NAME_PARTS = ("family_name", "given_name", "given_character")


def _hashes(shares: dict[str, float]) -> dict[str, float]:
    if not all(fullmatch("[0-9a-f]{32}", name) for name in shares):
        raise ValueError("not every key is a keyed hash of 32 hexadecimal digits")
    return shares


KeyedTable = Annotated[dict[str, float], AfterValidator(_hashes)]


class KeyedShares(BaseModel):
    """How often learned names are borne, each under its keyed hash: what a bank learns from its customers is personal.

    Attributes:
        key_version: The version of the hashing key.
        key_mark: Tells this key from another bank's of the same version.
        family_name: Share by the keyed hash of a family name.
        given_name: The same of given names.
        given_character: The same of the characters of Chinese given names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_version: int
    key_mark: str
    family_name: KeyedTable = Field(default_factory=dict)
    given_name: KeyedTable = Field(default_factory=dict)
    given_character: KeyedTable = Field(default_factory=dict)


class NamesNotReadable(Exception):
    """Rules hold names as keyed hashes, and nobody has said how to hash: names cannot be looked up."""


LearnedShare = Callable[[str, str], float | None]
"""The part of a name and its text → its learned share; None where it is not listed."""


class Frequencies(BaseModel):
    """How often names are borne, as shares of the population; frozen with the version.

    Attributes:
        family_name: Share of each frequent family name, hanzi or lower-case letters.
        given_name: Share of each frequent given name.
        given_character: Share of each frequent character among the characters of Chinese given names.
        rarest: The share of a name that is not listed, by `family_name`, `given_name`, `given_character`.
        counted: Among how many the names were counted that are not shipped, by the same words.
        learned: The learned names of a stored rule set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family_name: dict[str, float] = Field(default_factory=dict)
    given_name: dict[str, float] = Field(default_factory=dict)
    given_character: dict[str, float] = Field(default_factory=dict)
    rarest: dict[str, float]
    counted: dict[str, int] = Field(default_factory=dict, exclude_if=lambda counted: not counted)
    learned: KeyedShares | None = Field(default=None, exclude_if=lambda learned: learned is None)
    _share_learned: LearnedShare | None = PrivateAttr(default=None)

    def looked_up_by(self, share_learned: LearnedShare) -> "Frequencies":
        """The same, with a way to look learned names up."""
        found = self.model_copy()
        found._share_learned = share_learned
        return found

    def share_of(self, attribute: str, value: str) -> float:
        """The share of people who bear this name, in (0, 1].

        Raises:
            NamesNotReadable: There are learned names, and no way to look them up.
        """
        known = self._listed(attribute, value)
        if known is not None:
            return known
        if attribute == "family_name" or value.isascii():
            return self.rarest[attribute]
        return self._composed(value)

    def least(self, attribute: str) -> float:
        """The least share that any such part of a name may have."""
        least = self.rarest[attribute]
        for table in (self, self.learned):
            if table is not None:
                shares: dict[str, float] = getattr(table, attribute)
                least = min([least, *shares.values()])
        return least

    def seen_often(self, public: "Frequencies") -> "Frequencies":
        """The same without names that few bear: those may point to one customer.

        A name that is not listed then counts as frequent as those left out are on average; where that is less than
        before, it keeps what it had.

        Args:
            public: Names that stay, however few bear them.
        """
        kept, rarest = {}, dict(self.rarest)
        for attribute in NAME_PARTS:
            shares: dict[str, float] = getattr(self, attribute)
            among = self.counted.get(attribute, 0)
            few = {
                name: share
                for name, share in shares.items()
                if share * among <= FEW_BEARERS and name not in getattr(public, attribute)
            }
            if few:
                kept[attribute] = {name: shares[name] for name in shares if name not in few}
                rarest[attribute] = max(rarest[attribute], sum(few.values()) / len(few))
        return self.model_copy(update={**kept, "rarest": rarest}) if kept else self

    def _listed(self, attribute: str, value: str) -> float | None:
        shares: dict[str, float] = getattr(self, attribute)
        known = shares.get(value)
        if known is not None or self.learned is None:
            return known
        if self._share_learned is None:
            raise NamesNotReadable
        return self._share_learned(attribute, value)

    def _composed(self, given: str) -> float:
        rarest = self.rarest["given_character"]
        shares = (self._listed("given_character", character) for character in given)
        share = prod(rarest if known is None else known for known in shares)
        return max(share, self.rarest["given_name"])
