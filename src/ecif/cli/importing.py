"""`ecif import`: a file taken in under a progress bar; run again, it goes on where it ended."""

import asyncio
import getpass
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ecif import identity, intake
from ecif.app import opened
from ecif.cli.installation import Installation
from ecif.cli.refusing import CannotStart
from ecif.errors import Busy
from ecif.intake import FileOrder, Import, Premises
from ecif.security import Actor, Scope

_GO_ON = "What was taken in is kept: run the same command again to go on."
_SHOWN_REJECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """The options of `ecif import` as they were given."""

    file: Path
    source_system: str | None = None
    mapping: Path | None = None
    reject_file: Path | None = None
    encoding: str | None = None
    strict: bool = False


def run_import(installation: Installation, options: ImportOptions, console: Console) -> None:
    """Take a file in and show what became of its lines.

    Raises:
        CannotStart: The file or the mapping cannot be read, or the import was interrupted; the text says what to do.
    """
    order = _order_of(installation, options)
    try:
        asyncio.run(_import(installation, order, options.reject_file, console))
    except (intake.FileNotReadable, identity.ColumnsNotUnderstood) as error:
        raise CannotStart(f"{options.file}: {error}") from None
    except OSError as error:
        raise CannotStart(f"{error.filename or options.file}: {error.strerror}") from None
    except KeyboardInterrupt:
        raise CannotStart(f"Interrupted. {_GO_ON}") from None
    except intake.ImportInterrupted as error:
        raise CannotStart(f"{error} {_GO_ON}") from None
    except Busy:
        raise CannotStart(f"The database does not answer. {_GO_ON}") from None


def _order_of(installation: Installation, options: ImportOptions) -> FileOrder:
    names = identity.ColumnNames()
    if options.mapping is not None:
        try:
            names = identity.column_names_of(options.mapping.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CannotStart(f"{options.mapping} cannot be read: {error}") from None
        except identity.MappingUnreadable as error:
            raise CannotStart(f"{options.mapping}: {error}") from None
    return FileOrder(
        path=options.file,
        rules=intake.ReadingRules(
            names=names, source_system=options.source_system, strict=options.strict
        ),
        encoding=options.encoding,
        only_listed=installation.settings.source_systems == "listed",
    )


async def _import(
    installation: Installation, order: FileOrder, reject_file: Path | None, console: Console
) -> None:
    actor = Actor(f"operator:{_user()}", frozenset({Scope.ADMIN}))
    premises = Premises(database_url=installation.database_url, keys=installation.keys.master)
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        with _Bar(console) as bar:
            done = await intake.import_file(database, premises, actor, order, bar.watch)
        _show(done, console)
        if done.rejected and reject_file is not None:
            # The operator's own file, and its own lines: for nobody else to read.
            descriptor = os.open(reject_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as out:
                await intake.write_rejects(database, actor, done, order, out)
            console.print(f"Rejected lines: {reject_file}")
        elif done.rejected:
            rejects = await database.run(
                actor,
                lambda work: intake.list_rejects(work, done.id, after=0, limit=_SHOWN_REJECTS),
            )
            for reject in rejects:
                console.print(f"line {reject.line}: {reject.field} {reject.reason}", markup=False)
            console.print("--reject-file FILE writes all of them, with their columns.")
    finally:
        await database.close()


class _Bar:
    """The progress bar of one import."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[lines]} lines"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[outcomes]}"),
            console=console,
        )
        self._counts: Counter[str] = Counter()
        self._task = self._progress.add_task("", total=1.0, lines=0, outcomes="")

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def watch(self, counts: dict[str, int], share: float) -> None:
        """Some more lines are done."""
        self._counts.update(counts)
        lines = self._counts.total() - self._counts["in_review"]
        told = (f"{name} {self._counts[name]}" for name in intake.COUNTED if self._counts[name])
        self._progress.update(
            self._task, completed=share, lines=f"{lines:,}", outcomes=" · ".join(told)
        )


def _show(done: Import, console: Console) -> None:
    table = Table("outcome", "lines")
    table.columns[1].justify = "right"
    for name, count in done.counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    console.print(table)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
