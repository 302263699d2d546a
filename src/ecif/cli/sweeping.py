"""`ecif customers dedupe`: all stored customers asked again whose they are, under a progress bar."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ecif import intake
from ecif.cli.installation import Installation
from ecif.cli.match_progress import ShownProgress
from ecif.cli.premises import at_installation, operator
from ecif.cli.refusing import CannotStart
from ecif.errors import Busy
from ecif.intake import Forecast, Sweep
from ecif.opening import opened
from ecif.security import Actor

customers_app = typer.Typer(help="What is done to all stored customers.", no_args_is_help=True)

_GO_ON = "What was decided is kept: run the same command again to go on."


@customers_app.callback()
def customers() -> None:
    """What is done to all stored customers."""


@customers_app.command(name="dedupe")
def dedupe_customers(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    legal_entity: Annotated[str, typer.Option("--legal-entity", help="Whose customers.")] = "main",
    home: Annotated[
        Path | None, typer.Option("--home", help="Folder of the installation (ECIF_HOME).")
    ] = None,
) -> None:
    """Join stored customers that are the same, and open reviews about those that may be; run again, it goes on."""
    actor = operator(legal_entity)
    with at_installation(home) as installation:
        try:
            done = asyncio.run(_sweep(installation, actor, dry_run=dry_run))
        except KeyboardInterrupt:
            raise CannotStart(f"Interrupted. {_GO_ON}") from None
        except Busy:
            raise CannotStart(f"The database does not answer. {_GO_ON}") from None
    would = "would be " if dry_run else ""
    table = Table("what", "count")
    table.columns[1].justify = "right"
    table.add_row("customers looked at", f"{done.looked_at:,}")
    table.add_row(f"customers {would}joined with an older one", f"{done.joined:,}")
    table.add_row(f"reviews {would}opened", f"{done.in_review:,}")
    Console().print(table)


async def _sweep(installation: Installation, actor: Actor, *, dry_run: bool) -> Sweep | Forecast:
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        with ShownProgress() as progress:
            go = intake.foresee_all if dry_run else intake.sweep_all
            return await go(database, actor, progress)
    finally:
        await database.close()
