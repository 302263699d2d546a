"""The README's guide to subscribing is a program: it runs word for word, against the receiver it names."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme import ROOT, block, free_port, new_installation


@pytest.fixture
def service(run_folder: Path) -> Iterator[dict[str, str]]:
    """A new installation that may deliver to this machine; the environment of its user."""
    with new_installation(
        run_folder, "guide", ECIF_WEBHOOK_NETWORKS="127.0.0.0/8", ECIF_WEBHOOK_HTTP="true"
    ) as environment:
        yield environment


@pytest.mark.timeout(240)
def test_whoever_follows_the_guide_receives_verified_events(
    service: dict[str, str], tmp_path: Path
) -> None:
    beginning = "\n".join(block("tour").splitlines()[:2])
    guide = f"{beginning}\n{block('subscribe')}"
    guide = guide.replace(".venv/bin/python deploy/", f"python {ROOT}/deploy/")
    guide = guide.replace(".venv/bin/", "").replace("9000", str(free_port()))

    printed = subprocess.run(
        ["bash", "-ec", guide],
        env=service,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert printed.returncode == 0, printed.stdout + printed.stderr
    assert printed.stdout.split() == block("subscribe output").split()
