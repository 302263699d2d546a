"""What one request says to the database: every statement with its values, taken from the product itself."""

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from pydantic import SecretStr

from bench.ground import Ground
from ecif.app import create_app
from ecif.cli.installation import keys_of
from ecif.settings import Settings

Said = tuple[str, tuple[Any, ...]]
_OTHER_PHONE: Final = [{"kind": "mobile", "number": "+8613900139000"}]


@dataclass(slots=True)
class Tape:
    """Keeps what runs until it is cut."""

    said: list[Said] = field(default_factory=list)

    def ran(self, sql: str, arguments: Sequence[Any]) -> None:
        """A statement was run."""
        self.said.append((sql, tuple(arguments)))

    def cut(self) -> list[Said]:
        """What ran since the last cut."""
        said, self.said = self.said, []
        return said


@dataclass(frozen=True, slots=True)
class Talk:
    """How much one kind of request talks with the database; medians, and the most."""

    kind: str
    requests: int
    statements: float
    round_trips: float
    most_round_trips: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests are sent, and as whom."""

    ground: Ground
    database: str
    token: str


def record_writes(place: Place, lines: Sequence[str], tape: Path) -> None:
    """Post records one after another; what each said to the database goes to `tape`, one pickle each."""
    asyncio.run(_record(place, lines, tape))


def talks(place: Place, bodies: Sequence[dict[str, Any]]) -> list[Talk]:
    """Count statements and round trips by kind of request, on records that are not stored yet."""
    numbers = place.ground.some_numbers(len(bodies))
    return asyncio.run(_talks(place, numbers, bodies))


async def _record(place: Place, lines: Sequence[str], path: Path) -> None:
    async with _product(place) as (client, tape):
        with path.open("wb") as file:
            for line in lines:
                tape.cut()
                answer = await client.post("/v1/customers", content=line, headers=_JSON)
                answer.raise_for_status()
                pickle.dump(tape.cut(), file)


async def _talks(
    place: Place, numbers: Sequence[str], bodies: Sequence[dict[str, Any]]
) -> list[Talk]:
    heard: dict[str, list[list[Said]]] = {}

    async def hear(kind: str, request: httpx.Request) -> None:
        tape.cut()
        answer = await client.send(request)
        answer.raise_for_status()
        if kind == "POST":
            kind = f"POST, {answer.json()['decision']['outcome']}"
        heard.setdefault(kind, []).append(tape.cut())

    async with _product(place) as (client, tape):
        for warm in (True, False):
            if not warm:
                heard.clear()
            for number in numbers:
                await hear("GET", client.build_request("GET", f"/v1/customers/{number}"))
            half = len(bodies) // 2
            for count, body in enumerate(bodies[:half] if warm else bodies[half:]):
                for again in _sent_again(body, keyed=count % 2 == 0):
                    await hear(*_posting(client, *again))
    return sorted((_talk(kind, said) for kind, said in heard.items()), key=lambda talk: talk.kind)


def _sent_again(
    body: dict[str, Any], *, keyed: bool
) -> Iterable[tuple[dict[str, Any], str | None]]:
    """A record as it comes, comes again, and comes with other values."""
    if keyed:
        yield body, f"bench-{body['source_key']}"
        return
    yield body, None
    yield body, None
    yield {**body, "source_version": 2, "phones": _OTHER_PHONE}, None


def _posting(
    client: httpx.AsyncClient, body: dict[str, Any], key: str | None
) -> tuple[str, httpx.Request]:
    headers = {**_JSON, **({"Idempotency-Key": key} if key else {})}
    content = json.dumps(body, ensure_ascii=False).encode()
    kind = "POST with Idempotency-Key" if key else "POST"
    return kind, client.build_request("POST", "/v1/customers", content=content, headers=headers)


def _talk(kind: str, heard: Sequence[list[Said]]) -> Talk:
    trips = [len(said) for said in heard]
    statements = [sum(sql.count(";") + 1 for sql, _ in said) for said in heard]
    return Talk(kind, len(heard), median(statements), median(trips), max(trips))


_JSON: Final = {"Content-Type": "application/json"}


@asynccontextmanager
async def _product(place: Place) -> AsyncIterator[tuple[httpx.AsyncClient, Tape]]:
    """The product in this process, with a tape that listens to its database."""
    url = place.ground.url(place.database)
    settings = Settings(home=place.ground.home, database_url=SecretStr(url))
    app = create_app(settings, keys_of(settings), url)
    async with app.router.lifespan_context(app):
        tape = Tape()
        app.state.wiring.database.recorder = tape
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {place.token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://bench", headers=headers
        ) as client:
            yield client, tape
