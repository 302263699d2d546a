"""A verifier that trusts one issuer, and its clock."""

from ecif.security import (
    Actor,
    Scope,
    TokenVerifier,
    TrustedIssuer,
    keys_of,
)
from tests.security.tokens import (
    AUDIENCE,
    ISSUER,
    KEY_SET,
    NOW,
)

TRUSTED = TrustedIssuer(ISSUER, AUDIENCE, keys_of(KEY_SET))


READER = Actor("teller-7", frozenset({Scope.CUSTOMERS_READ}))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def verifier(*issuers: TrustedIssuer, clock: Clock | None = None) -> TokenVerifier:
    return TokenVerifier(issuers or [TRUSTED], clock=clock or Clock())
