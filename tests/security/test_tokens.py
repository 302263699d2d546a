import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ecif.errors import InvalidToken, Unauthenticated
from ecif.security import (
    Actor,
    Scope,
    TokenIssuer,
    TokenVerifier,
    TrustedIssuer,
    keys_of,
)
from tests.security.hostile_tokens import hostile_tokens
from tests.security.tokens import (
    AUDIENCE,
    CLAIMS,
    EC,
    ED,
    ISSUER,
    KEY_SET,
    NOW,
    RSA,
    signed,
    signed_by,
)
from tests.security.verifying import READER, TRUSTED, Clock, verifier

HOSTILE = list(hostile_tokens())
TIMES = 200


@pytest.mark.parametrize("token", [t for _, t in HOSTILE], ids=[name for name, _ in HOSTILE])
def test_a_hostile_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verifier().verify(token)

    assert "teller" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_reader_that_does_not_verify_would_be_fooled() -> None:
    fooled = 0
    for _, token in HOSTILE:
        with contextlib.suppress(jwt.PyJWTError, UnicodeEncodeError, OverflowError):
            jwt.decode(token, options={"verify_signature": False})
            fooled += 1

    assert fooled > 50


def test_an_honest_token_says_who_acts() -> None:
    assert verifier().verify(signed()) == READER


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [
        (ED, "EdDSA", "ed"),
        (EC, "ES256", "ec"),
        (RSA, "RS256", "rsa"),
        (RSA, "PS256", "rsa"),
        (RSA, "PS256", "rsa-pss"),
    ],
)
def test_each_listed_algorithm_is_accepted_from_its_own_kind_of_key(
    key: Any, algorithm: str, kid: str
) -> None:
    assert verifier().verify(signed_by(key, algorithm, kid)) == READER


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ["crm", "ecif"]},
        {"scope": ["customers:read", "openid", 7]},
        {"exp": NOW - 9},
        {"iat": NOW + 10},
        {"nbf": NOW + 10},
        {"jti": "1"},
        {"legal_entity": "main"},
    ],
)
def test_other_honest_forms_are_accepted(changed: dict[str, Any]) -> None:
    assert verifier().verify(signed(**changed)) == READER


def test_a_token_names_its_legal_entity() -> None:
    assert verifier().verify(signed(legal_entity="hk")).legal_entity == "hk"


@pytest.mark.parametrize("scope", [..., None, "", 7, {"admin": True}, "ADMIN", "admin,"])
def test_a_token_without_known_scopes_may_nothing(scope: Any) -> None:
    assert verifier().verify(signed(scope=scope)).scopes == frozenset()


@given(token=st.text(max_size=300))
def test_no_text_is_a_token_by_chance(token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier().verify(token)


@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_."))
def test_one_changed_character_breaks_a_token(place: int, letter: str) -> None:
    honest = signed()
    place %= len(honest) - 1  # the last character carries bits that mean nothing
    if honest[place] == letter:
        return

    with pytest.raises(InvalidToken):
        verifier().verify(honest[:place] + letter + honest[place + 1 :])


def test_a_remembered_token_ends_when_it_expires() -> None:
    clock = Clock()
    known = verifier(clock=clock)
    token = signed()
    known.verify(token)

    clock.now = CLAIMS["exp"] + 9.9
    assert known.verify(token) == READER
    clock.now = CLAIMS["exp"] + 10.0
    with pytest.raises(InvalidToken, match="expired"):
        known.verify(token)


def test_a_remembered_token_is_not_valid_before_its_time() -> None:
    clock = Clock()
    known = verifier(clock=clock)
    token = signed(nbf=NOW)
    known.verify(token)

    clock.now = NOW - 11
    with pytest.raises(InvalidToken, match="not valid yet"):
        known.verify(token)


def test_the_memory_for_tokens_is_bounded() -> None:
    known = TokenVerifier([TRUSTED], clock=Clock(), remembers=3)

    for number in range(10):
        known.verify(signed(jti=str(number)))

    assert len(known._seen) == 3


def test_refused_tokens_are_not_remembered() -> None:
    known = verifier()

    for _, token in HOSTILE[:40]:
        with pytest.raises(Unauthenticated):
            known.verify(token)

    assert known._seen == {}


def test_a_remembered_token_costs_a_fraction_of_a_new_one() -> None:
    known, token = verifier(), signed()
    strangers = iter([verifier() for _ in range(TIMES)])
    known.verify(token)

    new_seconds = _least_seconds(lambda: next(strangers).verify(token))
    remembered_seconds = _least_seconds(lambda: known.verify(token))

    assert remembered_seconds < new_seconds / 5


def _least_seconds(verify: Callable[[], object]) -> float:
    """The quickest of many: what the machine does beside is in the others."""
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        verify()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def test_a_bound_token_is_valid_with_its_certificate_only() -> None:
    known = verifier()
    token = signed(cnf={"x5t#S256": "abc"})

    assert known.verify(token, certificate_thumbprint="abc") == READER
    for thumbprint in (None, "abd", ""):
        with pytest.raises(InvalidToken, match="certificate"):
            known.verify(token, certificate_thumbprint=thumbprint)


def test_an_issuer_of_bound_tokens_is_not_believed_without_the_bond() -> None:
    strict = TrustedIssuer(ISSUER, AUDIENCE, keys_of(KEY_SET), needs_certificate=True)

    with pytest.raises(InvalidToken, match="not bound"):
        verifier(strict).verify(signed(), certificate_thumbprint="abc")


def test_the_installation_believes_its_own_tokens() -> None:
    issuer = TokenIssuer(Ed25519PrivateKey.generate(), issuer="urn:ecif:test", audience="ecif")
    token = issuer.issue(
        "operator",
        [Scope.ADMIN, Scope.CUSTOMERS_READ],
        lifetime=timedelta(hours=1),
        now=datetime.fromtimestamp(NOW, UTC),
        legal_entity="hk",
    )
    clock = Clock()
    known = verifier(TRUSTED, issuer.trusted, clock=clock)

    actor = known.verify(token)

    assert actor == Actor("operator", frozenset({Scope.ADMIN, Scope.CUSTOMERS_READ}), "hk")
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    clock.now = NOW + 3_610
    with pytest.raises(InvalidToken):
        known.verify(token)


def test_the_installation_gives_no_token_in_a_machine_name() -> None:
    issuer = TokenIssuer(ED, issuer="urn:ecif:test", audience="ecif")

    with pytest.raises(ValueError, match="reserved"):
        issuer.issue("rules:1", [], lifetime=timedelta(1), now=datetime.fromtimestamp(NOW, UTC))
