"""Spark for the tests that ask for it: what `make test-spark` installed; skipped aloud without it."""

import os
from collections.abc import Iterator

import pytest

from tests.spark.install import JAVA_HOME

ASKED_FOR = "ECIF_TEST_SPARK"


@pytest.fixture(scope="session")
def spark() -> Iterator[str]:
    """The URL of a cluster of this machine's own, with two threads and little memory."""
    if ASKED_FOR not in os.environ:
        pytest.skip("Spark is for make test-spark, which installs it")
    with pytest.MonkeyPatch.context() as patch:
        if JAVA_HOME.exists():
            patch.setenv("JAVA_HOME", str(JAVA_HOME))
        # Small files: compiling them thoroughly would take longer than working through them.
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        patch.setenv("SPARK_DRIVER_MEMORY", "1g")
        yield "local[2]"
