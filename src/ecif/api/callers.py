"""Who calls: bearer tokens of our own issuer, and of an external one whose key set is fetched when due."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from ecif.errors import Unauthenticated, UnknownSigningKey
from ecif.security import Actor, KeySetRefresh, TokenVerifier, TrustedIssuer, keys_of

_FETCH_SECONDS: Final = 5.0
_MAX_KEY_SET_BYTES: Final = 1_000_000
_log = logging.getLogger("ecif.callers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalIssuer:
    """Somebody else's issuer: its name, where its keys are published, and the audience we go by."""

    issuer: str
    key_set_url: str
    audience: str
    needs_certificate: bool = False


@dataclass(slots=True)
class Callers:
    """Turns the `Authorization` of a request into who acts."""

    verifier: TokenVerifier
    clock: Callable[[], float]
    external: ExternalIssuer | None = None
    _refresh: KeySetRefresh = field(default_factory=KeySetRefresh, init=False)
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def identify(self, authorization: str | None) -> Actor:
        """Say who bears this token.

        Raises:
            Unauthenticated: There is no bearer token, or it is not valid.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        try:
            return self.verifier.verify(token.strip())
        except UnknownSigningKey:
            if self.external is None or not self._refresh.may_fetch(self.clock()):
                raise
        await self.fetch_keys()
        return self.verifier.verify(token.strip())

    async def keep_fresh(self) -> None:
        """Fetch the external key set whenever its routine says so; runs until it is cancelled."""
        while self.external is not None:
            if self._refresh.is_due(self.clock()):
                await self.fetch_keys()
            await asyncio.sleep(1.0)

    async def fetch_keys(self) -> None:
        """Fetch the key set of the external issuer once; when that fails, the old keys go on serving for a while."""
        external = self.external
        if external is None:
            return
        async with self._fetching:
            if not self._refresh.may_fetch(self.clock()):
                return
            self._refresh.attempted(self.clock())
            try:
                keys = keys_of(await _fetched(external.key_set_url))
            except (httpx.HTTPError, ValueError) as error:
                _log.warning("callers.key_set_not_fetched", extra={"reason": type(error).__name__})
                return
            self._refresh.succeeded(self.clock())
            self.verifier.trust(
                TrustedIssuer(
                    external.issuer,
                    external.audience,
                    keys,
                    good_until=self._refresh.good_until,
                    needs_certificate=external.needs_certificate,
                )
            )


async def _fetched(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=_FETCH_SECONDS, follow_redirects=False) as client:
        answer = await client.get(url)
        answer.raise_for_status()
        if len(answer.content) > _MAX_KEY_SET_BYTES:
            raise ValueError("the key set is too large")
        plain = answer.json()
        if not isinstance(plain, dict):
            raise ValueError("the key set is no object")
        return plain
