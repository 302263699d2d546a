"""Facts: what a source system said, and whether a new message is newer than what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from ecif.events import RecordRef
from ecif.identity import Identity, identity_of, is_weak
from ecif.security import Opener, Vault

HASHED_KEY_MARK = "\x1f"
"""Starts the stored form of a personal source key; no key a source may send begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A message of a source system about someone.

    `source_version` or `changed_at` orders the messages of one key; without either it counts as received now.
    `payload` is its plain form: what is compared with an earlier message, and sealed.
    """

    source_system: str
    source_key: str
    identity: Identity
    source_version: int | None = None
    changed_at: datetime | None = None
    payload: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the plain form once, outside any transaction."""
        object.__setattr__(self, "payload", payload_of(self.source_key, self.identity))


class Arrival(StrEnum):
    """What a message means for the record that is stored under its key."""

    NEW = "new"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    STALE = "stale"


@dataclass(slots=True, kw_only=True, eq=False)
class SourceRecord:
    """A source record as it stands now, opened; `payload` is what is sealed of it."""

    id: int
    source_system: str
    stored_key: str
    source_key: str
    customer_id: int
    is_live: bool
    version: int
    source_version: int | None
    changed_at: datetime | None
    received_at: datetime
    first_seen_at: datetime
    digest: bytes
    opener: Opener
    wrapped_key: bytes
    identity: Identity
    payload: bytes
    is_weak: bool = field(init=False)

    def __post_init__(self) -> None:
        """Judge whether it says more than a name."""
        self.is_weak = is_weak(self.identity)

    @property
    def keys_are_personal(self) -> bool:
        """Whether the source's keys are identity numbers."""
        return self.stored_key.startswith(HASHED_KEY_MARK)

    @property
    def ref(self) -> RecordRef:
        """Names this record in events, without a personal key."""
        return RecordRef(
            record_id=self.id,
            source_system=self.source_system,
            source_key=None if self.keys_are_personal else self.source_key,
        )

    @property
    def said_at(self) -> datetime:
        """When the source said it, as far as it told us."""
        return self.changed_at or self.received_at


def stored_key_of(
    vault: Vault, legal_entity: str, system: str, key: str, *, is_personal: bool
) -> str:
    """How a source key stands in the table: as sent, or as a keyed hash where keys are personal."""
    if not is_personal:
        return key
    return (
        HASHED_KEY_MARK + vault.keyed_hash(legal_entity, "source key", f"{system}\x1f{key}").hex()
    )


def payload_of(source_key: str, identity: Identity) -> bytes:
    """The plain form of a record that is sealed: its key and what it says."""
    said = identity.model_dump(mode="json", exclude_defaults=True) | {"kind": identity.kind}
    return orjson.dumps({"source_key": source_key, "said": said}, option=orjson.OPT_SORT_KEYS)


def record_of(row: Mapping[str, Any], vault: Vault) -> SourceRecord:
    """Open a stored record.

    Raises:
        SealBroken: Its payload was altered or belongs elsewhere.
    """
    opener = vault.opener(row["legal_entity"], f"record:{row['id']}", row["wrapped_key"])
    payload = opener.open("source_record.payload", row["payload"])
    plain: dict[str, Any] = orjson.loads(payload)
    return SourceRecord(
        id=row["id"],
        source_system=row["source_system"],
        stored_key=row["source_key"],
        source_key=plain["source_key"],
        customer_id=row["customer_id"],
        is_live=row["live"] is True,
        version=row["version"],
        source_version=row["source_version"],
        changed_at=row["changed_at"],
        received_at=row["received_at"],
        first_seen_at=row["first_seen_at"],
        digest=row["digest"],
        opener=opener,
        wrapped_key=row["wrapped_key"],
        identity=identity_of(plain["said"]),
        payload=payload,
    )


def arrival_of(stored: SourceRecord | None, new: NewRecord, digest: bytes) -> Arrival:
    """Judge a message against what is stored under its key.

    An ordered message beats an older one and an unordered one; an unordered one never beats an ordered one.
    A repeated message changes nothing, also when it comes late.
    """
    if stored is None:
        return Arrival.NEW
    if stored.is_live and stored.digest == digest:
        return Arrival.UNCHANGED
    if stored.source_version is not None:
        is_newer = new.source_version is not None and new.source_version > stored.source_version
    elif stored.changed_at is not None:
        is_newer = new.changed_at is not None and new.changed_at > stored.changed_at
        is_newer = is_newer or (new.source_version is not None and new.changed_at is None)
    else:
        is_newer = True
    return Arrival.UPDATE if is_newer else Arrival.STALE
