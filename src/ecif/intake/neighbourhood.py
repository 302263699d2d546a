"""Everyone who might be meant by some messages: their customers locked, their comparable forms opened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from ecif import customers, matching
from ecif.customers import AntiLink, Folder, SourceRecord
from ecif.matching import CandidateGroup, Features, Found, HashedKeys, Score
from ecif.rules import RuleSet
from ecif.store import Work


@dataclass(slots=True)
class Neighbourhood:
    """The records that share a match key with the messages, and all records of their customers.

    Messages that were settled earlier in the same transaction are neighbours too.
    """

    found: Found
    folders: dict[int, Folder]
    features: dict[int, Features]
    anti_links: Sequence[AntiLink]
    home: dict[int, SourceRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember which records are at hand."""
        for folder in self.folders.values():
            self.home.update(folder.records)

    def settle(self, record: SourceRecord, features: Features, keys: HashedKeys) -> list[int]:
        """This record stands among the neighbours from now on; the keys under which it does."""
        self.home[record.id] = record
        self.features[record.id] = features
        standing = keys.standing(self.found)
        self.found.stand(record.id, standing)
        return standing

    def candidates(self, record_id: int | None, keys: HashedKeys) -> dict[int, Folder]:
        """Customer id → folder of every customer that shares a key with a record; of too many, the nearest."""
        candidates = {}
        for shared in self.found.nearest(keys.searched(self.found), record_id):
            record = self.home.get(shared)
            if record is not None and record.is_live:
                candidates[record.customer_id] = self.folders[record.customer_id]
        return candidates

    def group_of(self, folder: Folder, who: "Asking", rules: RuleSet) -> CandidateGroup:
        """The new record against every record of one customer."""
        scores = tuple(
            (record.id, self.score(record, who, rules))
            for record in folder.live_records
            if record.id in self.features and record.id != who.record_id
        )
        return CandidateGroup(
            folder.id, scores, kept_apart=self.keeps_apart(who.records, folder.records)
        )

    def group_near(self, folder: Folder, who: "Asking", rules: RuleSet) -> CandidateGroup | None:
        """The same as far as it may be the same customer; None when that is out of the question."""
        lines = rules.matching.of_kind(who.features.kind)
        from_bits = min(lines.review_at_bits, lines.automatic_at_bits)
        scores, is_near, features = [], False, self.features
        for record_id, record in folder.records.items():
            if record.is_live and record_id in features and record_id != who.record_id:
                score = self.score(record, who, rules, told_from_bits=from_bits)
                scores.append((record_id, score))
                is_near = is_near or score.bits >= from_bits
        if not is_near:
            return None
        apart = self.keeps_apart(who.records, folder.records)
        return CandidateGroup(folder.id, tuple(scores), kept_apart=apart)

    def keeps_apart(self, some: Iterable[int], others: Iterable[int]) -> bool:
        """Whether an anti-link stands between two sets of records."""
        if not self.anti_links:
            return False
        one, two = list(some), list(others)
        return any(anti_link.parts(one, two) for anti_link in self.anti_links)

    def contradict(self, one: Folder, two: Folder, rules: RuleSet) -> bool:
        """Whether two customers may not be one: an anti-link, or a veto between any two of their records."""
        if self.keeps_apart(one.records, two.records):
            return True
        return any(
            matching.score(self.features[left.id], self.features[right.id], rules.matching).vetoes
            or _same_clean_source(left.source_system, right, rules)
            for left in one.live_records
            for right in two.live_records
            if left.id in self.features and right.id in self.features
        )

    def score(
        self, record: SourceRecord, who: "Asking", rules: RuleSet, *, told_from_bits: float = -inf
    ) -> Score:
        """The new record against one that is at hand; two of a source that never holds a customer twice contradict.

        A pair below `told_from_bits` has no reasons, as `matching.score` says.
        """
        score = matching.score(
            who.features, self.features[record.id], rules.matching, told_from_bits=told_from_bits
        )
        if not _same_clean_source(who.source_system, record, rules):
            return score
        return replace(score, vetoes=(*score.vetoes, f"source:{record.source_system}"))


@dataclass(frozen=True, slots=True)
class Asking:
    """The record that asks whose it is; `records` are those it already shares a customer with, itself included."""

    features: Features
    source_system: str | None = None
    record_id: int | None = None
    records: tuple[int, ...] = ()


async def gather(
    work: Work, searches: Sequence[HashedKeys], known: Iterable[int] = (), *, lock: bool = True
) -> Neighbourhood:
    """Find everyone who may be meant, and lock them.

    Args:
        work: The transaction; it holds the claims of all the keys.
        searches: The keys of the messages to be recognised.
        known: Ids of stored records that the messages replace.
        lock: False only to look: nothing is going to be decided.

    Raises:
        TryAgain: A candidate moved while its customer was being locked.
    """
    found = await matching.find(work, searches)
    wanted = set(known).union(*[found.nearest(search.searched(found)) for search in searches])
    folders = await customers.take_out(work, record_ids=wanted, lock=lock) if wanted else {}
    home = {
        record_id: record
        for folder in folders.values()
        for record_id, record in folder.records.items()
    }
    anti_links = await customers.anti_links_of(work, home)
    return Neighbourhood(found, folders, await open_features(work, home), anti_links)


async def open_features(work: Work, home: Mapping[int, SourceRecord]) -> dict[int, Features]:
    """Record id → its comparable forms, of those of these records that are in the index.

    Raises:
        SealBroken: They were altered, or belong to another record.
    """
    if not home:
        return {}
    return {
        record_id: Features.unpacked(home[record_id].opener.open("match_feature.features", sealed))
        for record_id, sealed in (await matching.sealed_features(work, home)).items()
    }


def _same_clean_source(system: str | None, record: SourceRecord, rules: RuleSet) -> bool:
    """Both come from one source that never holds a customer twice."""
    if system != record.source_system:
        return False
    source = rules.sources.get(record.source_system)
    return source is not None and source.free_of_duplicates
