"""Tokens of an external issuer: its key set is fetched when due, and goes on serving while it cannot be fetched."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ecif.api import Callers, ExternalIssuer
from ecif.errors import InvalidToken, Unauthenticated, UnknownSigningKey
from ecif.security import Scope, TokenIssuer, TokenVerifier

ISSUER = "https://login.example"


class Issuer:
    """An issuer at the edge of the process: its keys, how often it was asked, and whether it answers."""

    def __init__(self) -> None:
        self.keys = [Ed25519PrivateKey.generate()]
        self.asked = 0
        self.answers = True

    def token(self) -> str:
        issuer = TokenIssuer(self.keys[-1], issuer=ISSUER, audience="ecif")
        return issuer.issue(
            "till-7", [Scope.CUSTOMERS_READ], lifetime=timedelta(hours=5), now=datetime.now(UTC)
        )

    def respond(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        if not self.answers:
            return httpx.Response(503)
        return httpx.Response(200, json={"keys": [jwk(each) for each in self.keys]})


def jwk(key: Ed25519PrivateKey) -> dict[str, Any]:
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    kid = base64.urlsafe_b64encode(sha256(public).digest()[:12]).decode()
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "use": "sig"}


class Clock:
    """Unix time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    issuer = Issuer()

    @asynccontextmanager
    async def client(**_: Any) -> AsyncIterator[httpx.AsyncClient]:
        async with _Client(transport=httpx.MockTransport(issuer.respond)) as inner:
            yield inner

    monkeypatch.setattr("ecif.api.callers.httpx.AsyncClient", client)
    return issuer


_Client = httpx.AsyncClient


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callers(clock: Clock) -> Callers:
    external = ExternalIssuer(issuer=ISSUER, key_set_url=f"{ISSUER}/keys", audience="ecif")
    return Callers(TokenVerifier([], clock=clock), clock, external)


async def test_keys_are_fetched_once_and_then_remembered(callers: Callers, issuer: Issuer) -> None:
    await callers.fetch_keys()

    for _ in range(3):
        actor = await callers.identify(f"Bearer {issuer.token()}")

    assert actor.subject == "till-7"
    assert issuer.asked == 1


async def test_an_unknown_key_is_asked_for_at_most_once_a_minute(
    callers: Callers, issuer: Issuer, clock: Clock
) -> None:
    await callers.fetch_keys()
    clock.now += 61
    issuer.keys.append(Ed25519PrivateKey.generate())
    rotated = await callers.identify(f"Bearer {issuer.token()}")
    stranger = Issuer()

    for _ in range(5):
        with pytest.raises(UnknownSigningKey):
            await callers.identify(f"Bearer {stranger.token()}")

    assert rotated.subject == "till-7"
    assert issuer.asked == 2


async def test_known_keys_serve_an_hour_without_their_issuer_and_then_end(
    callers: Callers, issuer: Issuer, clock: Clock
) -> None:
    await callers.fetch_keys()
    token = issuer.token()
    issuer.answers = False
    clock.now += 3_500
    await callers.fetch_keys()
    still = await callers.identify(f"Bearer {token}")
    clock.now += 200

    with pytest.raises(Unauthenticated):
        await callers.identify(f"Bearer {token}")

    assert still.subject == "till-7"


async def test_what_is_not_signed_by_the_issuer_is_refused(
    callers: Callers, issuer: Issuer
) -> None:
    await callers.fetch_keys()
    head, claims, _ = issuer.token().split(".")
    _, _, foreign = Issuer().token().split(".")

    with pytest.raises(InvalidToken):
        await callers.identify(f"Bearer {head}.{claims}.{foreign}")
