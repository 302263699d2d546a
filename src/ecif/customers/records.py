"""Facts: what a source system said, and whether a new message is newer than what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import orjson

from ecif.events import RecordRef
from ecif.identity import Identity, bare_identity, is_weak
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

    @property
    def is_ordered(self) -> bool:
        """Whether its source says where it stands among its messages."""
        return self.source_version is not None or self.changed_at is not None


class Arrival(StrEnum):
    """What a message means for the record that is stored under its key."""

    NEW = "new"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    STALE = "stale"


class Said(Protocol):
    """What one message or stored record says; `payload` is its plain form, which is sealed in the table."""

    @property
    def source_key(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def payload(self) -> bytes: ...


class _Stored:
    """What a stored record says, opened when somebody asks: most neighbours are only compared by their features."""

    def __init__(self, opener: Opener, sealed: bytes) -> None:
        self._opener, self._sealed = opener, sealed

    @cached_property
    def payload(self) -> bytes:
        return self._opener.open("source_record.payload", self._sealed)

    @cached_property
    def _plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = orjson.loads(self.payload)
        return plain

    @cached_property
    def source_key(self) -> str:
        return str(self._plain["source_key"])

    @cached_property
    def identity(self) -> Identity:
        return bare_identity(self._plain["said"])


@dataclass(slots=True, kw_only=True, eq=False)
class SourceRecord:
    """A source record as it stands now.

    What it `said` is opened at its first use, which raises SealBroken when the payload was altered or belongs
    elsewhere.
    """

    id: int
    source_system: str
    stored_key: str
    customer_id: int
    is_live: bool
    version: int
    source_version: int | None
    changed_at: datetime | None
    confirmed_version: int | None = None
    confirmed_at: datetime | None = None
    received_at: datetime
    first_seen_at: datetime
    digest: bytes
    opener: Opener
    wrapped_key: bytes
    said: Said

    @property
    def source_key(self) -> str:
        """What the source calls it, in clear."""
        return self.said.source_key

    @property
    def identity(self) -> Identity:
        """What it says about someone."""
        return self.said.identity

    @property
    def payload(self) -> bytes:
        """What is sealed of it."""
        return self.said.payload

    @property
    def is_weak(self) -> bool:
        """Whether it says no more than a name."""
        return is_weak(self.identity)

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
        SealBroken: Its key was altered or belongs elsewhere.
    """
    opener = vault.opener(row["legal_entity"], f"record:{row['id']}", row["wrapped_key"])
    return SourceRecord(
        id=row["id"],
        source_system=row["source_system"],
        stored_key=row["source_key"],
        customer_id=row["customer_id"],
        is_live=row["live"] is True,
        version=row["version"],
        source_version=row["source_version"],
        changed_at=row["changed_at"],
        confirmed_version=row["confirmed_version"],
        confirmed_at=row["confirmed_at"],
        received_at=row["received_at"],
        first_seen_at=row["first_seen_at"],
        digest=row["digest"],
        opener=opener,
        wrapped_key=row["wrapped_key"],
        said=_Stored(opener, row["payload"]),
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
    return Arrival.UPDATE if is_newer(stored, new) else Arrival.STALE


def is_newer(stored: SourceRecord, new: NewRecord) -> bool:
    """Whether a message was sent after everything that its source has said about this record so far.

    A source may confirm what it said under a newer version: what it said before that comes too late.
    """
    version = stored.confirmed_version or stored.source_version
    if version is not None:
        return new.source_version is not None and new.source_version > version
    moment = stored.confirmed_at or stored.changed_at
    if moment is not None:
        by_version = new.source_version is not None and new.changed_at is None
        return by_version or (new.changed_at is not None and new.changed_at > moment)
    return True
