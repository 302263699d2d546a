"""Brings a database to the tables of this version."""

from importlib.resources import as_file, files
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_PACKAGED = "_migrations"
_ALEMBIC = Lock()  # keeps its context in globals of the process


def upgrade(url: str) -> None:
    """Apply the migrations that the database lacks; of several callers one does, the others wait.

    Runs an event loop of its own: from a coroutine call it in a thread.

    Args:
        url: Address of the database; its role owns the tables.
    """
    with _ALEMBIC:
        command.upgrade(_configuration(url), "head")


def check(url: str) -> None:
    """Compare the tables of a migrated database with the declared ones.

    Raises:
        alembic.util.CommandError: They differ, or migrations are missing.
    """
    with _ALEMBIC:
        command.check(_configuration(url))


def head() -> str | None:
    """The last migration of this version; None while there is none."""
    return ScriptDirectory.from_config(_configuration("")).get_current_head()


def _configuration(url: str) -> Config:
    configuration = Config(attributes={"url": url})
    configuration.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    configuration.set_main_option("path_separator", "newline")
    return configuration


def _folder() -> Path:
    """An installed wheel carries the migrations within the package, a checkout beside it."""
    with as_file(files("ecif")) as package:
        packaged = package / _PACKAGED
        return packaged if packaged.exists() else package.parents[1] / "migrations"
