"""Every command of `ecif`: a thin door that reads the settings, opens the database, and tells one story."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ecif.cli.checking import check_golden as run_check_golden
from ecif.cli.deliveries import show_deliveries
from ecif.cli.doctor import examine
from ecif.cli.documents import asyncapi, openapi
from ecif.cli.greeting import greet
from ecif.cli.importing import import_file
from ecif.cli.installation import (
    Installation,
    database_of,
    keys_of,
    log_file,
    settings_of,
)
from ecif.cli.logs import write_logs
from ecif.cli.match import match_app
from ecif.cli.refusing import CannotStart
from ecif.cli.running import WorkerProcess, do_work, ending_at_signals, serve_api
from ecif.cli.sweeping import customers_app
from ecif.errors import Refusal
from ecif.intake import write_sample
from ecif.private_files import UnsafeFile
from ecif.security import Scope, TokenIssuer
from ecif.store import migrate
from ecif.store.embedded import EmbeddedPostgres
from ecif.store.embedded_user import EmbeddedPostgresError

app = typer.Typer(
    name="ecif",
    help="Enterprise Customer Information Facility: who is this customer?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.command(name="import")(import_file)
app.add_typer(match_app, name="match")
app.add_typer(customers_app, name="customers")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder of the installation (ECIF_HOME).")
]
PortOption = Annotated[
    int | None, typer.Option("--port", help="Port to listen on; 0 takes any free one (ECIF_PORT).")
]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on (ECIF_HOST).")]


@app.command()
def up(home: HomeOption = None, port: PortOption = None, host: HostOption = None) -> None:
    """Start everything in one terminal: PostgreSQL, API and worker; Ctrl-C stops it all."""
    settings = settings_of(home=home, port=port, host=host)
    keys = keys_of(settings)
    with ending_at_signals(), ExitStack() as running:
        log = running.enter_context(log_file(settings.home).open("ab"))
        write_logs(running.enter_context(log_file(settings.home).open("a")), settings.log_level)
        if settings.database_url is None:
            embedded = EmbeddedPostgres(settings.home)
            running.callback(embedded.stop)
            url = embedded.start()
        else:
            url = settings.database_url.get_secret_value()
        migrate.upgrade(url)
        worker = WorkerProcess(settings, url, log)
        running.callback(worker.stop, within_seconds=settings.shutdown_seconds)
        worker.start()
        serve_api(
            Installation(settings, keys, url),
            log_to=log,
            on_started=lambda listening: greet(settings, keys, listening),
            every_second=worker.ensure,
        )


@app.command()
def serve(home: HomeOption = None, port: PortOption = None, host: HostOption = None) -> None:
    """Serve the API alone, on a migrated database."""
    settings = settings_of(home=home, port=port, host=host)
    write_logs(sys.stderr, settings.log_level)
    with database_of(settings) as url:
        serve_api(
            Installation(settings, keys_of(settings), url),
            log_to=sys.stdout.buffer,
            on_started=lambda _: None,
            every_second=lambda: None,
        )


@app.command()
def work(
    home: HomeOption = None,
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Do the worker's duties: number events, deliver them, follow rule changes, forget what is old."""
    settings = settings_of(home=home)
    write_logs(sys.stderr, settings.log_level)
    with database_of(settings) as url:
        do_work(Installation(settings, keys_of(settings), url), supervised=supervised)


@app.command(name="migrate")
def migrate_database(home: HomeOption = None) -> None:
    """Bring the database to the tables of this version."""
    settings = settings_of(home=home)
    with database_of(settings) as url:
        migrate.upgrade(url)
    typer.echo(f"The database is at migration {migrate.head()}.")


@app.command()
def token(
    scope: Annotated[list[str], typer.Option("--scope", help="A scope; may be repeated.")],
    subject: Annotated[str, typer.Option("--subject", help="Who bears it.")] = "operator",
    hours: Annotated[float, typer.Option("--hours", help="How long it is valid.", min=0.01)] = 12.0,
    legal_entity: Annotated[str, typer.Option("--legal-entity", help="For whom.")] = "main",
    home: HomeOption = None,
) -> None:
    """Print a bearer token that is signed by the installation's own key."""
    settings = settings_of(home=home)
    unknown = [word for words in scope for word in words.split() if word not in set(Scope)]
    if unknown:
        raise CannotStart(f"Unknown scope: {unknown[0]}. There are: {', '.join(Scope)}.")
    issuer = TokenIssuer(
        keys_of(settings).signing, issuer=settings.source, audience=settings.token_audience
    )
    scopes = [Scope(word) for words in scope for word in words.split()]
    try:
        issued = issuer.issue(
            subject,
            scopes,
            lifetime=timedelta(hours=hours),
            now=datetime.now(UTC),
            legal_entity=legal_entity,
        )
    except ValueError as error:
        raise CannotStart(f"{error}.") from None
    typer.echo(issued)


app.command()(openapi)
app.command()(asyncapi)


@app.command(name="check-golden")
def check_golden(home: HomeOption = None) -> None:
    """Derive every customer again; exit 1 and a list when a stored value differs."""
    settings = settings_of(home=home)
    with database_of(settings) as url:
        checked, differing = run_check_golden(Installation(settings, keys_of(settings), url))
    for number in differing:
        typer.echo(number)
    typer.echo(f"{checked} customers checked, {len(differing)} differ.", err=bool(differing))
    if differing:
        raise typer.Exit(1)


@app.command()
def deliveries(
    once: Annotated[bool, typer.Option("--once", help="Print the table once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON once, for scripts.")] = False,
    home: HomeOption = None,
) -> None:
    """Show every subscription: lag, oldest unsent event, what waits or is parked, the last failure."""
    settings = settings_of(home=home)
    with database_of(settings) as url:
        installation = Installation(settings, keys_of(settings), url)
        show_deliveries(installation, Console(), once=once, as_json=as_json)


@app.command()
def sample(
    out: Annotated[Path, typer.Option("--out", "-o", help="A .csv, .ndjson or .parquet file.")],
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many records.")] = 1_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same file.")] = 1,
) -> None:
    """Write invented customers of four source systems, to try everything with."""
    try:
        write_sample(out, rows=rows, seed=seed)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    typer.echo(f"{out}: {rows} records.")


@app.command()
def doctor(home: HomeOption = None) -> None:
    """Say in plain words what is wrong with this installation."""
    settings = settings_of(home=home)
    if not examine(settings, Console()):
        raise typer.Exit(1)


def run() -> None:
    """Run a command.

    Raises:
        CannotStart: What is expected to go wrong has gone wrong.
    """
    try:
        app()
    except (EmbeddedPostgresError, UnsafeFile) as error:
        raise CannotStart(str(error)) from None
    except Refusal as refusal:
        raise CannotStart(refusal.detail) from None
