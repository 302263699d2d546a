"""Sealed values, one data key per owner under a master key; keyed hashes for exact search.

Chance comes from the operating system here and nowhere else in the pure rooms: a nonce or a key
that a caller could choose, repeat or seed would undo the whole room, so it is not an argument.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ecif.security.keys import KEY_BYTES, MasterKeys, SealBroken
from ecif.security.suites import AES, NONCE_BYTES, TAG_BYTES, Cipher, Suite

_VERSION_BYTES: Final = 2
_DATA_KEY: Final = "data key"
_FIRST_64_BITS: Final = Struct(">q").unpack_from


def _part(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def _bound(*parts: str) -> bytes:
    """Parts with their lengths before them: no two different lists look the same."""
    return b"".join(map(_part, parts))


_column = lru_cache(maxsize=1_024)(_part)


@lru_cache(maxsize=1_024)
def _value_of(legal_entity: str) -> bytes:
    """What the values of all owners of a legal entity are bound to."""
    return _bound("ecif value", legal_entity)


class Opener:
    """Seals and opens the values of one owner with its data key."""

    __slots__ = ("_bound_to", "_cipher", "_mark", "_owner")

    def __init__(self, data_key: bytes, suite: Suite, legal_entity: str, owner: str) -> None:
        """Bind a data key to its owner; everything sealed here opens for this owner only."""
        self._cipher = suite.cipher(data_key)
        self._mark = suite.mark
        self._owner = owner
        self._bound_to = _value_of(legal_entity) + _part(owner)

    def seal(self, column: str, value: bytes) -> bytes:
        """Seal a value for one column: mark, nonce, ciphertext, tag; 29 bytes are added."""
        nonce = os.urandom(NONCE_BYTES)
        place = self._bound_to + _column(column)
        return self._mark + nonce + self._cipher.encrypt(nonce, value, place)

    def open(self, column: str, sealed: bytes) -> bytes:
        """Open a value of one column.

        Raises:
            SealBroken: Altered, or sealed for another owner, column or legal entity.
        """
        try:
            if sealed[:1] == self._mark:
                return self._cipher.decrypt(
                    sealed[1:13], sealed[13:], self._bound_to + _column(column)
                )
        except (InvalidTag, ValueError):
            pass
        raise SealBroken(f"the value in {column} of {self._owner} cannot be opened")


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A new data key: wrapped for the table, and ready for use."""

    wrapped: bytes
    opener: Opener


@dataclass(frozen=True, slots=True)
class _SharedKey:
    """A key without an owner: one per master key version, legal entity and purpose."""

    cipher: Cipher
    head: bytes
    bound_to: bytes


class Vault:
    """Everything that seals, opens and hashes under one set of master keys."""

    def __init__(self, keys: MasterKeys, *, suite: Suite = AES) -> None:
        """Use these keys; derived keys are kept for the life of the vault."""
        self._keys = keys
        self._suite = suite
        self._shared_keys: dict[tuple[int, str, str], _SharedKey] = {}
        self._macs: dict[tuple[int, str, str], HMAC] = {}

    @property
    def hash_version(self) -> int:
        """The key version of `keyed_hash`; stored beside each match key."""
        return self._keys.hashing.current

    @property
    def sealing_version(self) -> int:
        """The master key version that wraps new data keys."""
        return self._keys.sealing.current

    def new_key(self, legal_entity: str, owner: str) -> SealedKey:
        """Give an owner, such as `customer:123` or `record:456`, a data key of its own."""
        data_key = os.urandom(KEY_BYTES)
        wrapped = self._wrap(data_key, legal_entity, owner)
        return SealedKey(wrapped, Opener(data_key, self._suite, legal_entity, owner))

    def opener(self, legal_entity: str, owner: str, wrapped: bytes) -> Opener:
        """Unwrap an owner's data key.

        Raises:
            SealBroken: The wrapped key was altered, or belongs to another owner or legal entity.
            KeyDestroyed: Its master key version is gone.
        """
        return Opener(self._unwrap(wrapped, legal_entity, owner), self._suite, legal_entity, owner)

    def rewrap(self, legal_entity: str, owner: str, wrapped: bytes) -> bytes:
        """The same data key under the current master key; values need no new seal."""
        return self._wrap(self._unwrap(wrapped, legal_entity, owner), legal_entity, owner)

    def seal_shared(self, legal_entity: str, purpose: str, place: str, value: bytes) -> bytes:
        """Seal a value that has no owner key: a reject, a stored answer.

        Args:
            legal_entity: To whom it belongs.
            purpose: Its column, such as `idempotency_key.answer`; few, since each has its own key.
            place: Names its row.
            value: In clear.
        """
        key = self._shared_key(self._keys.sealing.current, legal_entity, purpose)
        nonce = os.urandom(NONCE_BYTES)
        return key.head + nonce + key.cipher.encrypt(nonce, value, key.bound_to + _part(place))

    def open_shared(self, legal_entity: str, purpose: str, place: str, sealed: bytes) -> bytes:
        """Open what `seal_shared` sealed.

        Raises:
            SealBroken: Altered, or sealed for another purpose, place or legal entity.
            KeyDestroyed: Its master key version is gone.
        """
        head, nonce, body = sealed[:3], sealed[3:15], sealed[15:]
        if head[:1] == self._suite.mark and len(body) >= TAG_BYTES:
            key = self._shared_key(int.from_bytes(head[1:], "big"), legal_entity, purpose)
            try:
                return key.cipher.decrypt(nonce, body, key.bound_to + _part(place))
            except InvalidTag:
                pass
        raise SealBroken(f"the {purpose} of {place} cannot be opened")

    def keyed_hash(
        self, legal_entity: str, purpose: str, text: str, *, version: int | None = None
    ) -> bytes:
        """16 bytes, equal for equal texts of one legal entity and purpose, silent without the key.

        Args:
            legal_entity: Hashes of two legal entities never meet.
            purpose: Such as a column; hashes of two purposes never meet. Few: each has its own key.
            text: In its normal form.
            version: A former key version, while old and new hashes stand side by side.

        Raises:
            KeyDestroyed: That key version is gone.
        """
        return self._mac(legal_entity, purpose, text.encode(), version)[:16]

    def keyed_hash64(
        self,
        legal_entity: str,
        text: str,
        *,
        purpose: str = "match key",
        version: int | None = None,
    ) -> int:
        """64 bits of a keyed hash, as the signed integer that a `bigint` holds."""
        digest = self._mac(legal_entity, purpose, text.encode(), version)
        number: int = _FIRST_64_BITS(digest)[0]
        return number

    def keyed_hashes64(self, legal_entity: str, texts: Iterable[str]) -> list[int]:
        """The match keys of several texts, each as `keyed_hash64` gives it."""
        keyed = self._keyed(legal_entity, "match key", self._keys.hashing.current)
        hashed = []
        for text in texts:
            mac = keyed.copy()
            mac.update(text.encode())
            hashed.append(_FIRST_64_BITS(mac.finalize())[0])
        return hashed

    def fingerprint(self, legal_entity: str, body: bytes) -> bytes:
        """32 bytes that tell whether a repeated request is the same request."""
        return self._mac(legal_entity, "request fingerprint", body, None)

    def _mac(self, legal_entity: str, purpose: str, message: bytes, version: int | None) -> bytes:
        version = self._keys.hashing.current if version is None else version
        mac = self._keyed(legal_entity, purpose, version).copy()
        mac.update(message)
        return mac.finalize()

    def _keyed(self, legal_entity: str, purpose: str, version: int) -> HMAC:
        """A code that has read its key and nothing else; whoever hashes takes a copy."""
        name = (version, legal_entity, purpose)
        keyed = self._macs.get(name)
        if keyed is None:
            key = self._derived(self._keys.hashing.key(version), "ecif hash", legal_entity, purpose)
            keyed = self._macs[name] = HMAC(key, self._suite.hash())
        return keyed

    def _wrap(self, data_key: bytes, legal_entity: str, owner: str) -> bytes:
        return self.seal_shared(legal_entity, _DATA_KEY, owner, data_key)

    def _unwrap(self, wrapped: bytes, legal_entity: str, owner: str) -> bytes:
        return self.open_shared(legal_entity, _DATA_KEY, owner, wrapped)

    def _shared_key(self, version: int, legal_entity: str, purpose: str) -> _SharedKey:
        name = (version, legal_entity, purpose)
        known = self._shared_keys.get(name)
        if known is None:
            key = self._derived(self._keys.sealing.key(version), "ecif seal", legal_entity, purpose)
            head = self._suite.mark + version.to_bytes(_VERSION_BYTES, "big")
            bound_to = head + _bound(legal_entity, purpose)
            known = self._shared_keys[name] = _SharedKey(self._suite.cipher(key), head, bound_to)
        return known

    def _derived(self, key: bytes, *context: str) -> bytes:
        """One key per use. Source: RFC 5869."""
        return HKDF(self._suite.hash(), KEY_BYTES, salt=None, info=_bound(*context)).derive(key)
