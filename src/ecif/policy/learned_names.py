"""Names that a bank has learned are stored as keyed hashes, and only those that many bear (D16)."""

from functools import lru_cache
from typing import Final, NamedTuple

from ecif.errors import Conflict, Unprocessable
from ecif.frequencies import NAME_PARTS, Frequencies, KeyedShares, LearnedShare
from ecif.rules import RuleSet, default_rules
from ecif.security import KeyDestroyed, Vault

_MARK: Final = "mark of names that are borne often"
_KEPT_SHARES: Final = 65_536


class RulesUnderMissingKey(Conflict):
    """The learned names of a rule set are hashed under a key that the key file does not hold."""

    slug = "rules-under-missing-key"
    title = (
        "The learned names of this rule set are under a hashing key that is not in the key file: "
        "put that key back, or let a rule set decide that is learned anew."
    )


class KeyOfNames(NamedTuple):
    """Under which hashing key the learned names of a rule set stand."""

    version: int
    mark: str


class Hasher(NamedTuple):
    """What hashes the names of one legal entity."""

    vault: Vault
    legal_entity: str

    def has(self, key: KeyOfNames) -> bool:
        """Whether this key is at hand: the one that a former version or another bank had is another."""
        try:
            return self._mark(key.version) == key.mark
        except KeyDestroyed:
            return False

    @property
    def present(self) -> KeyOfNames:
        """The key in use."""
        version = self.vault.hash_version
        return KeyOfNames(version, self._mark(version))

    def hash(self, part: str, name: str, key: KeyOfNames) -> str:
        """The keyed hash of one part of a name."""
        return self.vault.keyed_hash(
            self.legal_entity, f"frequency of {part}", name, version=key.version
        ).hex()

    def _mark(self, version: int) -> str:
        return self.vault.keyed_hash(self.legal_entity, _MARK, "", version=version).hex()


def hashed_often(rules: RuleSet, hasher: Hasher) -> RuleSet:
    """A draft as it is stored: shipped names in clear, learned ones that many bear as keyed hashes, others not at all.

    Raises:
        Unprocessable: It names people without telling among how many they were counted, or holds hashes under a key
            that is not at hand.
    """
    frequencies = rules.matching.frequencies
    _check_counted(frequencies)
    if frequencies.learned is not None and not hasher.has(_key_of(frequencies.learned)):
        raise _refused("learned", RulesUnderMissingKey.title)
    return readable(_with(rules, frequencies.seen_often(_public())), hasher)


def readable(rules: RuleSet, hasher: Hasher) -> RuleSet:
    """A stored rule set as it is used: learned names are looked up by their keyed hashes.

    One that was stored when learned names still lay in clear weighs the same, and shows none of them either.
    """
    frequencies = _hashed(rules.matching.frequencies, hasher)
    if frequencies.learned is None:
        return rules
    return _with(rules, frequencies.looked_up_by(_look_up(frequencies.learned, hasher)))


def key_of(rules: RuleSet) -> KeyOfNames | None:
    """Under which key the learned names of a rule set stand; None where it has none."""
    learned = rules.matching.frequencies.learned
    return None if learned is None else _key_of(learned)


def _hashed(frequencies: Frequencies, hasher: Hasher) -> Frequencies:
    personal = {part: names for part in NAME_PARTS if (names := _personal(frequencies, part))}
    if not personal:
        return frequencies
    learned = frequencies.learned
    key = hasher.present if learned is None else _key_of(learned)
    keyed = learned or KeyedShares(key_version=key.version, key_mark=key.mark)
    tables, clear = {}, {}
    for part, names in personal.items():
        shares: dict[str, float] = getattr(frequencies, part)
        hashes = {hasher.hash(part, name, key): shares[name] for name in names}
        tables[part] = dict(sorted({**getattr(keyed, part), **hashes}.items()))
        clear[part] = {name: share for name, share in shares.items() if name not in names}
    return frequencies.model_copy(update={**clear, "learned": keyed.model_copy(update=tables)})


def _look_up(learned: KeyedShares, hasher: Hasher) -> LearnedShare:
    key = _key_of(learned)
    is_at_hand = hasher.has(key)

    @lru_cache(maxsize=_KEPT_SHARES)
    def share(part: str, name: str) -> float | None:
        if not is_at_hand:
            raise RulesUnderMissingKey
        shares: dict[str, float] = getattr(learned, part)
        return shares.get(hasher.hash(part, name, key)) if shares else None

    return share


def _check_counted(frequencies: Frequencies) -> None:
    for part in NAME_PARTS:
        if _personal(frequencies, part) and part not in frequencies.counted:
            raise _refused(
                f"counted.{part}",
                "is missing: among how many people were the names counted that are not shipped?",
            )


def _refused(place: str, message: str) -> Unprocessable:
    field = f"matching.frequencies.{place}"
    return Unprocessable(f"{field}: {message}", errors=[{"field": field, "message": message}])


def _personal(frequencies: Frequencies, part: str) -> set[str]:
    """Names that the product does not ship: whoever bears them may be a customer."""
    names: dict[str, float] = getattr(frequencies, part)
    public: dict[str, float] = getattr(_public(), part)
    return names.keys() - public.keys()


def _public() -> Frequencies:
    return default_rules().matching.frequencies


def _key_of(learned: KeyedShares) -> KeyOfNames:
    return KeyOfNames(learned.key_version, learned.key_mark)


def _with(rules: RuleSet, frequencies: Frequencies) -> RuleSet:
    matching = rules.matching.model_copy(update={"frequencies": frequencies})
    return rules.model_copy(update={"matching": matching})
