"""Imports: files sent whole, taken in by a worker; how far each is, and which lines were not taken in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ecif import intake
from ecif.api.answers import json_answer
from ecif.api.bodies import SystemName
from ecif.api.call import Call, SlowBody
from ecif.api.doors import Door
from ecif.api.pages import After, Limit, id_after
from ecif.api.problems import BodyTooLarge, UnsupportedMediaType
from ecif.errors import BadRequest
from ecif.intake import Import, ImportNotFound, Reject, Run
from ecif.security import Scope
from ecif.store import Page, Work, page_of

door = Door("imports")

MAX_UPLOAD_BYTES: Final = 2_147_483_648
_CHUNK_SECONDS: Final = 30.0
_MEDIA_TYPES: Final = (
    "text/csv",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
)
_FILE: Final = {
    "description": "The file, with the columns that `ecif import` understands.",
    "required": True,
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in _MEDIA_TYPES
    },
}


class ImportAnswer(BaseModel):
    """One import: how far it is, and what became of its lines."""

    id: UUID
    state: Literal["arriving", "waiting", "running", "done", "failed"]
    source_system: str | None
    strict: bool
    share_done: Annotated[float, Field(description="How much of the file has been read, 0 to 1.")]
    created: int
    linked: int
    updated: int
    unchanged: int
    stale: int
    in_review: int
    rejected: int
    problem: Annotated[str | None, Field(description="Why the file as a whole was not taken in.")]
    opened_at: datetime
    finished_at: datetime | None


class RejectAnswer(BaseModel):
    """One line that was not taken in; `field` is empty for the line as a whole."""

    line: int
    field: str
    reason: str


class RejectsAnswer(BaseModel):
    """Some rejects, in the order of the file."""

    items: list[RejectAnswer]
    next: str | None


@door.route(
    "POST /v1/imports",
    needs=Scope.IMPORTS_WRITE,
    answers=ImportAnswer,
    status_code=202,
    openapi_extra={"requestBody": _FILE},
)
async def start_import(
    call: Call,
    *,
    source_system: Annotated[
        SystemName | None, Query(description="The system that all rows come from.")
    ] = None,
    strict: Annotated[bool, Query(description="Reject lines with an impossible date.")] = False,
) -> Response:
    """Send a CSV, NDJSON or Parquet file; a worker takes it in, line by line, each exactly once."""
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise UnsupportedMediaType(f"Send the file as one of: {', '.join(_MEDIA_TYPES)}.")
    opened, run = await call.tell(
        lambda work: intake.open_upload(work, source_system=source_system, strict=strict)
    )
    size = 0
    place = 0
    async for piece in _pieces(call):
        size += len(piece)
        await call.tell(_putting(run, place, piece))
        place += 1
    if size == 0:
        raise BadRequest("The body is empty.")
    await call.tell(lambda work: intake.close_upload(work, run, size_bytes=size))
    answer = await call.tell(lambda work: intake.get_import(work, opened.id))
    return json_answer(_plain(answer), status=202, headers={"Location": f"/v1/imports/{opened.id}"})


@door.route(
    "GET /v1/imports/{import_id}",
    needs=Scope.IMPORTS_WRITE,
    answers=ImportAnswer,
    refuses=[ImportNotFound],
)
async def get_import(call: Call, import_id: UUID) -> Response:
    """Read how far an import is and what became of its lines."""
    found = await call.tell(lambda work: intake.get_import(work, import_id))
    return json_answer(_plain(found))


@door.route(
    "GET /v1/imports/{import_id}/rejects",
    needs=Scope.IMPORTS_WRITE,
    answers=RejectsAnswer,
    refuses=[ImportNotFound],
)
async def list_rejects(
    call: Call, import_id: UUID, after: After = None, limit: Limit = 100
) -> Response:
    """List the lines that were not taken in: line, field and reason, never their values."""
    behind = id_after(after)

    async def story(work: Work) -> Page[Reject]:
        await intake.get_import(work, import_id)
        rejects = await intake.list_rejects(work, import_id, after=behind, limit=limit + 1)
        return page_of(rejects, limit, lambda reject: [reject.line])

    page = await call.tell(story)
    items = [{"line": r.line, "field": r.field, "reason": r.reason} for r in page.items]
    return json_answer({"items": items, "next": page.next})


async def _pieces(call: Call) -> AsyncIterator[bytes]:
    """The body in pieces of one size; only the last may be smaller.

    Raises:
        BodyTooLarge: It is larger than an upload may be.
        SlowBody: Nothing came for a while.
        BadRequest: The caller went away.
    """
    held, size = bytearray(), 0
    chunks = aiter(call.stream())
    try:
        while True:
            async with asyncio.timeout(_CHUNK_SECONDS):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES:
                raise BodyTooLarge(
                    f"An upload may have {MAX_UPLOAD_BYTES} bytes.", limit_bytes=MAX_UPLOAD_BYTES
                )
            held += chunk
            while len(held) >= intake.PIECE_BYTES:
                yield bytes(held[: intake.PIECE_BYTES])
                del held[: intake.PIECE_BYTES]
    except TimeoutError:
        raise SlowBody from None
    except ClientDisconnect:
        raise BadRequest("The caller went away before the body was complete.") from None
    if held:
        yield bytes(held)


def _putting(run: Run, place: int, piece: bytes) -> Callable[[Work], Awaitable[None]]:
    return lambda work: intake.put_piece(work, run, place, piece)


def _plain(found: Import) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "state": found.state,
        "source_system": found.source_system,
        "strict": found.strict,
        "share_done": round(found.share_done, 4),
        **found.counts,
        "problem": found.problem,
        "opened_at": found.opened_at,
        "finished_at": found.finished_at,
    }
