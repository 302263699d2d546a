import os
from pathlib import Path

import pytest


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """An installation of the test's own, on a database of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ECIF_")}
    return {
        **clean,
        "ECIF_HOME": str(tmp_path / "home"),
        "ECIF_DATABASE_URL": database_url,
        "ECIF_REQUEST_TIMEOUT_SECONDS": "30",
    }


@pytest.fixture
def log(run_folder: Path, tmp_path: Path) -> Path:
    """Where the output of a process goes, so that the canary sweep reads it."""
    mine = os.environ.get(
        "PYTEST_XDIST_WORKER", "tests"
    )  # two of them may use one name of a folder
    return run_folder / "logs" / f"{mine}-{tmp_path.name}.log"
