"""One request on its way through a door: who asks, what was sent, and how its story is told."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, Final, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from ecif.api.problems import BodyTooLarge
from ecif.api.wiring import Wiring
from ecif.customers import is_customer_number
from ecif.errors import (
    BadRequest,
    Busy,
    CustomerNotFound,
    PreconditionFailed,
    PreconditionNeeded,
    Refusal,
)
from ecif.security import Actor
from ecif.store import Work

Answer = TypeVar("Answer")

_BODY_SECONDS: Final = 10.0
_DRAINED_TIMES: Final = 8
_TAG: Final = re.compile(r'(?:W/)?"v(\d{1,18})\.m\d{1,9}(?:\.[a-z0-9.]+)?"')


class SlowBody(Refusal):
    """The body did not come in time."""

    status: ClassVar[int] = 408
    slug: ClassVar[str] = "slow-body"
    title: ClassVar[str] = "The body did not arrive in time."


class Call(Request):
    """A request with who makes it and what the doors are given; `plain` is its body, read strictly.

    `body_bytes`: how large the body may be where its route takes larger ones than others do.
    """

    actor: Actor
    plain: Any = None
    body_bytes: int = 0

    @property
    def wiring(self) -> Wiring:
        """What this application was given when it started."""
        wired: Wiring = self.scope["app"].state.wiring
        return wired

    async def json(self) -> Any:
        """The body as the framework asks for it."""
        return self.plain

    async def body(self) -> bytes:
        """The body, measured while it comes in.

        Raises:
            BodyTooLarge: It is larger than the limit, whatever its header said.
            SlowBody: It did not come in time.
        """
        if not hasattr(self, "_body"):
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    limit = max(self.body_bytes, self.wiring.limits.body_bytes)
                    self._body = await self._read(limit)
            except TimeoutError:
                raise SlowBody from None
            except ClientDisconnect:
                raise BadRequest("The caller went away before the body was complete.") from None
        return self._body

    async def _read(self, limit: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > limit * _DRAINED_TIMES:
                break  # a caller that is somewhat over gets to read why; one far over is cut off
        if size > limit:
            raise BodyTooLarge(f"The body may have {limit} bytes.", limit_bytes=limit)
        return b"".join(chunks)

    async def tell(
        self, story: Callable[[Work], Awaitable[Answer]], *, turn: Iterable[int] = ()
    ) -> Answer:
        """Run a story in a transaction of the caller; the answer leaves after the commit.

        Args:
            story: Told again from the start when another transaction stood in its way.
            turn: Names under which others of this process may be at work; we wait for them before we take a
                connection.

        Raises:
            Busy: It took longer than a request may.
        """
        wiring = self.wiring
        try:
            async with asyncio.timeout(wiring.limits.request_seconds), wiring.queue.turn(turn):
                return await wiring.database.run(self.actor, story)
        except TimeoutError:
            raise Busy from None

    def seen_version(self) -> int | None:
        """The customer's version that the caller looked at, from `If-Match`; None for `*`, which means any.

        Raises:
            PreconditionNeeded: The header is missing.
            PreconditionFailed: It is no ETag of ours.
        """
        written = self.headers.get("if-match")
        if written is None:
            raise PreconditionNeeded
        if written.strip() == "*":
            return None
        found = _TAG.fullmatch(written.strip())
        if found is None:
            raise PreconditionFailed("If-Match must hold one ETag of this customer.")
        return int(found[1])

    def optional_seen_version(self) -> int | None:
        """Like `seen_version`; None also when the header is missing."""
        return self.seen_version() if "if-match" in self.headers else None


def checked_number(written: str) -> str:
    """A customer number from an address.

    Raises:
        CustomerNotFound: It is none, so it was never given.
    """
    if not is_customer_number(written):
        raise CustomerNotFound
    return written
