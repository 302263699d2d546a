"""One program, watched from outside: wall time, CPU and the memory of all its processes."""

import os
import subprocess
import time
from typing import NamedTuple

import psutil


class Watched(NamedTuple):
    """`peak_mb`: the most that all processes held together, shared pages counted once (PSS), in MB of 10^6 bytes."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Failed(Exception):
    """The program did not end well; the text is the end of what it said."""


_PAUSE_SECONDS = 0.1
_LAST_CHARACTERS = 2_000


def watch(command: list[str]) -> Watched:
    """Run a program to its end.

    Raises:
        Failed: It ended with another code than 0.
    """
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        told = process.stderr
        assert told is not None
        os.set_blocking(told.fileno(), False)
        said, peak = b"", 0
        while True:
            said = (said + (told.read() or b""))[-_LAST_CHARACTERS:]
            peak = max(peak, _held(process.pid))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(_PAUSE_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(said.decode(errors="replace"))
    seconds = time.perf_counter() - began
    return Watched(seconds, used.ru_utime + used.ru_stime, peak / 1e6)


def _held(pid: int) -> int:
    """Bytes that a process and its offspring hold."""
    total = 0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for one in family:
        try:
            total += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
