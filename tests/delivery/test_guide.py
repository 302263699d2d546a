"""The README's guide to subscribing is a program: it runs word for word, against the receiver it names."""

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

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _between(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)\n```", README, re.DOTALL)
    assert found is not None, f"the README has no {mark}"
    return found[1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> Iterator[dict[str, str]]:
    """A new installation that may deliver to this machine; the environment of its user."""
    port = _free_port()
    environment = {
        **os.environ,
        "ECIF_HOME": str(run_folder / "guide"),
        "ECIF_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "ECIF_WEBHOOK_HTTP": "true",
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with (run_folder / "logs" / "guide.log").open("wb") as log:
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
def test_whoever_follows_the_guide_receives_verified_events(
    service: dict[str, str], tmp_path: Path
) -> None:
    beginning = "\n".join(_between("tour").splitlines()[:2])
    guide = f"{beginning}\n{_between('subscribe')}"
    guide = guide.replace(".venv/bin/python deploy/", f"python {ROOT}/deploy/")
    guide = guide.replace(".venv/bin/", "").replace("9000", str(_free_port()))

    printed = subprocess.run(
        ["bash", "-ec", guide],
        env=service,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert printed.returncode == 0, printed.stdout + printed.stderr
    assert printed.stdout.split() == _between("subscribe output").split()
