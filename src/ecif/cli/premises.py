"""The installation that an operator works at from the command line, and by which name."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecif.cli.installation import Installation, database_of, keys_of, settings_of
from ecif.cli.refusing import CannotStart
from ecif.errors import Refusal
from ecif.private_files import UnsafeFile
from ecif.security import Actor, Scope
from ecif.store.embedded_user import EmbeddedPostgresError


@contextmanager
def at_installation(home: Path | None) -> Iterator[Installation]:
    """The installation, its database reachable for the while.

    Raises:
        CannotStart: What is expected to go wrong has gone wrong.
    """
    try:
        settings = settings_of(home=home)
        with database_of(settings) as url:
            yield Installation(settings, keys_of(settings), url)
    except (EmbeddedPostgresError, UnsafeFile) as error:
        raise CannotStart(str(error)) from None
    except Refusal as refusal:
        raise CannotStart(refusal.detail) from None


def operator(legal_entity: str) -> Actor:
    """The person at the terminal, acting for one legal entity.

    Raises:
        CannotStart: That is no legal entity.
    """
    try:
        return Actor(f"operator:{_user()}", frozenset({Scope.ADMIN}), legal_entity)
    except ValueError as error:
        raise CannotStart(f"{error}.") from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
