"""A real Apache Kafka broker without Docker, for tests, benchmarks and fault drills: one KRaft process on
loopback.

Broker and controller share a process. A directory holds its settings, log and data, and the ports it was
first given: they must outlive a restart, the client port because clients reconnect to it, the controller's
because the quorum has it on record.
"""

import argparse
import base64
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mandate_local.kafka_libraries import BrokerError, available, libraries
from mandate_local.processes import free_port, port_is_free, tail

__all__ = ["BrokerError", "KafkaBroker", "available", "bootstrap_from_environment"]

_JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
)
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",  # topics are declared, as in production
    # one broker, so one replica of each internal topic
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # quick groups
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    # or a small heap runs out
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.segment.bytes": "16777216",
    "log.index.size.max.bytes": "1048576",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
    "queued.max.requests": "64",
    # after kill -9 a broker waits until its dead self's session ends: 4.7 s, by default 13 s
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}
_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c - %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def bootstrap_from_environment() -> str | None:
    """The brokers named by KAFKA_BOOTSTRAP_SERVERS, which outrank a local one; None if it is unset or empty."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None


class KafkaBroker:
    """One local broker; `bootstrap` is known, and stays the same, before it starts and while it is down.

    `settings` overrides any broker property. A context manager.
    """

    def __init__(
        self, directory: Path | str, *, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.directory = Path(directory).expanduser().resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self._controller_port = self._ports(port)
        self._settings = dict(settings or {})
        self._properties_path = self.directory / "server.properties"
        self._log_path = self.directory / "broker.log"
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap_servers`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The PID while it lives. Asking also reaps a dead child, which `kill -0` would take for a live
        one.
        """
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, timeout: float = 60.0) -> Self:
        """Make it ready, in 1.5 to 5 s (formatting its storage first, if new). Does nothing if it runs."""
        if self.pid is not None:
            return self
        for port in (self.port, self._controller_port):
            if not port_is_free(port):
                raise BrokerError(
                    f"port {port} of the broker in {self.directory} is taken (by one that a killed run left?)"
                )
        java = ["java", *_JVM, f"-Dlog4j2.configurationFile={self._write_settings()}", "-cp", f"{libraries()}/*"]
        if not (self.directory / "data" / "meta.properties").exists():
            self._format(java)
        with self._log_path.open("ab") as log:
            self._log_start = log.tell()
            # A session of its own: Ctrl-C on the terminal is for us, who stop it after those who use it.
            self._process = subprocess.Popen(
                [*java, "kafka.Kafka", str(self._properties_path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(time.monotonic() + timeout)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self, timeout: float = 30.0) -> None:
        """Orderly shutdown, about a second; killed if it takes longer than `timeout` seconds."""
        if self._process is not None and self.pid is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> Self:
        """Stop in order and start again on the same ports."""
        self.stop()
        return self.start()

    def wait(self) -> None:
        """Return only with an error: when the broker ends by itself."""
        if self._process is None:
            raise BrokerError("not started")
        code = self._process.wait()
        raise BrokerError(f"the broker in {self.directory} ended with {code}\n{self._tail()}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ports(self, wanted: int | None) -> tuple[int, int]:
        path = self.directory / "ports"
        if path.exists():
            client, controller = (int(part) for part in path.read_text().split())
            client = wanted or client
        else:
            client = wanted or free_port()
            controller = free_port(besides=(client,))
        path.write_text(f"{client} {controller}\n")
        return client, controller

    def _write_settings(self) -> Path:
        client, controller = f"PLAINTEXT://{self.bootstrap}", f"CONTROLLER://127.0.0.1:{self._controller_port}"
        settings = {
            **_SETTINGS,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self._controller_port}",
            "listeners": f"{client},{controller}",
            "advertised.listeners": f"{client},{controller}",
            "log.dirs": str(self.directory / "data"),
            **self._settings,
        }
        self._properties_path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        logging_path = self.directory / "log4j2.properties"
        logging_path.write_text(_LOGGING)
        return logging_path

    def _format(self, java: list[str]) -> None:
        cluster_id = "-"
        while cluster_id.startswith("-"):  # one in 64: the tool would take it for an option
            cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", cluster_id]
        command = [*java, *tool, "-c", str(self._properties_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise BrokerError(f"could not format {self.directory / 'data'}:\n{done.stdout}{done.stderr}")

    def _wait_until_ready(self, deadline: float) -> None:
        """The client listener is bound last, so an open port means ready."""
        while self.pid is not None:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if time.monotonic() > deadline:
                raise BrokerError(f"the broker in {self.directory} is not ready in time\n{self._tail()}")
            time.sleep(0.05)
        raise BrokerError(f"the broker in {self.directory} ended during its start\n{self._tail()}")

    def _tail(self) -> str:
        return tail(self._log_path, since=self._log_start)


def main(arguments: list[str] | None = None) -> int:
    """`python -m mandate_local.broker`: run a broker until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m mandate_local.broker",
        description="Run one Kafka broker on loopback until Ctrl-C. Prints its address when it is ready.",
    )
    parser.add_argument("--data", type=Path, required=True, help="its directory: settings, log, data; made if new")
    parser.add_argument("--port", type=int, help="its client port (default: the one it had, or else a free one)")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C too: who started us may ignore it, which is inherited
        signal.signal(number, signal.default_int_handler)
    try:
        with KafkaBroker(options.data, port=options.port) as broker:
            print(broker.bootstrap, flush=True)
            broker.wait()
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
