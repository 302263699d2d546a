"""The commands as their users type them: processes of their own, on a database of the test's own."""

import json
import re
import signal
import subprocess
from pathlib import Path
from time import sleep
from typing import Any

import httpx
import psutil
import pytest

from tests import postgres
from tests.cli.running import ECIF, running

pytestmark = pytest.mark.timeout(
    300
)  # several processes start in each, beside those of other tests


def ecif(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ECIF, *words], env=env, capture_output=True, text=True, check=False)


def wait_for_event(address: str, token: str) -> dict[str, Any]:
    answer = httpx.get(
        f"{address}/v1/events?wait_seconds=20",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    event: dict[str, Any] = answer.json()["items"][0]
    return event


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_answers_its_own_example_announces_it_and_stops_at_a_signal(
    environment: dict[str, str], log: Path, number: signal.Signals
) -> None:
    with running(environment, log) as (process, address, token):
        example = re.findall(r"^curl .*$", log.read_text(), re.MULTILINE)[0]
        told = subprocess.run(
            ["sh", "-c", example],
            env={**environment, "TOKEN": token},
            capture_output=True,
            text=True,
            check=True,
        )
        event = wait_for_event(address, token)
        process.send_signal(number)
        code = process.wait(30)

    assert json.loads(told.stdout)["decision"]["outcome"] == "created"
    assert event["type"] == "ecif.customer.created.v1"
    assert code == 0


@pytest.mark.parametrize("after_seconds", [0.5, 2.0, 3.5])
def test_a_signal_while_everything_is_starting_leaves_no_process_behind(
    environment: dict[str, str], log: Path, after_seconds: float
) -> None:
    del environment["ECIF_DATABASE_URL"]
    home = postgres.run_folder() / "homes" / log.stem
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*ECIF, "up", "--port", "0", "--home", str(home)],
            env=environment,
            stdout=out,
            stderr=out,
        )
    sleep(after_seconds)

    process.send_signal(signal.SIGTERM)
    process.wait(60)

    left = [
        each for each in psutil.process_iter(["cmdline"]) if str(home) in str(each.info["cmdline"])
    ]
    assert left == []


def test_tokens_check_golden_and_doctor(environment: dict[str, str]) -> None:
    token = ecif("token", "--scope", "customers:read", "--hours", "1", env=environment)
    unknown = ecif("token", "--scope", "everything", env=environment)
    golden = ecif("check-golden", env=environment)
    doctor = ecif("doctor", env=environment)

    assert token.returncode == 0
    assert token.stdout.count(".") == 2
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("Unknown scope: everything.")
    assert (golden.returncode, golden.stdout) == (0, "0 customers checked, 0 differ.\n")
    assert doctor.returncode == 0, doctor.stdout
    assert "✗" not in doctor.stdout


def test_doctor_says_what_is_wrong(environment: dict[str, str], empty_database_url: str) -> None:
    ecif("token", "--scope", "admin", env=environment)
    key_file = Path(environment["ECIF_HOME"]) / "keys.json"

    no_tables = ecif("doctor", env={**environment, "ECIF_DATABASE_URL": empty_database_url})
    key_file.chmod(0o644)
    open_keys = ecif("doctor", env=environment)
    key_file.chmod(0o600)
    no_server = ecif(
        "doctor", env={**environment, "ECIF_DATABASE_URL": "postgresql://x@127.0.0.1:9/x"}
    )

    assert (no_tables.returncode, "ecif migrate" in no_tables.stdout) == (1, True)
    assert (open_keys.returncode, "chmod 600" in open_keys.stdout) == (1, True)
    assert (no_server.returncode, "does not answer" in no_server.stdout) == (1, True)


def test_a_golden_value_that_differs_is_found(environment: dict[str, str], log: Path) -> None:
    with running(environment, log) as (_, address, token):
        body = {
            "source_system": "core",
            "source_key": "C1",
            "kind": "person",
            "names": [{"full": "张伟"}],
        }
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{address}/v1/customers", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        number = answer.json()["customer_no"]
    before = ecif("check-golden", env=environment)

    postgres.execute(environment["ECIF_DATABASE_URL"], "UPDATE customer SET golden = '{}'")
    after = ecif("check-golden", env=environment)

    assert (before.returncode, after.returncode) == (0, 1)
    assert after.stdout == f"{number}\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ECIF_PORT", "many", "port"),
        ("ECIF_PROT", "8000", "Unknown setting: ECIF_PROT"),
        ("ECIF_TIME_ZONE", "Mars", "time_zone"),
    ],
)
def test_a_setting_without_sense_is_told_in_one_line(
    environment: dict[str, str], name: str, value: str, said: str
) -> None:
    answer = ecif("check-golden", env={**environment, name: value})

    assert answer.returncode == 1
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told_in_one_line(environment: dict[str, str], log: Path) -> None:
    with running(environment, log) as (_, address, _):
        port = address.rsplit(":", 1)[1]
        answer = ecif("up", "--port", port, env=environment)

    assert answer.returncode == 1
    assert "Choose another --port" in answer.stderr
