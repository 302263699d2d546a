"""The README's tour is a program: it runs word for word, and prints what the README says."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _between(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)\n```", README, re.DOTALL)
    assert found is not None, f"the README has no {mark}"
    return found[1]


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Iterator[dict[str, str]]:
    """A new installation, started as `make run` starts it; the environment of its user."""
    home = run_folder / "tour"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "ECIF_HOME": str(home),
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "80",
    }
    with (run_folder / "logs" / "tour.log").open("wb") as log:
        started = subprocess.Popen(
            ["ecif", "up", "--port", str(port)], env=environment, stdout=log, stderr=log, cwd=ROOT
        )
        try:
            _wait_until_ready(port)
            yield environment
        finally:
            started.terminate()
            assert started.wait(30) == 0


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the service did not become ready")


@pytest.mark.timeout(240)
def test_the_tour_of_the_readme_prints_what_the_readme_says(
    service: dict[str, str], tmp_path: Path
) -> None:
    tour = _between("tour").replace(".venv/bin/ecif", "ecif")

    printed = subprocess.run(
        ["bash", "-ec", tour],
        env=service,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert printed.returncode == 0, printed.stdout + printed.stderr
    assert _steady(printed.stdout) == _steady(_between("tour output"))


def _steady(printed: str) -> list[str]:
    """The lines without the progress bar, which is drawn as wide as the terminal."""
    return [line.rstrip() for line in printed.splitlines() if "━━━ " not in line and line.strip()]
