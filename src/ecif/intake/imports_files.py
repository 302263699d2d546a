"""A file on this machine taken in from beginning to end, and its rejects written out."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import orjson

from ecif.intake.files import rows_of
from ecif.intake.files_survey import Survey, survey
from ecif.intake.imports import Import, Order, Run, start
from ecif.intake.imports_crew import Crew, hands_of
from ecif.intake.imports_hands import Job
from ecif.intake.imports_running import Watch, carry_out
from ecif.intake.messages import ReadingRules, RowReader
from ecif.intake.rejects import Reject, RejectFile, list_rejects
from ecif.security import Actor
from ecif.store import Database, Work

_REJECTS_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrder:
    """A file to be imported, and how it is to be read; `encoding` None finds out."""

    path: Path
    rules: ReadingRules = field(default_factory=ReadingRules)
    encoding: str | None = None
    only_listed: bool = False

    @property
    def size_bytes(self) -> int:
        """How large the file is now."""
        return self.path.stat().st_size

    def survey(self) -> Survey:
        """Look the file over once.

        Raises:
            FileNotReadable: It cannot be read.
            ColumnsNotUnderstood: Its columns cannot be read.
            OSError: It cannot be opened.
        """
        with self.path.open("rb") as file:
            seen = survey(file, encoding=self.encoding)
            with closing(rows_of(file, seen)) as rows:
                if rows.header:
                    RowReader(self.rules).columns(rows.header)
        return seen


async def import_file(
    database: Database, crew: Crew | None, actor: Actor, order: FileOrder, watch: Watch
) -> Import:
    """Take a file in; an unfinished import of the same file, read the same way, goes on where it ended.

    Args:
        database: Where its customers are.
        crew: Processes that share the work; None for this one alone.
        actor: Who imports.
        order: The file.
        watch: Is told how far it is.

    Raises:
        FileNotReadable: The file as a whole cannot be read.
        ColumnsNotUnderstood: Its columns cannot be read.
        ImportTakenOver: Another run of the same import has begun meanwhile.
        ImportInterrupted: A process of the import has gone; the same import can go on.
        Busy: The database does not answer; the same import can go on.
    """
    seen = order.survey()
    begun, run = await begin(database, actor, order, seen)
    job = Job(run=run, actor=actor, rules=order.rules, only_listed=order.only_listed)
    watch(begun.counts, begun.share_done)
    with (
        order.path.open("rb") as file,
        closing(rows_of(file, seen)) as rows,
    ):  # its rows are read in a thread
        return await carry_out(database, job, rows, hands_of(database, crew, job), watch)


async def begin(
    database: Database, actor: Actor, order: FileOrder, seen: Survey
) -> tuple[Import, Run]:
    """Begin the import of a file, or go on with an unfinished one; who ran it before is replaced."""
    rules = order.rules
    names = rules.names
    how = [names.words, names.constants, rules.source_system, rules.strict, seen.encoding]
    wanted = Order(
        fingerprint=database.vault.fingerprint(actor.legal_entity, seen.digest + orjson.dumps(how)),
        size_bytes=seen.size_bytes,
        source_system=rules.source_system,
        strict=rules.strict,
    )
    return await database.run(actor, lambda work: start(work, wanted))


async def write_rejects(
    database: Database, actor: Actor, done: Import, order: FileOrder, out: TextIO
) -> None:
    """Write the rejects of an import with the columns of its file, which is read again for them."""
    seen, after = order.survey(), 0

    async def some(work: Work) -> list[Reject]:
        return await list_rejects(work, done.id, after=after, limit=_REJECTS_AT_A_TIME)

    with (
        order.path.open("rb") as read,
        closing(rows_of(read, seen)) as rows,
    ):  # nothing else waits for this loop
        file = RejectFile(out, rows, rows.header)
        while rejects := await database.run(actor, some):
            file.add(rejects)
            after = rejects[-1].line
