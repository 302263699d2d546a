"""Where a file is grouped by many: a Spark session, and a folder that all of its processes see."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from ecif.dedupe.unavailable import SparkUnavailable

_LEAST_PARTITIONS, _MOST_PARTITIONS = 4, 4_000
_ROWS_PER_PARTITION = 25_000
_LOCAL_MEMORY = "2g"


@dataclass(frozen=True)
class Cluster:
    """A Spark session, and the scratch folder in which driver and executors leave each other their work."""

    session: SparkSession
    scratch: Path

    def kept(self, name: str, frame: DataFrame) -> DataFrame:
        """Write rows into the scratch folder and go on from there: what led to them is not done again."""
        place = f"file://{self.scratch / name}"
        frame.write.parquet(place)
        return self.session.read.schema(frame.schema).parquet(place)

    def stored(self, name: str, schema: str) -> DataFrame:
        """Rows that executors wrote into a folder of the scratch folder."""
        return self.session.read.schema(schema).parquet(f"file://{self.scratch / name}")

    def rows(self, **columns: Any) -> DataFrame:
        """A few rows of numbers, column by column."""
        return self.session.createDataFrame(pa.table(columns))

    def numbers(self, count: int) -> DataFrame:
        """The numbers below a count as `id`, one task each."""
        return self.session.range(0, count, 1, max(1, count))

    def expect(self, rows: int) -> None:
        """Divide the work as it suits a file of so many rows."""
        wanted = rows // _ROWS_PER_PARTITION
        partitions = max(_LEAST_PARTITIONS, min(_MOST_PARTITIONS, wanted))
        self.session.conf.set("spark.sql.shuffle.partitions", str(partitions))


@contextmanager
def opened(master: str, scratch: Path) -> Iterator[Cluster]:
    """A session on a cluster, stopped in the end.

    Args:
        master: Its URL, or `local[N]` for N threads of this machine.
        scratch: A folder that every process of the cluster sees under the same name.

    Raises:
        SparkUnavailable: There is no Java here, no session could be opened, or it gave up.
    """
    if _java() is None:
        raise SparkUnavailable(
            "Spark needs a Java runtime (17 or newer): none is on the PATH or in JAVA_HOME."
        )
    with _surroundings(master):
        try:
            session = _builder(master, scratch).getOrCreate()
        except _FAILURES as error:
            raise SparkUnavailable(f"No Spark session on {master}: {_why(error)}") from error
    try:
        yield Cluster(session, scratch)
    except _FAILURES as error:
        raise SparkUnavailable(f"Spark gave up ({_kind(error)}); its log says why.") from error
    finally:
        with suppress(*_FAILURES):  # who gave up may be gone
            session.stop()


_FAILURES = (PySparkException, Py4JError, ConnectionError)


def _kind(error: Exception) -> str:
    """What failed, without a value of the file."""
    return type(error).__name__


def _why(error: Exception) -> str:
    """What Java says of a session that could not be opened; nothing of the file has been read by it yet."""
    thrown = getattr(error, "java_exception", None)
    said = str(thrown.getMessage() or "") if thrown is not None else ""
    return said.partition("\n")[0] or f"{_kind(error)}."


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin" if home else None)


@contextmanager
def _surroundings(master: str) -> Iterator[None]:
    """What the processes of a session find in their environment.

    Texts are hashed in many processes, and equal ones must meet: one seed for all. A session on this machine alone
    listens to nobody else.
    """
    wanted = {"PYTHONHASHSEED": "0"}
    if _is_local(master):
        wanted |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
        wanted["PYSPARK_PYTHON"] = sys.executable
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _is_local(master: str) -> bool:
    return master.startswith("local")


def _builder(master: str, scratch: Path) -> Any:
    wanted = {
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.python.worker.reuse": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
        "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
    }
    if _is_local(master):
        wanted |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            # Beside the scratch folder, not in it: a second session of one process spills where the first one did.
            "spark.local.dir": str(scratch.parent),
        }
        if "SPARK_DRIVER_MEMORY" not in os.environ:
            wanted["spark.driver.memory"] = _LOCAL_MEMORY
    builder = SparkSession.builder.master(master).appName("ecif match dedupe")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    return builder
