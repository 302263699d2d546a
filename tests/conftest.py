"""What every test may ask for, and the policy of the tests.

Policy:
    - Pure rules are tested without a fixture. Rooms and stories are tested on a real PostgreSQL: a
      private one that starts by itself, or the server that ECIF_TEST_DATABASE_URL names (its role
      must be allowed to create databases).
    - Each test that asks for a database gets a fresh copy of a migrated one, commits for real, and
      shares nothing.
    - None of our own code is mocked. Fakes stand at the edge of the process only: a subscriber is a
      small ASGI app, a broker is a real one or the test says aloud that it is skipped, the clock is
      `work.now`.
    - A test is a sentence about the bank; one behaviour each; given, when, then are parted by blank
      lines.
    - Warnings are errors, and nothing but this machine and the test database can be reached.
    - Generated values are the same for everybody in the short tier, so that a red run can be repeated;
      the long tiers (ECIF_TORTURE_SCALE above 1) search anew each time.
    - After the last test the canary sweep reads all that the run has left behind (tests/sweep.py).
"""

import ipaddress
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests import postgres, sweep

settings.register_profile(
    "ecif", deadline=None, derandomize=os.environ.get("ECIF_TORTURE_SCALE", "1") == "1"
)
settings.load_profile("ecif")


_TOGETHER = ("tests/torture/", "tests/house/test_deploy.py")
"""What shares one costly run or server: it goes to one process whole."""


class _Together(LoadScopeScheduling):  # type: ignore[misc]
    """Every other test goes where there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return next((each for each in _TOGETHER if nodeid.startswith(each)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together:
    """How tests are shared out among processes."""
    return _Together(config, log)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """The folder the canary sweep reads at the end; `logs` in it takes the output of processes."""
    return postgres.run_folder()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The run's PostgreSQL: the address of a database that holds nothing of ours."""
    return postgres.server_url()


@pytest.fixture(scope="session")
def template_database() -> str:
    """The name of the migrated database that tests copy."""
    return postgres.template_database()


@pytest.fixture
def database_url(template_database: str) -> Iterator[str]:
    """A migrated database that belongs to this test alone."""
    with postgres.fresh_copy(template_database) as url:
        yield url


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """A database without tables that belongs to this test alone."""
    with postgres.fresh_copy(None) as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run: its folder, its log, closed doors to the network."""
    folder = postgres.begin_run()
    name = os.environ.get("PYTEST_XDIST_WORKER", "tests")
    log = logging.FileHandler(folder / "logs" / f"{name}.log", encoding="utf-8")
    log.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(log)
    sys.addaudithook(_refuse_far_addresses)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last step of a run: end the server, then sweep what is left."""
    if _is_worker(session.config):
        return
    postgres.stop_server()
    if found := sweep.findings(postgres.run_folder()):
        print("\nPersonal data left behind:", *found, sep="\n  ")  # noqa: T201 - the verdict of the run
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clear the folder of the run away."""
    if not _is_worker(config):
        postgres.end_run()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _refuse_far_addresses(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not _is_near(host) and host not in os.environ.get(postgres.ANOTHER_SERVER, ""):
        raise PermissionError(f"A test reached for {host}: tests talk to this machine alone.")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
