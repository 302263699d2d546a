"""A token workshop for the tests: honest tokens, and every way to forge one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

NOW = 1_790_000_000.0
ISSUER = "https://login.bank.example"
AUDIENCE = "ecif"
ED, EC, RSA = Ed25519PrivateKey.generate(), new_ec_key(SECP256R1()), new_rsa_key(65_537, 2_048)
STRANGER = Ed25519PrivateKey.generate()

KEY_SET: dict[str, Any] = {
    "keys": [
        {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "ed"},
        {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec", "use": "sig"},
        {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa"},
        {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa-pss", "alg": "PS256"},
    ]
}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "teller-7",
    "scope": "customers:read openid",
    "iat": NOW - 60,
    "exp": NOW + 600,
}


def signed(
    claims: dict[str, Any] | None = None, *, header: dict[str, Any] | None = None, **changed: Any
) -> str:
    """An Ed25519 token with some claims changed; a claim set to `...` is left out."""
    plain = {**(CLAIMS if claims is None else claims), **changed}
    plain = {name: value for name, value in plain.items() if value is not ...}
    return raw_signed(json.dumps(header or {"alg": "EdDSA", "kid": "ed"}), json.dumps(plain))


def raw_signed(header: str, claims: str, key: Ed25519PrivateKey = ED) -> str:
    """A token of exactly these texts, truly signed."""
    signing_input = f"{part(header)}.{part(claims)}"
    return f"{signing_input}.{part(key.sign(signing_input.encode()))}"


def signed_by(key: Any, algorithm: str, kid: str) -> str:
    return jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": kid})


def hmac_signed(secret: bytes, kid: str, algorithm: str = "HS256") -> str:
    """A token signed with a public key taken for a shared secret."""
    header = part(json.dumps({"alg": algorithm, "kid": kid, "typ": "JWT"}))
    signing_input = f"{header}.{part(json.dumps(CLAIMS))}"
    mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{part(mac)}"


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def part(value: str | bytes) -> str:
    octets = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
