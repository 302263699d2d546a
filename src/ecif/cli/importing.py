"""`ecif import`: a file taken in under a progress bar; run again, it goes on where it ended."""

import asyncio
import getpass
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ecif import identity, intake
from ecif.cli.installation import (
    Installation,
    bring_up_to_date,
    database_of,
    keys_of,
    settings_of,
)
from ecif.cli.mapping import MappingOption, mapped_names
from ecif.cli.refusing import CannotStart
from ecif.errors import Busy
from ecif.intake import Crew, FileOrder, Import, Premises
from ecif.opening import opened
from ecif.security import Actor, Scope

_GO_ON = "What was taken in is kept: run the same command again to go on."
_SHOWN_REJECTS = 5


def import_file(  # noqa: PLR0913  # a command has as many parameters as options
    file: Annotated[
        Path, typer.Argument(help="CSV, NDJSON or Parquet.", exists=True, dir_okay=False)
    ],
    source_system: Annotated[
        str | None, typer.Option("--source-system", help="The system all rows come from.")
    ] = None,
    mapping: MappingOption = None,
    reject_file: Annotated[
        Path | None, typer.Option("--reject-file", help="CSV for the lines not taken in.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the text; found out when not given.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Reject impossible dates.")] = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="Folder of the installation (ECIF_HOME).")
    ] = None,
) -> None:
    """Take the records of a file in, exactly once; run again after an interruption, it goes on."""
    settings = settings_of(home=home)
    rules = intake.ReadingRules(
        names=mapped_names(mapping) or identity.ColumnNames(),
        source_system=source_system,
        strict=strict,
    )
    order = FileOrder(
        path=file,
        rules=rules,
        encoding=encoding,
        only_listed=settings.source_systems == "listed",
    )
    with database_of(settings) as url:
        if settings.database_url is None:
            bring_up_to_date(url)
        _run_import(Installation(settings, keys_of(settings), url), order, reject_file)


def run() -> None:
    """Run `ecif import …`."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name="import")(import_file)
    alone(args=sys.argv[2:], prog_name="ecif import")


def _run_import(installation: Installation, order: FileOrder, reject_file: Path | None) -> None:
    """Take a file in and show what became of its lines.

    Raises:
        CannotStart: The file cannot be read, or the import was interrupted; the text says what to do.
    """
    premises = Premises(database_url=installation.database_url, keys=installation.keys.master)
    # Nothing runs in this process yet, so that others may be forked from it.
    crew = intake.crew_for(premises, order.size_bytes, method="fork")
    try:
        asyncio.run(_import(installation, crew, order, reject_file))
    except (intake.FileNotReadable, identity.ColumnsNotUnderstood) as error:
        raise CannotStart(f"{order.path}: {error}") from None
    except OSError as error:
        raise CannotStart(f"{error.filename or order.path}: {error.strerror}") from None
    except KeyboardInterrupt:
        raise CannotStart(f"Interrupted. {_GO_ON}") from None
    except intake.ImportInterrupted as error:
        raise CannotStart(f"{error} {_GO_ON}") from None
    except Busy:
        raise CannotStart(f"The database does not answer. {_GO_ON}") from None
    finally:
        if crew is not None:
            crew.close()


async def _import(
    installation: Installation, crew: Crew | None, order: FileOrder, reject_file: Path | None
) -> None:
    console = Console()
    actor = Actor(f"operator:{_user()}", frozenset({Scope.ADMIN}))
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        with _Bar(console) as bar:
            done = await intake.import_file(database, crew, actor, order, bar.watch)
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
