"""Key sets of issuers: which keys are believed, and when they are fetched."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from jwt.algorithms import RSAAlgorithm

from ecif.errors import UnknownSigningKey
from ecif.security import (
    KeySetRefresh,
    TokenIssuer,
    TrustedIssuer,
    keys_of,
)
from tests.security.tokens import (
    AUDIENCE,
    CLAIMS,
    ISSUER,
    KEY_SET,
    NOW,
    RSA,
    STRANGER,
    part,
    raw_signed,
    signed,
)
from tests.security.verifying import READER, TRUSTED, Clock, verifier


def test_tokens_of_a_withdrawn_key_end_at_once() -> None:
    known = verifier()
    token = signed()
    known.verify(token)

    known.trust(TrustedIssuer(ISSUER, AUDIENCE, keys_of({"keys": KEY_SET["keys"][1:]})))

    with pytest.raises(UnknownSigningKey):
        known.verify(token)


def test_a_new_key_is_believed_after_the_set_was_fetched_again() -> None:
    known = verifier(TrustedIssuer(ISSUER, AUDIENCE, {}))
    with pytest.raises(UnknownSigningKey):
        known.verify(signed())

    known.trust(TRUSTED)

    assert known.verify(signed()) == READER


def test_old_keys_serve_until_their_hour_is_over_and_then_fail_closed() -> None:
    clock = Clock()
    known = verifier(
        TrustedIssuer(ISSUER, AUDIENCE, keys_of(KEY_SET), good_until=NOW + 300), clock=clock
    )
    token = signed()

    clock.now = NOW + 299
    assert known.verify(token) == READER
    clock.now = NOW + 300
    with pytest.raises(UnknownSigningKey, match="too old"):
        known.verify(token)


def test_the_key_of_one_issuer_does_not_sign_for_another() -> None:
    mine = TokenIssuer(STRANGER, issuer="urn:ecif:test", audience=AUDIENCE)
    kid = next(iter(mine.trusted.keys))
    forged = raw_signed(json.dumps({"alg": "EdDSA", "kid": kid}), json.dumps(CLAIMS), STRANGER)

    with pytest.raises(UnknownSigningKey):
        verifier(TRUSTED, mine.trusted).verify(forged)


def _rsa_entry(**changed: Any) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "k", **changed}


@pytest.mark.parametrize(
    "entry",
    [
        _rsa_entry(use="enc"),
        _rsa_entry(kid=None),
        _rsa_entry(kid=7),
        _rsa_entry(alg="HS256"),
        _rsa_entry(alg="RS512"),
        _rsa_entry(key_ops=["encrypt"]),
        _rsa_entry(key_ops="verify"),
        _rsa_entry(n="!"),
        _rsa_entry(n=7),
        {**RSAAlgorithm.to_jwk(new_rsa_key(65_537, 1_024).public_key(), as_dict=True), "kid": "k"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "k"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "k"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "k"},
        {"kty": "OKP", "crv": "X25519", "x": part(bytes(32)), "kid": "k"},
        {"kid": "k"},
        "key",
        None,
    ],
)
def test_keys_we_cannot_believe_are_passed_over(entry: Any) -> None:
    assert keys_of({"keys": [entry]}) == {}


@pytest.mark.parametrize("key_set", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}])
def test_an_odd_key_set_has_no_keys(key_set: dict[str, Any]) -> None:
    assert keys_of(key_set) == {}


def test_an_id_borne_by_two_keys_is_believed_for_neither() -> None:
    twice = [{**entry, "kid": "same"} for entry in KEY_SET["keys"][:2]]

    assert keys_of({"keys": twice}) == {}


def test_a_private_key_in_a_key_set_is_read_as_its_public_half() -> None:
    private = {**RSAAlgorithm.to_jwk(RSA, as_dict=True), "kid": "k"}
    private.pop("key_ops", None)

    assert keys_of({"keys": [private]})["k"].public_key == RSA.public_key()


def test_unknown_keys_cause_one_fetch_a_minute_at_most() -> None:
    refresh = KeySetRefresh()
    fetches = 0

    for second in range(600):
        if refresh.may_fetch(NOW + second):
            refresh.attempted(NOW + second)
            fetches += 1

    assert fetches == 10


def test_a_key_set_is_due_when_it_is_old_or_was_never_fetched() -> None:
    refresh = KeySetRefresh()
    assert refresh.is_due(NOW)
    refresh.attempted(NOW)
    refresh.succeeded(NOW)

    assert not refresh.is_due(NOW + 299)
    assert refresh.is_due(NOW + 300)
    assert refresh.good_until == NOW + 3_600


def test_a_failing_issuer_is_asked_again_after_a_minute() -> None:
    refresh = KeySetRefresh()
    refresh.attempted(NOW)

    assert not refresh.is_due(NOW + 59)
    assert refresh.is_due(NOW + 60)
    assert refresh.good_until == 0


def test_a_clock_set_back_does_not_stop_the_fetching() -> None:
    refresh = KeySetRefresh()
    refresh.attempted(NOW)
    refresh.succeeded(NOW)

    assert refresh.may_fetch(NOW - 3_600)
