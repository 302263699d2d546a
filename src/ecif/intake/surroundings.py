"""The surroundings of stored customers: everyone who shares a match key with one of their records."""

from collections.abc import Iterable
from dataclasses import dataclass

from ecif import customers, matching
from ecif.customers import Folder, SourceRecord
from ecif.intake.neighbourhood import Asking, Neighbourhood, gather, open_features
from ecif.matching import HashedKeys
from ecif.security import Vault
from ecif.store import Work


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Some customers and their neighbours as they stand; `keys` holds the match keys of the records of the former."""

    near: Neighbourhood
    keys: dict[int, HashedKeys]
    vault: Vault
    legal_entity: str

    def neighbours_of(self, folder: Folder) -> dict[int, Folder]:
        """Customer id → folder of every other customer that shares a key with one of its records."""
        found: dict[int, Folder] = {}
        for record in self.searching(folder):
            found |= self.near.candidates(record.id, self.keys_of(record))
        found.pop(folder.id, None)
        return found

    @property
    def asked(self) -> list[Folder]:
        """The customers whose records ask, in the order of their ids."""
        ids = {self.near.home[each].customer_id for each in self.keys if each in self.near.home}
        return [self.near.folders[each] for each in sorted(ids)]

    def searching(self, folder: Folder) -> list[SourceRecord]:
        """The records of a customer that can be compared: live ones that stand in the index."""
        return [record for record in folder.live_records if record.id in self.near.features]

    def keys_of(self, record: SourceRecord) -> HashedKeys:
        """The match keys of a record, hashed at their first use."""
        if record.id not in self.keys:
            self.keys[record.id] = HashedKeys(
                self.near.features[record.id], self.vault, self.legal_entity
            )
        return self.keys[record.id]

    def asking(self, record: SourceRecord, folder: Folder) -> Asking:
        """The record as it asks whose it is, beside those it shares a customer with."""
        return Asking(
            self.near.features[record.id], record.source_system, record.id, tuple(folder.records)
        )

    def finds(self, one: Folder, other: Folder) -> bool:
        """Whether a customer, asked itself, would find the other one that has found it.

        The later ones under a full key find the first ones, but not the other way round.
        """
        found, wanted = self.near.found, {record.id for record in self.searching(other)}
        return any(
            not wanted.isdisjoint(found.nearest(self.keys_of(record).searched(found), record.id))
            for record in self.searching(one)
        )


async def look_around(work: Work, customer_ids: Iterable[int]) -> Surroundings:
    """Open the folders of some customers and of all their neighbours, without a lock.

    Raises:
        TryAgain: A record moved meanwhile.
    """
    folders = await customers.take_out(work, customer_ids=customer_ids, lock=False)
    home = {record.id: record for each in folders.values() for record in each.records.values()}
    features = await open_features(work, home)
    keys = {
        record_id: HashedKeys(told, work.vault, work.legal_entity)
        for record_id, told in features.items()
    }
    found = await matching.find(work, list(keys.values()))
    shared = [found.nearest(each.searched(found), record_id) for record_id, each in keys.items()]
    others = set[int]().union(*shared) - set(home)
    if others:
        more = await customers.take_out(work, record_ids=others, lock=False)
        beside = {
            record.id: record for folder in more.values() for record in folder.records.values()
        }
        folders |= more
        home |= beside
        features |= await open_features(work, beside)
    anti_links = await customers.anti_links_of(work, home)
    near = Neighbourhood(found, folders, features, anti_links)
    return Surroundings(near, keys, work.vault, work.legal_entity)


async def hold_around(work: Work, customer_ids: Iterable[int]) -> Surroundings:
    """The same, all customers locked in one pass; records that changed meanwhile have asked for themselves.

    Raises:
        TryAgain: A record moved while its customer was being locked.
    """
    seen = await look_around(work, customer_ids)
    near = await gather(work, list(seen.keys.values()), known=seen.keys)
    keys = {
        record_id: keys
        for record_id, keys in seen.keys.items()
        if near.features.get(record_id) == seen.near.features[record_id]
    }
    return Surroundings(near, keys, work.vault, work.legal_entity)
