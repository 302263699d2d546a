"""What a token claims, read strictly: two readers must never understand it in two ways."""

import base64
import binascii
import json
from typing import Any, Final

from ecif.errors import InvalidToken
from ecif.security.actors import DEFAULT_LEGAL_ENTITY, Actor, scopes_of

MAX_SKEW_SECONDS: Final = 10
"""Source: FAPI 2.0 Security Profile, section 5.3.2.1."""

_LATEST_MOMENT: Final = 253_402_300_800  # the year 10000: no date of ours lies beyond


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, not yet to be believed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidToken("The token is not well formed.")
    return _strict_json(parts[0]), _strict_json(parts[1])


def _strict_json(part: str) -> dict[str, Any]:
    """Decode one part; a name that stands twice is refused: readers differ on which counts."""
    try:
        text = base64.b64decode(
            part + "=" * (-len(part) % 4), altchars=b"-_", validate=True
        ).decode()
        value = json.loads(
            text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant
        )
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidToken("The token is not well formed.") from None
    if not isinstance(value, dict):
        raise InvalidToken("The token is not well formed.")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise ValueError("a name stands twice")
    return plain


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def lifetime_of(claims: dict[str, Any], now: float) -> tuple[float, float]:
    """From when until when, in unix seconds with the skew we bear, this token is valid.

    Raises:
        InvalidToken: Not at `now`.
    """
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    begins_at = _moment(claims, "nbf") if "nbf" in claims else issued_at
    not_before = max(issued_at, begins_at) - MAX_SKEW_SECONDS
    if now >= expires_at + MAX_SKEW_SECONDS:
        raise InvalidToken("The token has expired.")
    if now < not_before:
        raise InvalidToken("The token is not valid yet.")
    return not_before, expires_at + MAX_SKEW_SECONDS


def _moment(claims: dict[str, Any], name: str) -> float:
    value: object = claims.get(name)
    if value is True or value is False or not isinstance(value, (int, float)):
        raise InvalidToken(f"The token's {name} is missing or is no number.")
    if 0 <= value < _LATEST_MOMENT:
        return float(value)
    raise InvalidToken(f"The token's {name} is no moment.")


def words_of(value: object, *, separator: str | None = None) -> list[str]:
    """The words of a claim that may be one text or a list; anything else has none."""
    if isinstance(value, str):
        return value.split(separator) if separator else [value]
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def actor_of(claims: dict[str, Any]) -> Actor:
    """Who acts, for which legal entity (`main` when unsaid), with which scopes."""
    subject, legal_entity = claims.get("sub"), claims.get("legal_entity", DEFAULT_LEGAL_ENTITY)
    if not isinstance(subject, str) or not isinstance(legal_entity, str):
        raise InvalidToken("The token does not say who acts, and for which legal entity.")
    try:
        return Actor(subject, scopes_of(words_of(claims.get("scope"), separator=" ")), legal_entity)
    except ValueError:
        raise InvalidToken("The token's subject or legal entity is not accepted.") from None


def thumbprint_of(claims: dict[str, Any], *, is_needed: bool) -> str | None:
    """The certificate this token is bound to, or None. Source: RFC 8705 section 3.1."""
    if "cnf" not in claims:
        if is_needed:
            raise InvalidToken("The token is not bound to a certificate.")
        return None
    confirmation = claims["cnf"]
    thumbprint = confirmation.get("x5t#S256") if isinstance(confirmation, dict) else None
    if not isinstance(thumbprint, str):
        raise InvalidToken("The token is bound in a way that is not understood here.")
    return thumbprint
