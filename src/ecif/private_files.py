"""Files of an installation that nobody else may read."""

import os
import stat
import tempfile
from pathlib import Path


class UnsafeFile(Exception):
    """Others may read or change a file that must be private."""


def read_private_file(path: Path) -> str | None:
    """The text of a private file; None when there is none.

    Raises:
        UnsafeFile: Others than its owner (and, for reading, its group) can get at it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o037:
                raise UnsafeFile(f"{path} is open to others; run: chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        return None


def create_private_file(path: Path, text: str) -> str:
    """Write a private file unless it exists; it appears whole, on disk, or not at all.

    Returns:
        What the file holds: `text`, or what another process wrote a moment before.
    """
    # Not listed, but passed through: as root, the private PostgreSQL in it runs as another user.
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return read_private_file(path) or ""
    finally:
        os.unlink(name)
    _sync_folder(path.parent)
    return text


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
