"""Who acts, and what may they see?

Owns scopes and actors, tokens, seals and keyed hashes, and masks. Pure: keys and clocks are passed
in.
"""

from ecif.security.actors import DEFAULT_LEGAL_ENTITY, Actor, Scope, scopes_of
from ecif.security.keys import InstallationKeys, KeyDestroyed, KeyRing, MasterKeys, SealBroken
from ecif.security.mask_styles import is_mask_style
from ecif.security.masking import mask, mask_values
from ecif.security.sealing import AES, Opener, SealedKey, Suite, Vault
from ecif.security.tokens import TokenIssuer, TokenVerifier
from ecif.security.trust import KeySetRefresh, TrustedIssuer, VerificationKey, keys_of

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
