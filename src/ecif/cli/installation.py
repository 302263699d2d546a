"""The installation a command works on: its settings, its keys, its database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ecif.cli.refusing import CannotStart
from ecif.private_files import create_private_file, read_private_file
from ecif.security import InstallationKeys
from ecif.settings import Settings, unknown_variables
from ecif.store.embedded import EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Installation:
    """What every command that touches data needs."""

    settings: Settings
    keys: InstallationKeys
    database_url: str


def settings_of(**options: Any) -> Settings:
    """The settings of this installation; an option that is None leaves the variable its say.

    Raises:
        CannotStart: A variable or option has no sense, or is misspelt.
    """
    if unknown := unknown_variables(os.environ):
        raise CannotStart(f"Unknown setting: {', '.join(unknown)}. The README lists all of them.")
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()
        )
        raise CannotStart("; ".join(faults)) from None


def keys_of(settings: Settings) -> InstallationKeys:
    """The installation's keys, made on its first start.

    Raises:
        CannotStart: The key file is damaged.
        UnsafeFile: Others may read it.
    """
    path = settings.key_path
    text = read_private_file(path)
    if text is None:
        text = create_private_file(path, InstallationKeys.fresh().text)
    try:
        return InstallationKeys.of(text)
    except ValueError as error:
        raise CannotStart(f"{path}: {error}. Restore it from your backup.") from None


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The address of the installation's database; an embedded one that does not run is started for the while.

    Raises:
        EmbeddedPostgresError: PostgreSQL cannot run here.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    embedded = EmbeddedPostgres(settings.home)
    if (url := embedded.url()) is not None:
        yield url
        return
    with embedded:
        running = embedded.url()
        assert running is not None  # noqa: S101  # it has just been started
        yield running


def bring_up_to_date(database_url: str) -> None:
    """Apply the migrations that an embedded database lacks.

    What does it is loaded here: where somebody else keeps the database, no command waits for that.
    """
    import_module("ecif.store.migrate").upgrade(database_url)


LOG_BYTES: Final = 20_000_000


def log_file(home: Path) -> Path:
    """The log of `ecif up`; a full one is put aside first."""
    path = home / "ecif.log"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    path.touch(mode=0o600)
    return path
