"""Requests that may be repeated: the same `Idempotency-Key` gives the same answer, and one effect."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.responses import Response

from ecif.api.answers import JSON
from ecif.api.call import Call
from ecif.errors import BadRequest
from ecif.store import IdempotentRequest, Work, keep, replayed

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Told:
    """What a story answers: it is sent, and kept for a repetition."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def packed(self) -> bytes:
        """As it is kept."""
        return orjson.dumps({"s": self.status, "h": self.headers, "b": self.body.decode()})

    @classmethod
    def unpacked(cls, kept: bytes) -> "Told":
        """As it was kept, with a mark that it is a repetition."""
        plain: dict[str, Any] = orjson.loads(kept)
        headers = {**plain["h"], "Idempotency-Replayed": "true"}
        return cls(plain["b"].encode(), plain["s"], headers)

    def response(self) -> Response:
        """As it is sent."""
        return Response(self.body, self.status, {"Cache-Control": "no-store", **self.headers}, JSON)


async def once(
    call: Call, story: Callable[[Work], Awaitable[Told]], *, turn: Iterable[int] = ()
) -> Response:
    """Tell a story, or the answer of the time it was told before under the same key.

    Args:
        call: The request; its `Idempotency-Key` is honoured when it has one.
        story: Told in a transaction; what it answers is kept in the same one.
        turn: Names under which others of this process may be at work: we wait for them first.

    Raises:
        RequestInFlight: The first request under this key is not finished.
        KeyReused: The key belongs to another request.
    """
    request = await _request_of(call)

    async def telling(work: Work) -> Told:
        if request is None:
            return await story(work)
        before = await replayed(work, request)
        if before is not None:
            return Told.unpacked(before)
        told = await story(work)
        await keep(work, request, told.packed())
        return told

    told = await call.tell(telling, turn=turn)
    return told.response()


async def _request_of(call: Call) -> IdempotentRequest | None:
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        raise BadRequest(
            "must be 1 to 255 printable ASCII characters without blanks", field="Idempotency-Key"
        )
    written = f"{call.method} {call.url.path}\n{call.headers.get('if-match', '')}\n".encode()
    body = await call.body()
    fingerprint = call.wiring.vault.fingerprint(call.actor.legal_entity, written + body)
    return IdempotentRequest(key, fingerprint)
