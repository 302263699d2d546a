"""Real brokers of a test's own: started on a free port with a folder of their own, stopped, killed, started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.brokers.install import FOLDER, ROOT

ASKED_FOR = "ECIF_TEST_BROKERS"
_READY_SECONDS = 60.0
_ERLANG = ROOT / "usr/lib/erlang"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


def fetched(place: str) -> Path:
    """The first file that fits a place among what was fetched; without any the test is skipped aloud."""
    found = sorted(FOLDER.glob(place)) if ASKED_FOR in os.environ else []
    if not found:
        pytest.skip("real brokers are for make test-brokers, which fetches them")
    return found[0]


@dataclass
class Server:
    """A broker's process, what it needs, and what ends that which it leaves behind."""

    command: list[str]
    port: int
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    afterwards: list[str] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until its port answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "server.log").read_text()[-2_000:]
            time.sleep(0.05)

    def kill(self) -> None:
        """End it, and all it has started, without warning."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        if self.afterwards:
            environment = {**os.environ, **self.environment}
            subprocess.run(self.afterwards, env=environment, stdout=subprocess.DEVNULL, check=False)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "server.log").read_text()[-2_000:]
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0


def nats_server(folder: Path) -> Server:
    """NATS with JetStream in a folder."""
    port = free_port()
    server = fetched("root/usr/sbin/nats-server")
    command = [str(server), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    return Server(command, port, folder)


def rabbit_server(folder: Path) -> Server:
    """RabbitMQ with its node in a folder."""
    port, distribution = free_port(), free_port()
    program = fetched("root/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{port}\n")
    (folder / "enabled_plugins").write_text("[].\n")
    environment = {
        "HOME": str(folder),
        "PATH": f"{_ERLANG / 'bin'}:{os.environ['PATH']}",
        "RABBITMQ_HOME": str(program.parents[1]),
        "RABBITMQ_NODENAME": f"t{port}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
    }
    # Erlang's register of names outlives the nodes that started it.
    names = [str(_ERLANG / "bin/epmd"), "-kill"]
    return Server([str(program)], port, folder, environment, names)


def kafka_server(folder: Path) -> Server:
    """One node of Kafka, broker and controller, with its log in a folder."""
    jars = fetched("kafka/kafka_*.jar").parent
    java = shutil.which("java") or ""
    port, control = free_port(), free_port()
    said = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{control}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "log"),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
    }
    settings = folder / "server.properties"
    settings.write_text("".join(f"{name}={value}\n" for name, value in said.items()))
    run = [java, "-Xmx512m", "-cp", f"{jars}/*"]
    cluster = ["--cluster-id", "MkU3OEVBNTcwNTJENDM2Qk", "--config", str(settings)]
    formatting = [*run, "kafka.tools.StorageTool", "format", *cluster]
    subprocess.run(formatting, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Server([*run, "kafka.Kafka", str(settings)], port, folder)
