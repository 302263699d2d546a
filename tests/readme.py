"""What the README tells a newcomer to type: its blocks, and an installation to type them at."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_PATIENCE_SECONDS = 90


def block(mark: str) -> str:
    """The block of the README under a mark."""
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)\n```", README, re.DOTALL)
    assert found is not None, f"the README has no {mark}"
    return found[1]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def new_installation(run_folder: Path, name: str, **settings: str) -> Iterator[dict[str, str]]:
    """An installation started as `make run` starts it; the environment of its user."""
    port = free_port()
    environment = {
        **os.environ,
        "ECIF_HOME": str(run_folder / name),
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **settings,
    }
    with (run_folder / "logs" / f"{name}.log").open("wb") as log:
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
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not become ready")
