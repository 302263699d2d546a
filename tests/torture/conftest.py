"""One run for all tests of this folder: an installation of its own, and what its torture has left behind."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.torture.record import Record
from tests.torture.run import Torture
from tests.torture.system import System

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
KILLS = int(os.environ.get("KILLS", "10" if SCALE == 1 else "1000"))
SEED = int(os.environ.get("SEED", "20261121"))


@pytest.fixture(scope="package")
def system() -> Iterator[System]:
    """An installation of its own, running."""
    home = Path(mkdtemp(prefix="ecif-torture-", dir="/tmp"))
    system = System(home, SEED)
    try:
        system.install()
        system.start_all()
        yield system
    finally:
        system.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")
def record(system: System) -> Record:
    """What the run has left behind."""
    return asyncio.run(Torture(system, SEED, KILLS).run())
