"""Where there is no Spark, the command says what is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecif import dedupe


def test_without_its_packages_the_answer_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecif.dedupe.find_spec", lambda name: None)

    with pytest.raises(dedupe.SparkUnavailable, match=r"pyspark and pandas.*ecif\[spark\]"):
        _ = dedupe.group_on_spark


def test_the_command_ends_in_one_line_where_spark_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("full_name\nAnna Novak\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ecif.cli",
        "match",
        "dedupe",
        str(file),
        "--spark",
        "local[1]",
    ]

    told = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert told.returncode == 1
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1
    assert "Spark needs" in told.stderr


GONE = """
from pathlib import Path
from ecif.dedupe.spark.cluster import opened

with opened("local[1]", Path({folder!r})) as cluster:
    cluster.session.sparkContext._gateway.proc.kill()
    cluster.rows(id=[1]).count()
"""


@pytest.mark.timeout(120)
def test_a_session_whose_java_was_killed_is_said_to_have_given_up(
    spark: str, tmp_path: Path
) -> None:
    """As the system kills it where there is too little memory: not a trace of what failed after that."""
    told = subprocess.run(
        [sys.executable, "-c", GONE.format(folder=str(tmp_path))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stderr.splitlines()[-1].startswith(
        "ecif.dedupe.unavailable.SparkUnavailable: Spark gave up ("
    )


@pytest.mark.timeout(120)
def test_a_session_that_java_does_not_open_says_why(spark: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", GONE.format(folder=str(tmp_path))],
        env={**os.environ, "SPARK_DRIVER_MEMORY": "300m"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert re.search(
        r"SparkUnavailable: No Spark session on local\[1\]: .*memory \d+ must be at least \d+",
        told.stderr,
    )
