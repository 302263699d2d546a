"""The README's tour is a program: it runs word for word, and prints what the README says."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme import block, new_installation


@pytest.fixture
def service(run_folder: Path) -> Iterator[dict[str, str]]:
    """A new installation, started as `make run` starts it; the environment of its user."""
    with new_installation(run_folder, "tour", COLUMNS="80") as environment:
        yield environment


@pytest.mark.timeout(240)
def test_the_tour_of_the_readme_prints_what_the_readme_says(
    service: dict[str, str], tmp_path: Path
) -> None:
    tour = block("tour").replace(".venv/bin/ecif", "ecif")

    printed = subprocess.run(
        ["bash", "-ec", tour],
        env=service,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert printed.returncode == 0, printed.stdout + printed.stderr
    assert _steady(printed.stdout) == _steady(block("tour output"))


def _steady(printed: str) -> list[str]:
    """The lines without the progress bar, which is drawn as wide as the terminal."""
    return [line.rstrip() for line in printed.splitlines() if "━━━ " not in line and line.strip()]
