"""A new PostgreSQL cluster, with the role and the database `ecif` in it."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ecif.store.embedded_user import (
    EmbeddedPostgresError,
    ServerUser,
    as_user,
    make_private,
    programs,
)

_FIRST_STATEMENTS = "CREATE ROLE ecif LOGIN CREATEDB;\nCREATE DATABASE ecif OWNER ecif;\n"


def make_cluster(home: Path, data: Path, user: ServerUser, *, durable: bool) -> None:
    """Make a cluster under another name, and give it its own when it is whole.

    Args:
        home: Folder of the installation; the programs are found for it.
        data: Where the cluster will be.
        user: Whose it will be.
        durable: It is on the disk when this returns.

    Raises:
        EmbeddedPostgresError: PostgreSQL cannot make it; the text quotes why.
    """
    draft = home / "postgres.draft"
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, user)
    where = ("-D", str(draft), *(() if durable else ("--no-sync",)))
    who = ("--username=postgres", "--auth-local=trust", "--auth-host=reject")
    order = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    folder = programs(home, user)
    _run(folder / "initdb", (*where, *who, "--encoding=UTF8", *order), user)
    strict = ("-c", "exit_on_error=on", "-c", "log_min_messages=fatal")
    alone = ("--single", "-D", str(draft), *strict, "postgres")
    _run(folder / "postgres", alone, user, _FIRST_STATEMENTS)
    # Only a whole cluster ever gets the name: an interrupted first start begins anew.
    draft.rename(data)


def _run(program: Path, arguments: Sequence[str], user: ServerUser, stdin: str = "") -> None:
    command = [str(program), *arguments]
    done = subprocess.run(
        command, input=stdin.encode(), capture_output=True, check=False, **as_user(user)
    )
    if done.returncode:
        raise EmbeddedPostgresError(f"{program.name} failed: {done.stderr.decode().strip()}")
