"""Blocking keys in PostgreSQL: put, find; what is found is bounded whatever the key.

A key holds at most `FULL` records. When it is full, later records stand under the key refined by one more of
their attributes. So a search looks at the first `FULL` of a key and at those later ones that agree in one thing
more. Of those found, at most `MOST_COMPARED` are opened: the ones that share the rarest keys. Thousands of one
name in one town then cost little more than anybody else, and a record's own kind shares more with it than a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text

from ecif.matching.forms import Features
from ecif.matching.keys import refined_keys
from ecif.security import Vault
from ecif.store import Statement, Work, array_text

FULL = 50
"""How many records one key holds before it is refined."""

MOST_COMPARED = 32
"""The most records that one record is compared with for its keys; a usual one finds three."""

_FIND = Statement(
    text("""
    SELECT k.key, f.record_id
    FROM unnest(CAST(CAST(:keys AS text) AS bigint[])) AS k (key)
    CROSS JOIN LATERAL (
        SELECT record_id FROM match_key m WHERE m.key = k.key ORDER BY record_id LIMIT CAST(:full AS integer)
    ) AS f
    """)
)
_FEATURES = Statement(
    text(
        "SELECT record_id, features FROM match_feature WHERE record_id = ANY (CAST(:records AS bigint[]))"
    )
)
_FORGET = Statement(
    text("DELETE FROM match_key WHERE record_id = ANY (CAST(:records AS bigint[]))")
)
_FORGET_FEATURES = Statement(
    text("DELETE FROM match_feature WHERE record_id = ANY (CAST(:records AS bigint[]))")
)
_PUT = Statement(
    text("""
    WITH keyed AS (
        INSERT INTO match_key (key, record_id, legal_entity, key_version)
        SELECT k.key, k.record_id, CAST(:legal_entity AS text), CAST(:key_version AS integer)
        FROM unnest(CAST(CAST(:keys AS text) AS bigint[]), CAST(CAST(:key_records AS text) AS bigint[]))
             AS k (key, record_id)
    )
    INSERT INTO match_feature (record_id, legal_entity, features)
    SELECT f.record_id, CAST(:legal_entity AS text), f.features
    FROM unnest(CAST(:records AS bigint[]), CAST(:features AS bytea[])) AS f (record_id, features)
    ON CONFLICT (record_id) DO UPDATE SET features = excluded.features
    """)
)


@dataclass(slots=True)
class Found:
    """Which records stand under each searched key; a key that is not there has none.

    Later records of a key in `full` stand under its refined forms.
    """

    by_key: dict[int, list[int]] = field(default_factory=dict)
    full: set[int] = field(default_factory=set)

    def add(self, key: int, record_id: int) -> None:
        """A record stands under the key."""
        standing = self.by_key.setdefault(key, [])
        if record_id not in standing:
            standing.append(record_id)
            if len(standing) >= FULL:
                self.full.add(key)

    def stand(self, record_id: int, keys: Iterable[int]) -> None:
        """A record of this same transaction stands under these keys."""
        by_key = self.by_key
        for key in keys:
            if key in by_key:
                self.add(key, record_id)
            else:
                by_key[key] = [record_id]

    def under(self, keys: Iterable[int]) -> set[int]:
        """The records that share one of these keys."""
        return {record_id for key in keys if key in self.by_key for record_id in self.by_key[key]}

    def nearest(self, keys: Iterable[int], own: int | None = None) -> set[int]:
        """The records that share one of these keys; of too many, those under the rarest, and of these the most often.

        Args:
            keys: Every key that is searched.
            own: The record that asks, when it is stored: it is no candidate.
        """
        there = [self.by_key[key] for key in keys if key in self.by_key]
        found = {record_id for standing in there for record_id in standing}
        found.discard(own or 0)
        if len(found) <= MOST_COMPARED:
            return found
        rarest, times = dict.fromkeys(found, len(found) + 1), dict.fromkeys(found, 0)
        for standing in there:
            for record_id in found.intersection(standing):
                rarest[record_id] = min(rarest[record_id], len(standing))
                times[record_id] += 1
        ranked = sorted(found, key=lambda each: (rarest[each], -times[each], each))
        return set(ranked[:MOST_COMPARED])


@dataclass(frozen=True, slots=True)
class Indexed:
    """What stands in the index for one record."""

    record_id: int
    keys: Sequence[int]
    features: bytes


class HashedKeys:
    """The hashed keys of one record, and their refined forms once they are asked for.

    `hashed` are the record's own keys: these are claimed before the search.
    """

    __slots__ = ("_features", "_legal_entity", "_refined", "_vault", "contacts", "hashed", "plain")

    def __init__(self, features: Features, vault: Vault, legal_entity: str) -> None:
        """Hash the keys of a record."""
        self._features, self._vault, self._legal_entity = features, vault, legal_entity
        self._refined: dict[int, tuple[int, ...]] = {}
        hashed = vault.keyed_hashes64(legal_entity, features.keys)
        self.plain = dict(zip(hashed, features.keys, strict=True))
        self.hashed = list(self.plain)
        self.contacts = [contact_key(phone, vault, legal_entity) for phone in features.phones]

    def refined(self, key: int) -> tuple[int, ...]:
        """The finer keys of this record under a full key."""
        if key not in self._refined:
            finer = refined_keys(self.plain[key], self._features)
            self._refined[key] = tuple(self._vault.keyed_hashes64(self._legal_entity, finer))
        return self._refined[key]

    def searched(self, found: Found) -> list[int]:
        """Every key under which candidates of this record stand."""
        own = self.hashed
        if found.full.isdisjoint(own):
            return own
        return own + [finer for key in own if key in found.full for finer in self.refined(key)]

    def standing(self, found: Found) -> list[int]:
        """The keys under which this record itself is to stand."""
        own = self.hashed
        places = own
        if not found.full.isdisjoint(own):
            places = [
                place
                for key in own
                for place in (self.refined(key) if key in found.full else (key,))
            ]
        return list(dict.fromkeys([*places, *self.contacts]))


def contact_key(phone: str, vault: Vault, legal_entity: str) -> int:
    """The key under which a look-up by telephone number finds records; recognition never searches it."""
    return vault.keyed_hash64(legal_entity, phone, purpose="look-up by phone")


async def find_contact(work: Work, phone: str) -> list[int]:
    """The records that tell a telephone number in its normal form; at most 500, the oldest first."""
    rows = await work.connection.fetch(
        _FIND, keys=array_text([contact_key(phone, work.vault, work.legal_entity)]), full=500
    )
    return [row["record_id"] for row in rows]


async def find(work: Work, searches: Sequence[HashedKeys]) -> Found:
    """The records under the keys of some searches, and under the refined forms of those that are full.

    The keys are claimed by this transaction, and this is its next statement: it sees whatever was put under them.
    """
    found = Found()
    await _look(work, found, {key for search in searches for key in search.hashed})
    finer = {key for search in searches for key in search.searched(found)} - found.by_key.keys()
    finer -= {key for search in searches for key in search.hashed}
    if finer:
        await _look(work, found, finer)
    return found


async def sealed_features(work: Work, records: Iterable[int]) -> Mapping[int, bytes]:
    """Record id → its comparable forms, sealed with the record's key."""
    rows = await work.connection.fetch(_FEATURES, records=list(records))
    return {row["record_id"]: row["features"] for row in rows}


async def put(work: Work, entries: Sequence[Indexed], *, replaced: Sequence[int] = ()) -> None:
    """Let records be found; those in `replaced` stand under their new keys only."""
    if replaced:
        await work.connection.execute(_FORGET, records=list(replaced))
    if entries:
        await work.connection.execute(
            _PUT,
            legal_entity=work.legal_entity,
            key_version=work.vault.hash_version,
            keys=array_text(key for entry in entries for key in entry.keys),
            key_records=array_text(entry.record_id for entry in entries for _ in entry.keys),
            records=[entry.record_id for entry in entries],
            features=[entry.features for entry in entries],
        )


async def forget(work: Work, records: Sequence[int]) -> None:
    """Let records not be found any more: their sources no longer know them."""
    await work.connection.execute(_FORGET, records=list(records))
    await work.connection.execute(_FORGET_FEATURES, records=list(records))


async def _look(work: Work, found: Found, keys: Iterable[int]) -> None:
    rows = await work.connection.fetch(_FIND, keys=array_text(keys), full=FULL)
    for key, record_id in rows:
        found.add(key, record_id)
