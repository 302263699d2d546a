"""The secrets of a subscription, sealed at rest: signing keys, two generations while they are rotated; credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from ecif.delivery.signing import Scheme, SigningKey, fresh_key
from ecif.security import Vault

DUAL_SIGNING: Final = timedelta(hours=24)
"""How long a key goes on signing beside its successor. Source: issue of the deliveries."""

_COLUMN: Final = "subscription.secrets"


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A signing key and until when it signs; None: until it is rotated."""

    key: SigningKey
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything secret about a subscription: what its webhooks are signed with, or what its broker asks for."""

    keys: Sequence[KeptKey]
    credentials: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shown once, when keys are made: the shared secret of `v1`, the public key of `v1a`."""

    secret: str | None
    public_key: str | None


def fresh_keys(schemes: Sequence[Scheme]) -> list[KeptKey]:
    """One new key of each scheme."""
    return [KeptKey(fresh_key(scheme)) for scheme in schemes]


def rotated(keys: Sequence[KeptKey], now: datetime) -> list[KeptKey]:
    """New keys beside the present ones, which sign for a day more; those before them are forgotten."""
    present = [each for each in keys if each.until is None]
    ending = [KeptKey(each.key, now + DUAL_SIGNING) for each in present]
    return [*(KeptKey(fresh_key(each.key.scheme)) for each in present), *ending]


def shown_once(keys: Sequence[KeptKey]) -> Secrets:
    """What may be shown of new keys, and only now."""
    fresh = {each.key.scheme: each.key for each in reversed(keys) if each.until is None}
    return Secrets(
        secret=fresh["v1"].text if "v1" in fresh else None,
        public_key=fresh["v1a"].public_text if "v1a" in fresh else None,
    )


def signing_at(keys: Sequence[KeptKey], now: datetime) -> list[SigningKey]:
    """The keys that sign at a moment, the newest first."""
    return [each.key for each in keys if each.until is None or each.until > now]


def seal_secrets(vault: Vault, legal_entity: str, subscription_id: UUID, kept: Kept) -> bytes:
    """Secrets as their column holds them."""
    keys = [
        {
            "scheme": each.key.scheme,
            "text": each.key.text,
            "until": None if each.until is None else each.until.isoformat(),
        }
        for each in kept.keys
    ]
    plain = orjson.dumps({"keys": keys, "credentials": dict(kept.credentials)})
    return vault.seal_shared(legal_entity, _COLUMN, str(subscription_id), plain)


def open_secrets(vault: Vault, legal_entity: str, subscription_id: UUID, sealed: bytes) -> Kept:
    """Secrets out of their column.

    Raises:
        SealBroken: They were altered, or sealed for another subscription.
        KeyDestroyed: The master key is gone.
    """
    plain = orjson.loads(vault.open_shared(legal_entity, _COLUMN, str(subscription_id), sealed))
    keys = [
        KeptKey(
            SigningKey(each["scheme"], each["text"]),
            None if each["until"] is None else datetime.fromisoformat(each["until"]),
        )
        for each in plain["keys"]
    ]
    return Kept(keys, plain["credentials"])
