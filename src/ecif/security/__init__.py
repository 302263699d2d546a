"""Who acts, and what may they see?

Owns scopes and actors, tokens, seals and keyed hashes, and masks. Pure: keys and clocks are passed
in.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecif.security.actors import DEFAULT_LEGAL_ENTITY, Actor, Scope, scopes_of
from ecif.security.keys import InstallationKeys, KeyDestroyed, KeyRing, MasterKeys, SealBroken
from ecif.security.mask_styles import is_mask_style
from ecif.security.masking import mask, mask_values
from ecif.security.sealing import Opener, SealedKey, Vault
from ecif.security.suites import AES, Suite

if TYPE_CHECKING:
    from ecif.security.tokens import TokenIssuer, TokenVerifier
    from ecif.security.trust import KeySetRefresh, TrustedIssuer, VerificationKey, keys_of

_WHEN_ASKED_FOR = {
    "tokens": "TokenIssuer TokenVerifier",
    "trust": "KeySetRefresh TrustedIssuer VerificationKey keys_of",
}
"""Module → names. Whoever reads files or works in the background sees no token."""

_MODULES = {name: module for module, names in _WHEN_ASKED_FOR.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """What reads and signs tokens, loaded at the first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


__all__ = [
    "AES",
    "DEFAULT_LEGAL_ENTITY",
    "Actor",
    "InstallationKeys",
    "KeyDestroyed",
    "KeyRing",
    "KeySetRefresh",
    "MasterKeys",
    "Opener",
    "Scope",
    "SealBroken",
    "SealedKey",
    "Suite",
    "TokenIssuer",
    "TokenVerifier",
    "TrustedIssuer",
    "Vault",
    "VerificationKey",
    "is_mask_style",
    "keys_of",
    "mask",
    "mask_values",
    "scopes_of",
]
