"""A message made ready before its transaction: everything about it that needs no database."""

from dataclasses import dataclass

from ecif import identity, matching
from ecif.customers import NewRecord
from ecif.matching import Features, HashedKeys
from ecif.security import Vault


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message with its comparable forms, its hashed match keys and what is wrong with its values.

    Computed outside the transaction, so that claims are held no longer than the database needs.
    """

    new: NewRecord
    features: Features
    keys: HashedKeys
    record_claim: int
    flags: tuple[identity.Flag, ...]

    @property
    def claims(self) -> list[int]:
        """The names under which this message waits its turn."""
        return [self.record_claim, *self.keys.hashed]


def prepare(
    new: NewRecord, vault: Vault, legal_entity: str, *, with_flags: bool = True
) -> Prepared:
    """Make a message ready; without flags where nobody is going to be told them."""
    features = matching.features_of(new.identity)
    name = f"{new.source_system}\x1f{new.source_key}"
    return Prepared(
        new=new,
        features=features,
        keys=HashedKeys(features, vault, legal_entity),
        record_claim=vault.keyed_hash64(legal_entity, name, purpose="record claim"),
        flags=identity.flags_of(new.identity) if with_flags else (),
    )
