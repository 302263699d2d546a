"""Callers who create, update, merge and undo over HTTP, by a seed, and repeat what was not answered."""

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx

from tests.torture.record import Journal

PEOPLE = 150
SYSTEMS = ("core", "cards", "loans", "branch")
_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.1
_GIVEN = ("Ada", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo")
_FAMILY = ("Abel", "Bauer", "Cohen", "Duarte", "Eriksen", "Fischer", "Gruber", "Horvat", "Jansen")


def said_of(number: int) -> dict[str, Any]:
    """What every system tells of one person."""
    chance = Random(number)
    return {
        "kind": "person",
        "names": [
            {
                "given": f"{chance.choice(_GIVEN)} {chance.choice(_GIVEN)}",
                "family": chance.choice(_FAMILY),
            }
        ],
        "birth_date": f"{1940 + number % 60}-{1 + number % 12:02d}-{1 + chance.randrange(28):02d}",
        "documents": [{"kind": "passport", "number": f"P{number:08d}", "issuer": "AT"}],
        "phones": [{"number": f"+43660{number:07d}"}],
    }


@dataclass
class Known:
    """What all callers have been told so far."""

    numbers: set[str] = field(default_factory=set)
    merges: dict[str, str] = field(default_factory=dict)  # merge id → survivor
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    calls: int = 0
    answered: int = 0


@dataclass
class Caller:
    """One caller: a call at a time, each under a key of its own, until it is answered."""

    http: httpx.AsyncClient
    addresses: list[str]
    journal: Journal
    known: Known
    chance: Random
    stop: asyncio.Event

    async def work(self) -> None:
        """Call until told to stop."""
        while not self.stop.is_set():
            kind = self.chance.choices(("register", "merge", "unmerge"), (8, 1, 1))[0]
            if kind == "merge" and len(self.known.numbers) > 1:
                await self._merge()
            elif kind == "unmerge" and self.known.merges:
                await self._unmerge()
            else:
                await self._register()

    async def _register(self) -> None:
        person, system = self.chance.randrange(PEOPLE), self.chance.choice(SYSTEMS)
        key = f"K{person}"
        version = self.known.versions.get((system, key), 0) + 1
        self.known.versions[system, key] = version
        body = said_of(person) | {
            "source_system": system,
            "source_key": key,
            "source_version": version,
            "occupation": self.chance.choice(("miller", "baker", "smith")),
        }
        wish = {"system": system, "key": key, "version": version}
        answer = await self._call("register", wish, "/v1/customers", body)
        if answer:
            self.known.numbers.add(answer["customer_no"])

    async def _merge(self) -> None:
        survivor, absorbed = self.chance.sample(sorted(self.known.numbers), 2)
        tag = await self._tag_of(survivor)
        if tag is None:
            return
        answer = await self._call(
            "merge",
            {"survivor": survivor, "absorbed": absorbed},
            f"/v1/customers/{survivor}/merge",
            {"absorb": [absorbed], "reason": "same person"},
            {"If-Match": tag},
        )
        if answer:
            self.known.merges[answer["merge_id"]] = survivor

    async def _unmerge(self) -> None:
        merge_id = self.chance.choice(sorted(self.known.merges))
        survivor = self.known.merges.pop(merge_id)
        tag = await self._tag_of(survivor)
        if tag is not None:
            await self._call(
                "unmerge",
                {"merge_id": merge_id},
                f"/v1/customers/{survivor}/unmerge",
                {"merge_id": merge_id, "reason": "not the same"},
                {"If-Match": tag},
            )

    async def _tag_of(self, number: str) -> str | None:
        try:
            answer = await self.http.get(f"{self._somewhere()}/v1/customers/{number}")
        except httpx.HTTPError:
            return None
        tag: str | None = answer.headers.get("etag")
        return tag

    async def _call(
        self,
        kind: str,
        wish: dict[str, Any],
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Send until it is answered: the intent is noted before each sending, the answer before it counts."""
        self.known.calls += 1
        number = self.known.calls
        key = str(UUID(int=self.chance.getrandbits(128)))
        content = json.dumps(body).encode()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE_SECONDS
        while loop.time() < deadline:
            self.journal.note({"number": number, "kind": kind, "wish": wish})
            try:
                answer = await self.http.post(
                    self._somewhere() + path,
                    content=content,
                    headers={"Idempotency-Key": key, "Content-Type": "application/json"}
                    | (headers or {}),
                )
            except httpx.HTTPError:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            plain = answer.json()
            if answer.status_code == 503 or _is_in_flight(plain):
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            told = _told(kind, plain) if answer.status_code < 300 else {"type": plain.get("type")}
            self.journal.note({"number": number, "status": answer.status_code, "answer": told})
            self.known.answered += 1
            return told if answer.status_code < 300 else None
        return None

    def _somewhere(self) -> str:
        return self.chance.choice(self.addresses)


def _is_in_flight(plain: dict[str, Any]) -> bool:
    return "in-flight" in str(plain.get("type"))


def _told(kind: str, plain: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is kept: ids and versions."""
    if kind == "register":
        outcome = plain["decision"]["outcome"]
        return {
            "customer_no": plain["customer_no"],
            "version": plain["version"],
            "outcome": outcome,
        }
    merge_id = plain["merge_id"] if "merge_id" in plain else plain["merges"][0]["merge_id"]
    return {"merge_id": merge_id}
