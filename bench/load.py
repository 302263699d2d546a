"""Load by wrk: one thread, sixteen connections, requests made ready before the clock runs."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CONNECTIONS: Final = 16

_READ = """
wrk.headers["Authorization"] = "Bearer {token}"
local requests, at = {{}}, 0
init = function(args)
  for line in io.lines("{lines}") do requests[#requests + 1] = wrk.format("GET", "/v1/customers/" .. line) end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
"""
_WRITE = """
wrk.headers["Authorization"] = "Bearer {token}"
wrk.headers["Content-Type"] = "application/json"
local requests, at = {{}}, {skip}
init = function(args)
  for line in io.lines("{lines}") do
    requests[#requests + 1] = wrk.format("POST", "/v1/customers", nil, line)
  end
end
request = function()
  at = at + 1
  return requests[at] or error("the load ran out of records")
end
"""
_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_ms":%.4f,"p99_ms":%.4f}\\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class NoLoad(Exception):
    """The load cannot be made, or the server did not stand it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk saw; latencies are those of its closed loop."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Target:
    """A server, the token it takes, and the core on which wrk runs."""

    port: int
    token: str
    core: int


def ensure_wrk() -> str:
    """The program `wrk`, installed from Debian's package when it is missing and we may.

    Raises:
        NoLoad: It is not there and cannot be installed.
    """
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for words in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", "wrk"],
        ):
            subprocess.run(["apt-get", *words], stdout=subprocess.DEVNULL, check=False)
        found = shutil.which("wrk")
    if found is None:
        raise NoLoad("wrk is missing: install it (Debian and Ubuntu: sudo apt-get install wrk).")
    return found


def read_load(target: Target, numbers: Path, *, seconds: float) -> Load:
    """Read customers, by the numbers of a file, as fast as the server answers."""
    script = _READ.format(token=target.token, lines=numbers)
    return _run(target, script, numbers.with_suffix(".lua"), seconds)


def write_load(target: Target, records: Path, *, skip: int, seconds: float) -> Load:
    """Post records, those of a file behind the first `skip`, each once, as fast as the server answers."""
    script = _WRITE.format(token=target.token, lines=records, skip=skip)
    return _run(target, script, records.with_suffix(".lua"), seconds)


def _run(target: Target, script: str, path: Path, seconds: float) -> Load:
    path.write_text(script + _DONE)
    words = [
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:.0f}s",
        "--timeout",
        "10s",
        "-s",
        str(path),
        f"http://127.0.0.1:{target.port}",
    ]
    done = subprocess.run(
        [ensure_wrk(), *words],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {target.core}),
    )
    path.unlink()
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not told or "ran out" in done.stderr + done.stdout:
        raise NoLoad(f"wrk: {(done.stderr + done.stdout)[-500:]}")
    result: dict[str, Any] = json.loads(told[0].removeprefix("RESULT "))
    if refused := result.pop("refused") + result.pop("broken"):
        raise NoLoad(f"{refused} of {result['requests']} requests were not answered well.")
    return Load(**result)
