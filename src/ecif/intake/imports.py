"""Imports: what each is, how one begins, goes on where it was interrupted, and ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from ecif.errors import Conflict, NotFound
from ecif.store import Row, Statement, Work

State = Literal["arriving", "waiting", "running", "done", "failed"]
COUNTED = ("created", "linked", "updated", "unchanged", "stale", "in_review", "rejected")
"""What is counted; all but `in_review` add up to the lines of the file that say anything."""

_COLUMNS = f"""
    id, actor, legal_entity, state, source_system, strict, size_bytes, share_done, {", ".join(COUNTED)}, problem,
    opened_at, finished_at
"""
_OPEN = Statement(
    text(f"""
    INSERT INTO import_run (id, legal_entity, actor, origin, state, source_system, strict, fingerprint, size_bytes,
                            runner, lines_done, share_done, created, linked, updated, unchanged, stale, in_review,
                            rejected, opened_at, beat_at)
    VALUES (CAST(:id AS uuid), CAST(:legal_entity AS text), CAST(:actor AS text), CAST(:origin AS text),
            CAST(:state AS text), CAST(:source_system AS text), CAST(:strict AS boolean),
            CAST(:fingerprint AS bytea), CAST(:size_bytes AS bigint), CAST(:runner AS uuid), '{{}}', 0, 0, 0, 0, 0, 0,
            0, 0, CAST(:now AS timestamptz), CAST(:now AS timestamptz))
    RETURNING {_COLUMNS}
    """)
)
_CONTINUE = Statement(
    text(f"""
    UPDATE import_run SET runner = CAST(:runner AS uuid), beat_at = CAST(:now AS timestamptz)
    WHERE legal_entity = CAST(:legal_entity AS text) AND fingerprint = CAST(:fingerprint AS bytea)
      AND origin = 'command' AND state = 'running'
    RETURNING {_COLUMNS}
    """)
)
_LINES_DONE = Statement(
    text("""
    SELECT lower(done) AS first, upper(done) AS behind
    FROM import_run, unnest(lines_done) AS done WHERE id = CAST(:id AS uuid) ORDER BY 1
    """)
)
_END = Statement(
    text(f"""
    UPDATE import_run
    SET state = CAST(:state AS text), problem = CAST(:problem AS text), finished_at = CAST(:now AS timestamptz),
        share_done = CASE WHEN CAST(:state AS text) = 'done' THEN 1 ELSE share_done END, runner = NULL
    WHERE id = CAST(:id AS uuid) AND runner = CAST(:runner AS uuid)
    RETURNING {_COLUMNS}
    """)
)
_GET = Statement(
    text(f"""
    SELECT {_COLUMNS} FROM import_run
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text)
    """)
)


class ImportNotFound(NotFound):
    """No import has this id."""

    slug = "import-not-found"
    title = "There is no import with this id."


class ImportTakenOver(Conflict):
    """Somebody else goes on with this import."""

    slug = "import-taken-over"
    title = "Another run goes on with this import; this one has stopped."


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import as it stands: its counts, how much of the file is done (0 to 1), and why it failed."""

    id: UUID
    actor: str
    legal_entity: str
    state: State
    source_system: str | None
    strict: bool
    size_bytes: int
    share_done: float
    created: int
    linked: int
    updated: int
    unchanged: int
    stale: int
    in_review: int
    rejected: int
    problem: str | None
    opened_at: datetime
    finished_at: datetime | None

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → how often, by the names of `COUNTED`."""
        return {name: getattr(self, name) for name in COUNTED}


@dataclass(frozen=True, slots=True)
class Run:
    """One runner at work on one import: whoever comes later with another runner id replaces it."""

    import_id: UUID
    runner: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked to be imported.

    `fingerprint` is keyed and names the file and how it is read: an unfinished import of the same one goes on.
    """

    fingerprint: bytes | None
    size_bytes: int
    origin: Literal["command", "upload"] = "command"
    source_system: str | None = None
    strict: bool = False


def import_of(row: Row) -> Import:
    """A row of the table as an import; further columns of it are passed over."""
    return Import(**{name: row[name] for name in Import.__dataclass_fields__})


async def start(work: Work, order: Order) -> tuple[Import, Run]:
    """Begin an import, or go on with the unfinished one of the same file; who ran it before is replaced."""
    runner = work.new_id()
    row: Row | None = None
    if order.origin == "command":
        row = await work.connection.fetch_one(
            _CONTINUE,
            runner=runner,
            now=work.now,
            legal_entity=work.legal_entity,
            fingerprint=order.fingerprint,
        )
    if row is None:
        row = await work.connection.fetch_one(
            _OPEN,
            id=work.new_id(),
            legal_entity=work.legal_entity,
            actor=work.actor.subject,
            origin=order.origin,
            state="running" if order.origin == "command" else "arriving",
            source_system=order.source_system,
            strict=order.strict,
            fingerprint=order.fingerprint,
            size_bytes=order.size_bytes,
            runner=runner,
            now=work.now,
        )
        assert row is not None  # noqa: S101  # an insert returns its row
        work.note("import.start", str(row["id"]))
    begun = import_of(row)
    return begun, Run(begun.id, runner)


async def lines_done(work: Work, import_id: UUID) -> list[tuple[int, int]]:
    """The lines that are done, as (first, first behind) of each run of them, rising."""
    rows = await work.connection.fetch(_LINES_DONE, id=import_id)
    return [(row["first"], row["behind"]) for row in rows]


async def end(
    work: Work, run: Run, *, state: Literal["done", "failed"], problem: str | None = None
) -> Import:
    """Say that an import is over.

    Raises:
        ImportTakenOver: Another run has replaced this one.
    """
    row = await work.connection.fetch_one(
        _END, id=run.import_id, runner=run.runner, state=state, problem=problem, now=work.now
    )
    if row is None:
        raise ImportTakenOver
    work.note(f"import.{state}", str(run.import_id))
    return import_of(row)


async def get_import(work: Work, import_id: UUID) -> Import:
    """One import of the caller's legal entity.

    Raises:
        ImportNotFound: There is none.
    """
    row = await work.connection.fetch_one(_GET, id=import_id, legal_entity=work.legal_entity)
    if row is None:
        raise ImportNotFound
    return import_of(row)
