"""The installation's secrets: what seals, what hashes, what signs; as text and back."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

KEY_BYTES: Final = 32
_FORMAT: Final = 1
_UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    UnsupportedAlgorithm,
)


class SealBroken(Exception):
    """A sealed value was altered or does not belong where it was found: says where, not what."""


class KeyDestroyed(SealBroken):
    """The key version that sealed this value is not at hand any more."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Versions of one secret key; the current one seals and hashes, the others still open."""

    current: int
    versions: Mapping[int, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a ring without its current key, or with a key of another length than 32 bytes."""
        if self.current not in self.versions:
            raise ValueError("the current key version is missing")
        if any(
            len(key) != KEY_BYTES or not 0 < version < 65_536
            for version, key in self.versions.items()
        ):
            raise ValueError("every key needs 32 bytes and a version from 1 to 65535")

    @classmethod
    def fresh(cls) -> "KeyRing":
        """A ring with one new random key, version 1."""
        return cls(1, {1: os.urandom(KEY_BYTES)})

    def with_next(self) -> "KeyRing":
        """The same ring with a new current key; the former ones stay until nothing needs them."""
        following = max(self.versions) + 1
        return KeyRing(following, {**self.versions, following: os.urandom(KEY_BYTES)})

    def key(self, version: int) -> bytes:
        """The key of this version.

        Raises:
            KeyDestroyed: It is not on the ring.
        """
        try:
            return self.versions[version]
        except KeyError:
            raise KeyDestroyed(f"key version {version} is not at hand") from None


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The installation's secrets: what wraps data keys, and what hashes values for exact search.

    They are two rings because they age differently: a new sealing key needs the wrapped keys
    wrapped again, a new hashing key needs every match key computed again.
    """

    sealing: KeyRing
    hashing: KeyRing

    @classmethod
    def fresh(cls) -> "MasterKeys":
        """New random keys, version 1 each."""
        return cls(KeyRing.fresh(), KeyRing.fresh())


@dataclass(frozen=True, slots=True)
class InstallationKeys:
    """Everything the key file of an installation holds."""

    master: MasterKeys
    signing: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def fresh(cls) -> "InstallationKeys":
        """New random keys for a new installation."""
        return cls(MasterKeys.fresh(), Ed25519PrivateKey.generate())

    @classmethod
    def of(cls, text: str) -> "InstallationKeys":
        """Read the text of a key file.

        Raises:
            ValueError: It is not a key file, or a key in it is damaged; the message shows no key.
        """
        try:
            plain = json.loads(text)
            if plain["format"] != _FORMAT:
                raise ValueError
            signing = load_pem_private_key(plain["signing_key"].encode(), password=None)
            master = MasterKeys(_ring_of(plain["sealing"]), _ring_of(plain["hashing"]))
        except _UNREADABLE:
            raise ValueError("this is not a key file of format 1, or it is damaged") from None
        if not isinstance(signing, Ed25519PrivateKey):
            raise ValueError("the signing key of the key file is no Ed25519 key")
        return cls(master, signing)

    @property
    def text(self) -> str:
        """What `of` reads back: secret, for a file that only its owner may read."""
        pem = self.signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        plain = {
            "format": _FORMAT,
            "sealing": _plain(self.master.sealing),
            "hashing": _plain(self.master.hashing),
            "signing_key": pem.decode(),
        }
        return json.dumps(plain, indent=2) + "\n"


def _plain(ring: KeyRing) -> dict[str, Any]:
    keys = {str(number): base64.b64encode(key).decode() for number, key in ring.versions.items()}
    return {"current": ring.current, "keys": keys}


def _ring_of(plain: Mapping[str, Any]) -> KeyRing:
    keys = {
        int(number): base64.b64decode(key, validate=True) for number, key in plain["keys"].items()
    }
    return KeyRing(int(plain["current"]), keys)
