"""Bearer tokens: checked once, remembered until they end; and the installation's own issuer."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ecif.errors import InvalidToken, UnknownSigningKey
from ecif.security.actors import DEFAULT_LEGAL_ENTITY, Actor, Scope
from ecif.security.claims import actor_of, lifetime_of, parts_of, thumbprint_of, words_of
from ecif.security.trust import TrustedIssuer, VerificationKey

MAX_TOKEN_CHARACTERS: Final = 8_192
ALGORITHMS: Final = frozenset({"EdDSA", "ES256", "RS256", "PS256"})
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class _Remembered:
    actor: Actor
    not_before: float
    good_until: float
    thumbprint: str | None


class TokenVerifier:
    """Turns bearer tokens into actors; a token seen before costs one digest."""

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        *,
        clock: Callable[[], float],
        remembers: int = 10_000,
    ) -> None:
        """Trust these issuers.

        Args:
            issuers: Whom to believe; a later one with the same name replaces the earlier.
            clock: Unix time in seconds.
            remembers: How many verified tokens are kept so that they need not be verified again.
        """
        self._issuers = {trusted.issuer: trusted for trusted in issuers}
        self._clock = clock
        self._remembers = remembers
        self._seen: dict[bytes, _Remembered] = {}

    def trust(self, issuer: TrustedIssuer) -> None:
        """Believe this issuer's present keys from now on; tokens of its former keys end at once."""
        self._issuers[issuer.issuer] = issuer
        self._seen.clear()

    def verify(self, token: str, *, certificate_thumbprint: str | None = None) -> Actor:
        """Say who bears this token.

        Args:
            token: As it stood behind `Bearer`.
            certificate_thumbprint: SHA-256 of the caller's TLS certificate, base64url without
                padding; a token that is bound to a certificate is valid with that one only.

        Raises:
            InvalidToken: Forged, expired, not yet valid, or meant for somebody else.
            UnknownSigningKey: The issuer may have a new key; fetch its key set if that is allowed,
                and try again.

        Source: RFC 7519 section 4.1; RFC 8725 section 3; RFC 8705 section 3.1.
        """
        now = self._clock()
        digest = _digest(token)
        known = self._seen.get(digest)
        if known is None or not known.not_before <= now < known.good_until:
            known = self._remember(digest, self._checked(token, now))
        if known.thumbprint != certificate_thumbprint and known.thumbprint is not None:
            raise InvalidToken("The token is bound to another certificate.")
        return known.actor

    def _remember(self, digest: bytes, verified: _Remembered) -> _Remembered:
        self._seen.pop(digest, None)
        while len(self._seen) >= self._remembers:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = verified
        return verified

    def _checked(self, token: str, now: float) -> _Remembered:
        header, claims = parts_of(token)
        trusted = self._issuer_of(claims, now)
        key = _key_for(trusted, header)
        _check_signature(token, key, header["alg"])
        not_before, good_until = lifetime_of(claims, now)
        if trusted.audience not in words_of(claims.get("aud")):
            raise InvalidToken("The token is meant for another audience.")
        if trusted.good_until is not None:
            good_until = min(good_until, trusted.good_until)
        return _Remembered(
            actor_of(claims),
            not_before,
            good_until,
            thumbprint_of(claims, is_needed=trusted.needs_certificate),
        )

    def _issuer_of(self, claims: dict[str, Any], now: float) -> TrustedIssuer:
        name = claims.get("iss")
        trusted = self._issuers.get(name) if isinstance(name, str) else None
        if trusted is None:
            raise InvalidToken("The token comes from an issuer that is not trusted here.")
        if trusted.good_until is not None and now >= trusted.good_until:
            raise UnknownSigningKey("The keys of the token's issuer are too old to be believed.")
        return trusted


class TokenIssuer:
    """The installation's own issuer: signs tokens with its Ed25519 key."""

    def __init__(self, signing_key: Ed25519PrivateKey, *, issuer: str, audience: str) -> None:
        """Sign as `issuer` for `audience`."""
        self._signing_key = signing_key
        self._issuer = issuer
        self._audience = audience
        public = signing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._kid = base64.urlsafe_b64encode(sha256(public).digest()[:12]).decode()

    @property
    def trusted(self) -> TrustedIssuer:
        """What a verifier needs to believe this issuer."""
        key = VerificationKey(self._signing_key.public_key(), ("EdDSA",))
        return TrustedIssuer(self._issuer, self._audience, {self._kid: key})

    def issue(
        self,
        subject: str,
        scopes: Iterable[Scope],
        *,
        lifetime: timedelta,
        now: datetime,
        legal_entity: str = DEFAULT_LEGAL_ENTITY,
    ) -> str:
        """Sign a token.

        Raises:
            ValueError: The subject or the legal entity could not act here (`Actor`).
        """
        actor = Actor(subject, frozenset(scopes), legal_entity)
        issued_at = int(now.timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": actor.subject,
            "legal_entity": actor.legal_entity,
            "scope": " ".join(sorted(actor.scopes)),
            "iat": issued_at,
            "exp": issued_at + int(lifetime.total_seconds()),
        }
        return jwt.encode(claims, self._signing_key, algorithm="EdDSA", headers={"kid": self._kid})


def _digest(token: str) -> bytes:
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise InvalidToken("The token is not well formed.")
    return sha256(token.encode()).digest()


def _key_for(trusted: TrustedIssuer, header: dict[str, Any]) -> VerificationKey:
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken("The token's signature algorithm is not accepted.")
    if (
        not isinstance(kind, str)
        or kind.lower() not in _TYPES
        or "crit" in header
        or "b64" in header
    ):
        raise InvalidToken("The token is of a kind that is not accepted.")
    if not isinstance(kid, str):
        raise InvalidToken("The token does not name its key.")
    key = trusted.keys.get(kid)
    if key is None:
        raise UnknownSigningKey
    if algorithm not in key.algorithms:
        raise InvalidToken("The token's signature algorithm does not belong to its key.")
    return key


def _check_signature(token: str, key: VerificationKey, algorithm: str) -> None:
    try:
        jwt.PyJWS(algorithms=[algorithm]).decode_complete(
            token, key.public_key, algorithms=[algorithm]
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InvalidToken("The token's signature is not valid.") from None
