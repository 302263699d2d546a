"""Fetches the servers of the broker tests from Debian's packages into `.brokers`, without root and without installing.

Run by `make test-brokers`: NATS, RabbitMQ with the Erlang it needs, and the jars of Kafka.
"""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".brokers"
ROOT = FOLDER / "root"
JARS = FOLDER / "kafka"
_KAFKA = ("org.apache.kafka", "kafka_2.13", "3.9.1")
_ERLANG = (
    *(
        "asn1",
        "base",
        "crypto",
        "eldap",
        "ftp",
        "inets",
        "mnesia",
        "os-mon",
        "parsetools",
        "public-key",
    ),
    *("runtime-tools", "snmp", "ssl", "syntax-tools", "tftp", "tools", "xmerl"),
)
PACKAGES = ("nats-server", "ivy", "rabbitmq-server", *(f"erlang-{name}" for name in _ERLANG))


def main() -> None:
    """Fetch and unpack what is not there yet."""
    packages = FOLDER / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    known = {path.name.partition("_")[0] for path in packages.glob("*.deb")}
    missing = [name for name in PACKAGES if name not in known]
    if missing:
        subprocess.run(["apt-get", "download", "-q", *missing], cwd=packages, check=True)
    if missing or not ROOT.exists():
        for path in sorted(packages.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", path, ROOT], check=True)
        _move_erlang()
    if not JARS.exists():
        _fetch_kafka()


def _move_erlang() -> None:
    """Let Erlang's starters look where it lies now: their folder is written into them."""
    home = ROOT / "usr/lib/erlang"
    for script in (home / "bin/erl", *home.glob("erts-*/bin/erl")):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace("=/usr/lib/erlang", f"={home}"), encoding="utf-8")


def _fetch_kafka() -> None:
    """Kafka and what it needs, from their Maven repository; without a Java its tests are skipped."""
    if (java := shutil.which("java")) is None:
        print("No java here: the tests against a real Kafka will be skipped.")  # noqa: T201
        return
    fetched = FOLDER / "kafka.part"
    subprocess.run(
        [
            *(java, "-jar", str(ROOT / "usr/share/java/ivy.jar")),
            *("-cache", str(FOLDER / "ivy"), "-warn", "-confs", "default"),
            *("-dependency", *_KAFKA),
            *("-retrieve", f"{fetched}/[artifact]-[revision].[ext]"),
        ],
        check=True,
    )
    fetched.rename(JARS)


if __name__ == "__main__":
    main()
