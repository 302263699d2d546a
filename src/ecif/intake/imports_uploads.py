"""Uploaded files: kept sealed in pieces until a worker has taken them in, then gone."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import text

from ecif.identity import ColumnsNotUnderstood
from ecif.intake.files import Rows, rows_of
from ecif.intake.files_survey import FileNotReadable, survey
from ecif.intake.imports import Import, ImportTakenOver, Order, Run, end, import_of, start
from ecif.intake.imports_crew import Premises, crew_for, hands_of
from ecif.intake.imports_hands import Job
from ecif.intake.imports_running import carry_out
from ecif.intake.messages import ReadingRules, RowReader
from ecif.security import Actor, Scope
from ecif.store import Database, Statement, Work

PIECE_BYTES = 262_144
"""How much of an upload one row holds; all pieces but the last are so large."""

LEASE_SECONDS = 30.0
"""An import whose worker has not been heard of for so long goes on in another one."""

_COLUMN = "import_piece.content"
_PUT = Statement(
    text("""
    INSERT INTO import_piece (import_id, place, legal_entity, content)
    VALUES (CAST(:import_id AS uuid), CAST(:place AS integer), CAST(:legal_entity AS text),
            CAST(:content AS bytea))
    """)
)
_ARRIVED = Statement(
    text("""
    UPDATE import_run SET state = 'waiting', size_bytes = CAST(:size_bytes AS bigint), runner = NULL
    WHERE id = CAST(:id AS uuid) AND runner = CAST(:runner AS uuid) AND state = 'arriving'
    """)
)
_GET_PIECE = Statement(
    text("""
    SELECT content FROM import_piece
    WHERE import_id = CAST(:import_id AS uuid) AND place = CAST(:place AS integer)
    """)
)
_CLEAR = Statement(text("DELETE FROM import_piece WHERE import_id = CAST(:import_id AS uuid)"))
_ABANDONED = Statement(
    text("""
    WITH gone AS (
        DELETE FROM import_run WHERE state = 'arriving' AND opened_at < clock_timestamp() - interval '1 day'
        RETURNING id
    )
    DELETE FROM import_piece WHERE import_id IN (SELECT id FROM gone)
    """)
)
_NEXT = Statement(
    text(f"""
    UPDATE import_run SET state = 'running', runner = gen_random_uuid(), beat_at = clock_timestamp()
    WHERE id = (
        SELECT id FROM import_run
        WHERE origin = 'upload' AND (state = 'waiting' OR (state = 'running'
              AND beat_at < clock_timestamp() - interval '{LEASE_SECONDS} seconds'))
        ORDER BY opened_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
    """)
)
_BEAT = Statement(
    text("""
    UPDATE import_run SET beat_at = clock_timestamp()
    WHERE id = CAST(:id AS uuid) AND runner = CAST(:runner AS uuid)
    """)
)


async def open_upload(work: Work, *, source_system: str | None, strict: bool) -> tuple[Import, Run]:
    """Begin an upload: nothing is taken in before it has arrived whole."""
    order = Order(
        fingerprint=None,
        size_bytes=0,
        origin="upload",
        source_system=source_system,
        strict=strict,
    )
    return await start(work, order)


async def put_piece(work: Work, run: Run, place: int, content: bytes) -> None:
    """Keep the next piece of an upload, sealed."""
    sealed = work.vault.seal_shared(work.legal_entity, _COLUMN, f"{run.import_id}:{place}", content)
    await work.connection.execute(
        _PUT,
        import_id=run.import_id,
        place=place,
        legal_entity=work.legal_entity,
        content=sealed,
    )


async def close_upload(work: Work, run: Run, *, size_bytes: int) -> None:
    """The upload has arrived whole: a worker may take it in."""
    await work.connection.execute(
        _ARRIVED, id=run.import_id, runner=run.runner, size_bytes=size_bytes
    )


async def take_in_next_upload(
    database: Database, premises: Premises, *, only_listed: bool
) -> Import | None:
    """Take in the upload that has waited longest, or one whose worker has gone; None when there is none.

    Raises:
        Busy: The database does not answer; a worker goes on later.
        ImportInterrupted: A process has gone; likewise.
    """
    async with database.connection() as connection:
        row = await connection.fetch_one(_NEXT)
        if row is None:
            await connection.execute(_ABANDONED)
            return None
    taken, run = import_of(row), Run(row["id"], row["runner"])
    actor = Actor(taken.actor, frozenset({Scope.IMPORTS_WRITE}), taken.legal_entity)
    beating = asyncio.create_task(_beat(database, run))
    try:
        done = await _take_in(database, premises, taken, _job(taken, run, actor, only_listed))
        await database.run(actor, lambda work: _clear(work, taken.id))
    except ImportTakenOver:
        return None
    finally:
        beating.cancel()
    return done


def _job(taken: Import, run: Run, actor: Actor, only_listed: bool) -> Job:  # noqa: FBT001
    rules = ReadingRules(source_system=taken.source_system, strict=taken.strict)
    return Job(run=run, actor=actor, rules=rules, only_listed=only_listed)


async def _take_in(database: Database, premises: Premises, taken: Import, job: Job) -> Import:
    fetch = _fetcher(database, taken)
    loop = asyncio.get_running_loop()

    def opened() -> BinaryIO:
        return io.BufferedReader(_PieceFile(fetch, loop, taken.size_bytes), PIECE_BYTES)

    def read() -> Rows:
        rows = rows_of(opened(), survey(opened()))
        if rows.header:
            RowReader(job.rules).columns(rows.header)
        return rows

    try:
        rows = await asyncio.to_thread(read)
    except (FileNotReadable, ColumnsNotUnderstood) as error:
        problem = str(error)
        return await database.run(
            job.actor, lambda work: end(work, job.run, state="failed", problem=problem)
        )
    crew = crew_for(premises, taken.size_bytes)
    hands = hands_of(database, crew, job)
    try:
        return await carry_out(database, job, rows, hands, lambda _counts, _share: None)
    finally:
        if crew is not None:
            await asyncio.to_thread(crew.close)


async def _clear(work: Work, import_id: UUID) -> None:
    await work.connection.execute(_CLEAR, import_id=import_id)


async def _beat(database: Database, run: Run) -> None:
    """Say now and then that this runner is alive: a large file is looked over before its first line is done."""
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        async with database.connection() as connection:
            await connection.execute(_BEAT, id=run.import_id, runner=run.runner)


def _fetcher(database: Database, taken: Import) -> Callable[[int], Awaitable[bytes]]:
    async def fetch(place: int) -> bytes:
        async with database.connection() as connection:
            sealed = await connection.fetch_value(_GET_PIECE, import_id=taken.id, place=place)
        if sealed is None:
            raise FileNotReadable("The upload is incomplete.")
        return database.vault.open_shared(
            taken.legal_entity, _COLUMN, f"{taken.id}:{place}", sealed
        )

    return fetch


class _PieceFile(io.RawIOBase):
    """An upload as a file; read from a thread, because its pieces come over the loop's connections."""

    def __init__(
        self,
        fetch: Callable[[int], Awaitable[bytes]],
        loop: asyncio.AbstractEventLoop,
        size_bytes: int,
    ) -> None:
        self._fetch, self._loop, self._size = fetch, loop, size_bytes
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        place, offset = divmod(self._at, PIECE_BYTES)
        if self._held[0] != place:
            waiting = asyncio.run_coroutine_threadsafe(self._piece(place), self._loop)
            self._held = (place, waiting.result())
        part = self._held[1][offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    async def _piece(self, place: int) -> bytes:
        return await self._fetch(place)
