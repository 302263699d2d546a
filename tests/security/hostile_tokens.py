"""Tokens that must be refused, each with the name of the trick it plays."""

import json
from collections.abc import Iterator
from typing import Any

from tests.security.tokens import (
    CLAIMS,
    EC,
    ED,
    ISSUER,
    NOW,
    RSA,
    STRANGER,
    hmac_signed,
    part,
    public_pem,
    raw_signed,
    signed,
    signed_by,
)

Tricks = Iterator[tuple[str, str]]

HEADER = '{"alg":"EdDSA","kid":"ed"}'
OK = json.dumps(CLAIMS)


def hostile_tokens() -> Tricks:
    yield from _malformed()
    yield from _badly_signed()
    yield from _with_other_algorithms()
    yield from _with_odd_keys()
    yield from _read_in_two_ways()
    yield from _with_odd_claims()
    yield from _at_the_wrong_time()
    yield from _for_somebody_else()


def _malformed() -> Tricks:
    honest = signed()
    header, claims, signature = honest.split(".")
    yield "empty", ""
    yield "dots", ".."
    yield "garbage", "not a token"
    yield "two parts", f"{header}.{claims}"
    yield "four parts", f"{honest}.x"
    yield "white space", f" {honest}"
    yield "line break", f"{honest}\n"
    yield "other letters", honest.replace(".", "。")
    yield "padding", f"{header}=.{claims}.{signature}"
    yield "huge", honest + "A" * 10_000
    yield "a megabyte", "A" * 1_000_000
    yield "claims a list", raw_signed(HEADER, f"[{OK}]")
    yield "claims no JSON", raw_signed(HEADER, OK[:-1])
    yield "claims too deep", raw_signed(HEADER, "[" * 5_000)
    yield "header a list", raw_signed('["EdDSA"]', OK)


def _badly_signed() -> Tricks:
    header, claims, signature = signed().split(".")
    yield "no signature", f"{header}.{claims}."
    yield "zero signature", f"{header}.{claims}.{part(bytes(64))}"
    yield "other claims", f"{header}.{part(json.dumps({**CLAIMS, 'sub': 'root'}))}.{signature}"
    yield "stranger's key", raw_signed(HEADER, OK, STRANGER)
    for kid, key in (("ed", ED), ("ec", EC), ("rsa", RSA)):
        yield f"HMAC with the public key {kid}", hmac_signed(public_pem(key), kid)
        yield f"HMAC with the public key {kid} as RS256", hmac_signed(public_pem(key), kid, "RS256")


def _with_other_algorithms() -> Tricks:
    claims = part(OK)
    for word in ("none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS1", "ES256K", "EdDSA "):
        header = json.dumps({"alg": word, "kid": "ed"})
        yield f"alg {word}", raw_signed(header, OK)
        yield f"alg {word}, unsigned", f"{part(header)}.{claims}."
    yield "alg missing", raw_signed('{"kid":"ed"}', OK)
    yield "alg a list", raw_signed('{"alg":["EdDSA"],"kid":"ed"}', OK)
    yield "algorithm of another key", signed_by(RSA, "RS256", "ec")
    yield "RS256 for a PS256 key", signed_by(RSA, "RS256", "rsa-pss")
    yield "ES256 with an Ed25519 key", raw_signed('{"alg":"ES256","kid":"ed"}', OK)


def _with_odd_keys() -> Tricks:
    yield "kid missing", raw_signed('{"alg":"EdDSA"}', OK)
    for kid in (
        "",
        "../../etc/passwd",
        "ed\x00",
        "ED",
        "ed ",
        "' OR 1=1 --",
        "/dev/null",
        "\ud800",
    ):
        yield f"kid {kid!r}", raw_signed(json.dumps({"alg": "EdDSA", "kid": kid}), OK)
    for odd in (None, 0, True, ["ed"], {"ed": 1}):
        yield f"kid {odd!r}", raw_signed(json.dumps({"alg": "EdDSA", "kid": odd}), OK)
    own_key = {"kty": "OKP", "crv": "Ed25519", "x": part(STRANGER.public_key().public_bytes_raw())}
    for kid in ("ed", "mine"):
        head = {"alg": "EdDSA", "kid": kid, "jwk": own_key, "jku": "https://evil.example/keys"}
        yield f"brings its own key as {kid}", raw_signed(json.dumps(head), OK, STRANGER)


def _read_in_two_ways() -> Tricks:
    yield "crit", signed(header={"alg": "EdDSA", "kid": "ed", "crit": ["exp"]})
    yield "b64", signed(header={"alg": "EdDSA", "kid": "ed", "b64": False})
    yield "of another type", signed(header={"alg": "EdDSA", "kid": "ed", "typ": "logout+jwt"})
    yield "alg twice", raw_signed('{"alg":"none","alg":"EdDSA","kid":"ed"}', OK)
    yield "sub twice", raw_signed(HEADER, f'{{"sub":"root",{OK[1:]}')
    yield "exp twice", raw_signed(HEADER, f'{{"exp":1,{OK[1:]}')


def _with_odd_claims() -> Tricks:
    for name in ("iss", "aud", "sub", "exp", "iat"):
        yield f"{name} missing", signed(**{name: MISSING})
        yield f"{name} null", signed(**{name: None})
        yield f"{name} a map", signed(**{name: EMPTY})
    yield "machine name", signed(sub="rules:1")
    yield "worker name", signed(sub="worker:deliveries")
    yield "empty subject", signed(sub="")
    yield "forged log line", signed(sub="teller\nlevel=error")
    yield "surrogate subject", signed(sub="\ud800")
    yield "long subject", signed(sub="x" * 300)
    yield "odd legal entity", signed(legal_entity="../main")
    yield "legal entity null", signed(legal_entity=None)
    yield "bound to a certificate we did not see", signed(cnf={"x5t#S256": "abc"})
    yield "bound in an unknown way", signed(cnf={"jkt": "abc"})
    yield "bound to nothing", signed(cnf={})


def _at_the_wrong_time() -> Tricks:
    for name in ("exp", "iat", "nbf"):
        for odd in NO_MOMENTS:
            yield f"{name} {str(odd)[:12]}", signed(**{name: odd})
        overflowing = json.dumps({**CLAIMS, name: "huge"}).replace('"huge"', "1e999")
        yield f"{name} 1e999", raw_signed(HEADER, overflowing)
    yield "expired", signed(exp=NOW - 10)
    yield "issued in the future", signed(iat=NOW + 11)
    yield "not yet valid", signed(nbf=NOW + 11)


def _for_somebody_else() -> Tricks:
    yield "other issuer", signed(iss="https://evil.example")
    yield "issuer with a slash", signed(iss=f"{ISSUER}/")
    yield "issuer a list", signed(iss=[ISSUER])
    yield "other audience", signed(aud="crm")
    yield "audience in part", signed(aud="ecif-test")
    yield "audience as words", signed(aud="crm ecif")
    yield "audiences of others", signed(aud=["crm", ["ecif"]])


MISSING: Any = ...
EMPTY: Any = {}
NO_MOMENTS: list[Any] = [
    True,
    "1790000600",
    [NOW],
    -1,
    1e300,
    float("nan"),
    float("inf"),
    10**400,
]
