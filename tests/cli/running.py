"""`ecif up` in the background of a test, as a user has it in a terminal."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

ECIF = [sys.executable, "-m", "ecif.cli"]


@contextmanager
def running(env: dict[str, str], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """`ecif up` in the background: the process, its address, its token."""
    with log.open("wb") as out:
        process = subprocess.Popen([*ECIF, "up", "--port", "0"], env=env, stdout=out, stderr=out)
    try:
        deadline = monotonic() + 60
        while "Ctrl-C" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert monotonic() < deadline, log.read_text()
            sleep(0.05)
        said = log.read_text()
        [address] = re.findall(r"ready on (\S+)", said)
        [token] = re.findall(r"^export TOKEN=(\S+)$", said, re.MULTILINE)
        yield process, address, token
    finally:
        process.kill()
        process.wait()
