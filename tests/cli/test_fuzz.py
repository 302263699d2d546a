"""The running service against its own document: thousands of generated calls, good and bad."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import running

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_no_generated_call_finds_a_fault_or_an_answer_that_the_document_does_not_know(
    environment: dict[str, str], log: Path, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    options = ("--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1")

    with running(environment, log) as (_, address, token):
        fuzzed = subprocess.run(
            [
                program,
                "run",
                f"{address}/openapi.json",
                *("-H", f"Authorization: Bearer {token}"),
                *("-c", ",".join(CHECKS)),
                *options,
                *("--exclude-path", "/v1/events/stream"),  # it does not end
                "--no-shrink",
                "--continue-on-failure",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert fuzzed.returncode == 0, fuzzed.stdout[-20_000:]
    assert "http.fault" not in (Path(environment["ECIF_HOME"]) / "ecif.log").read_text()
