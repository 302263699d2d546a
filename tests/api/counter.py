"""The counter of a bank: an application on a database of its own, and callers who stand at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from ecif.api import AccessLog
from ecif.app import create_app
from ecif.customers import customer_number
from ecif.policy import rule_sets, sources
from ecif.security import InstallationKeys, Scope, TokenIssuer
from ecif.settings import Settings
from ecif.store import Database
from ecif.worker import Worker

KEYS = InstallationKeys.fresh()
NEVER_GIVEN = customer_number("person", 999_999)
"""A number with the right check digit that nobody has."""
_source_keys = count(1)


def person(name: str = "Jana Nováková", **said: Any) -> dict[str, Any]:
    """The body of a record about somebody, under a source key of its own."""
    return {
        "source_system": "core",
        "source_key": f"C{next(_source_keys):07}",
        "kind": "person",
        "names": [{"full": name}],
        **said,
    }


def organisation(name: str = "Shenzhen Example Trading Co Ltd", **said: Any) -> dict[str, Any]:
    """The body of a record about a company, under a source key of its own."""
    return person(name, **{"kind": "organisation", **said})


@dataclass(slots=True)
class Counter:
    """Sends requests as somebody; by default as an administrator of the legal entity `main`."""

    app: FastAPI
    http: httpx.AsyncClient
    settings: Settings
    log: BytesIO
    _tokens: dict[tuple[Any, ...], str] = field(default_factory=dict)

    async def approved(self, proposed: httpx.Response) -> Any:
        """What happens when another person approves what was proposed."""
        assert proposed.status_code == 202, proposed.text
        path = f"{proposed.headers['location']}/approve"
        approved = await self.post(path, token=self.token(subject="berta"))
        assert approved.status_code == 200, approved.text
        return approved.json()

    @property
    def access_log(self) -> AccessLog:
        """The application's own."""
        [log] = [each.kwargs["log"] for each in self.app.user_middleware if "log" in each.kwargs]
        assert isinstance(log, AccessLog)
        return log

    @property
    def database(self) -> Database:
        """The application's own."""
        database: Database = self.app.state.wiring.database
        return database

    def token(
        self,
        *scopes: Scope,
        subject: str = "anna",
        legal_entity: str = "main",
        hours: float = 1,
        issued_hours_ago: float = 0,
    ) -> str:
        """A bearer token of the installation."""
        name = (scopes, subject, legal_entity, hours, issued_hours_ago)
        if name not in self._tokens:
            issuer = TokenIssuer(
                KEYS.signing, issuer=self.settings.source, audience=self.settings.token_audience
            )
            self._tokens[name] = issuer.issue(
                subject,
                scopes or (Scope.ADMIN,),
                lifetime=timedelta(hours=hours),
                now=datetime.now(UTC) - timedelta(hours=issued_hours_ago),
                legal_entity=legal_entity,
            )
        return self._tokens[name]

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx.Response:
        """Send a request; `body` is sent as JSON."""
        headers = {"Authorization": f"Bearer {token or self.token()}", **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Read."""
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Do."""
        return await self.ask("POST", path, body, **more)

    async def take_in(self, body: dict[str, Any]) -> dict[str, Any]:
        """Register a record; what is answered."""
        answer = await self.post("/v1/customers", body)
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def number(self, name: str, **said: Any) -> str:
        """Register somebody; the customer number."""
        return str((await self.take_in(person(name, **said)))["customer_no"])

    async def tag(self, number: str) -> str:
        """The customer's present ETag."""
        return str((await self.get(f"/v1/customers/{number}")).headers["etag"])

    async def merge(self, survivor: str, *absorb: str, **more: Any) -> httpx.Response:
        """Merge, with the survivor's present ETag."""
        headers = {"If-Match": await self.tag(survivor), **more.pop("headers", {})}
        body = {"absorb": list(absorb), "reason": "the same person, seen at the counter"}
        return await self.post(f"/v1/customers/{survivor}/merge", body, headers=headers, **more)

    async def number_events(self) -> int:
        """Let the worker give positions to the events that wait."""
        return await Worker(self.database, self.settings).sequence_once()


@asynccontextmanager
async def open_counter(database_url: str, home: Path, **settings: Any) -> AsyncIterator[Counter]:
    """An application on a migrated database."""
    # A process serves one database; what it remembers of that one for good is not true of the next test's.
    rule_sets._loaded.clear()
    sources._settled.clear()
    knobs = Settings(home=home, **{"request_timeout_seconds": 30.0, "pool_max_size": 8, **settings})
    log = BytesIO()
    app = create_app(knobs, KEYS, database_url, log_to=log)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ecif") as http:
            yield Counter(app, http, knobs, log)
