"""Signatures that receivers verify with the published libraries of Standard Webhooks.

Source: Standard Webhooks 1.0.0: the signed content is `id.timestamp.body`; `v1` is HMAC-SHA256 with a secret of 24 to
64 bytes, written `whsec_…`; `v1a` is Ed25519, its keys written `whsk_…` (private: seed, then public key) and `whpk_…`.
"""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Scheme = Literal["v1", "v1a"]

_SECRET_BYTES: Final = 32
_SEED_BYTES: Final = 32
_SYMMETRIC: Final = "whsec_"
_PRIVATE: Final = "whsk_"
_PUBLIC: Final = "whpk_"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of a subscription; `text` is it as the standard writes it, and a secret."""

    scheme: Scheme
    text: str

    @property
    def public_text(self) -> str | None:
        """What a receiver of `v1a` verifies with; None for `v1`, whose secret both sides share."""
        if self.scheme == "v1":
            return None
        private = _ed25519(self.text)
        return _PUBLIC + b64encode(private.public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> str:
        """The signature with its version before it."""
        if self.scheme == "v1":
            signature = hmac.digest(_shared(self.text), content, sha256)
        else:
            signature = _ed25519(self.text).sign(content)
        return f"{self.scheme},{b64encode(signature).decode()}"


def fresh_key(scheme: Scheme) -> SigningKey:
    """A new key; its chance comes from the operating system."""
    if scheme == "v1":
        return SigningKey("v1", _SYMMETRIC + b64encode(os.urandom(_SECRET_BYTES)).decode())
    private = Ed25519PrivateKey.generate()
    both = private.private_bytes_raw() + private.public_key().public_bytes_raw()
    return SigningKey("v1a", _PRIVATE + b64encode(both).decode())


def signed_headers(
    keys: Iterable[SigningKey], event_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers of a webhook.

    Args:
        keys: All that are valid now; during a rotation old and new ones sign.
        event_id: The same on every redelivery, so receivers drop what they have had.
        timestamp: Of this attempt, in seconds since 1970.
        body: As it is sent, byte by byte.
    """
    content = f"{event_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(key.sign(content) for key in keys),
    }


@lru_cache(maxsize=1_024)
def _shared(text: str) -> bytes:
    return b64decode(text.removeprefix(_SYMMETRIC))


@lru_cache(maxsize=1_024)
def _ed25519(text: str) -> Ed25519PrivateKey:
    both = b64decode(text.removeprefix(_PRIVATE))
    return Ed25519PrivateKey.from_private_bytes(both[:_SEED_BYTES])
