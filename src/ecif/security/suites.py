"""Families of algorithms that seal and hash, and the sizes of what they add."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm

NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D section 8.2.2: 96 random bits, at most 2^32 uses of one key."""

TAG_BYTES: Final = 16


class Cipher(Protocol):
    """Encrypts under one key, so that nothing altered is decrypted again."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """One family of algorithms; `mark` is the first byte of every value it sealed."""

    mark: bytes
    cipher: Callable[[bytes], Cipher]
    hash: Callable[[], HashAlgorithm]


AES: Final = Suite(mark=b"\x01", cipher=AESGCM, hash=SHA256)
"""AES-256-GCM and HMAC-SHA-256. Source: FIPS 197, NIST SP 800-38D, FIPS 198-1."""
