"""Whose tokens we believe: an issuer, its audience, its keys, and when to fetch them again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

MIN_RSA_BITS: Final = 2048
"""Source: NIST SP 800-131A revision 2, table 2 (digital signature verification)."""

MAX_KEYS_IN_A_SET: Final = 100
_PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key and the only signature algorithms it may verify."""

    public_key: PublicKey
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer whose tokens we believe when one of its keys signed them for our audience.

    `good_until` (unix seconds) is None for keys that do not age, such as the installation's own.
    """

    issuer: str
    audience: str
    keys: Mapping[str, VerificationKey]
    good_until: float | None = None
    needs_certificate: bool = False


def keys_of(key_set: Mapping[str, Any]) -> dict[str, VerificationKey]:
    """Read the signature keys of a JSON Web Key Set by their key id.

    Keys without an id, for encryption, of weak or unlisted kinds, and broken ones are passed over:
    an issuer may publish keys for others beside ours. An id that two good keys bear is
    believed for neither.

    Source: RFC 7517 sections 4 and 5; RFC 8037 section 2.
    """
    entries = key_set.get("keys")
    found: dict[str, VerificationKey] = {}
    repeated: set[str] = set()
    for entry in entries[:MAX_KEYS_IN_A_SET] if isinstance(entries, list) else ():
        kid = entry.get("kid") if isinstance(entry, dict) else None
        if not isinstance(kid, str) or not _is_for_signatures(entry):
            continue
        if kid in found:
            repeated.add(kid)
        if (key := _key_of(entry)) is not None:
            found[kid] = key
    return {kid: key for kid, key in found.items() if kid not in repeated}


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    )


def _key_of(entry: dict[str, Any]) -> VerificationKey | None:
    public = {name: value for name, value in entry.items() if name not in _PRIVATE_PARTS}
    try:
        key, algorithms = _parsed(public)
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError):
        return None
    if "alg" in entry:
        algorithms = tuple(name for name in algorithms if name == entry["alg"])
    return VerificationKey(key, algorithms) if algorithms else None


def _parsed(entry: dict[str, Any]) -> tuple[PublicKey, tuple[str, ...]]:
    match entry.get("kty"), entry.get("crv"):
        case "OKP", "Ed25519":
            key: Any = OKPAlgorithm.from_jwk(entry)
            algorithms: tuple[str, ...] = ("EdDSA",)
        case "EC", "P-256":
            key, algorithms = ECAlgorithm.from_jwk(entry), ("ES256",)
        case "RSA", _:
            key, algorithms = RSAAlgorithm.from_jwk(entry), ("RS256", "PS256")
        case _:
            raise ValueError("not a kind of key we verify with")
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise ValueError("the RSA key is too short")
    return key, algorithms


@dataclass(slots=True)
class KeySetRefresh:
    """Decides when a fetched key set is due again, and until when the old one serves.

    Moments are unix seconds. An attempt counts whether it succeeded or not, so unknown key ids
    cannot make us hammer the issuer; a clock that was set back does not block the next attempt.
    """

    at_least_seconds: float = 60
    routine_seconds: float = 300
    serves_seconds: float = 3_600
    _attempted_at: float | None = field(default=None, init=False)
    _succeeded_at: float | None = field(default=None, init=False)

    def is_due(self, now: float) -> bool:
        """Whether the routine fetch should happen now."""
        old = self._succeeded_at is None or abs(now - self._succeeded_at) >= self.routine_seconds
        return old and self.may_fetch(now)

    def may_fetch(self, now: float) -> bool:
        """Whether an unknown key id may trigger a fetch now."""
        return self._attempted_at is None or abs(now - self._attempted_at) >= self.at_least_seconds

    def attempted(self, now: float) -> None:
        """Note that a fetch begins."""
        self._attempted_at = now

    def succeeded(self, now: float) -> None:
        """Note that a fetch brought a key set."""
        self._succeeded_at = now

    @property
    def good_until(self) -> float:
        """Until when the last key set serves; 0 when none was ever fetched."""
        return 0.0 if self._succeeded_at is None else self._succeeded_at + self.serves_seconds
