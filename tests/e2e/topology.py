"""The services as operations run them: each command a process of its own, a database for each service, one Kafka."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import asyncpg
import httpx
import orjson
import uvicorn

from mandate_local.identity import PERSONAS, create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from mandate_local.product import AUDIENCE, DEPLOYMENT, ISSUER
from mandate_web.identity.tokens import person_id
from mandate_web.live.connection import IDLE
from tests.e2e.running import DEAF

SERVICES: Final = ("governance", "projects", "reporting")
BIN: Final = Path(sys.executable).parent


def clean_environment() -> dict[str, str]:
    """This process's, without what would be a setting of a service."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MANDATE_", "KAFKA_"))}


@dataclass(frozen=True, slots=True)
class Version:
    """A version of all services: where their programs are found, or the sources that they run from."""

    bin: Path = BIN
    sources: Path | None = None

    def command(self, service: str) -> tuple[list[str], dict[str, str]]:
        """What to execute, and the environment that makes it this version."""
        if self.sources is None:
            return [str(self.bin / f"mandate-{service}")], {}
        packages = [*self.sources.glob("libs/*/src"), *self.sources.glob("services/*/src")]
        program = f"from {service}.main import cli; cli()"
        return [str(self.bin / "python"), "-c", program], {"PYTHONPATH": os.pathsep.join(map(str, sorted(packages)))}


@dataclass(frozen=True, slots=True)
class Process:
    """One running command of a service."""

    service: str
    popen: "subprocess.Popen[bytes]"
    log: Path
    url: str

    def messages(self) -> list[str]:
        return [orjson.loads(line)["message"] for line in self.log.read_text().splitlines() if line.startswith("{")]

    def leads(self) -> bool:
        assert self.popen.poll() is None, self.log.read_text()
        return f"this worker leads {self.service}" in self.messages()

    def ready(self) -> bool:
        assert self.popen.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def stop(self, within: float = 25.0, number: signal.Signals = signal.SIGTERM) -> None:
        """A signal, and an orderly end: exit code 0, in time, nothing raised."""
        begun = time.monotonic()
        self.popen.send_signal(number)
        code = self.popen.wait(within + 5)
        took, text = time.monotonic() - begun, self.log.read_text()
        assert code == 0, f"exit code {code}:\n{text}"
        assert took < within, f"it took {took:.1f} s:\n{text}"
        assert "Traceback" not in text, text


def until(condition: Callable[[], Any], wait: float = 30, what: Callable[[], str] = str) -> Any:
    """The first true answer; a failure when there is none in time."""
    deadline = time.monotonic() + wait
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {wait} s {what()}"
        time.sleep(0.05)
    return answer


@dataclass(slots=True)
class Topology:
    """Databases, a transport and people who can sign in; processes are started and stopped one by one."""

    directory: Path
    postgres: EmbeddedPostgres
    jwks: str
    kafka: str | None
    """Brokers; None: the local transport."""
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    at: dict[str, str] = field(default_factory=dict)
    """Where each service's API is asked; the last one started, or as a test sets it."""
    processes: list[Process] = field(default_factory=list)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    _tokens: dict[str, str] = field(default_factory=dict)

    # --- processes ---

    def database(self, service: str, user: str | None = None) -> str:
        return self.postgres.dsn(f"{service}_{self.suffix}", user=user or "postgres")

    def environment(self, service: str) -> dict[str, str]:
        others = {other: self.database(other, f"{other}_read") for other in SERVICES if other != service}
        transport = {"KAFKA_BOOTSTRAP_SERVERS": self.kafka} if self.kafka else {"MANDATE_TRANSPORT": "local"}
        return {
            **clean_environment(),
            **transport,
            "MANDATE_PRODUCTION": "false",
            "MANDATE_DEPLOYMENT": DEPLOYMENT,
            "MANDATE_DATABASE": self.database(service, f"{service}_append"),
            "MANDATE_MIGRATE_DATABASE": self.database(service),
            "MANDATE_LOCAL_SOURCES": orjson.dumps(others).decode(),
            "MANDATE_ISSUER_URL": ISSUER,
            "MANDATE_JWKS_URI": self.jwks,
            "MANDATE_FOUNDER": "founder",
            "MANDATE_RATE_LIMIT": "0",
        }

    def start(self, service: str, command: str, version: Version | None = None, **settings: str) -> Process:
        """`mandate-<service> <command>`, not waited for."""
        program, environment = (version or Version()).command(service)
        port = free_port()
        port_setting = "MANDATE_METRICS_PORT" if command == "worker" else "MANDATE_PORT"
        log = self.directory / f"{service}-{command}-{uuid.uuid4().hex[:6]}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [*DEAF, *program, command],
                cwd=self.directory,
                env={**self.environment(service), port_setting: str(port), **environment, **settings},
                stdout=out,
                stderr=out,
            )
        process = Process(service, popen, log, f"http://127.0.0.1:{port}")
        self.processes.append(process)
        return process

    def migrate(self, *services: str, version: Version | None = None) -> None:
        for service in services or SERVICES:
            self.postgres.ensure_database(f"{service}_{self.suffix}")
            process = self.start(service, "migrate", version)
            assert process.popen.wait(60) == 0, process.log.read_text()

    def api(self, service: str, version: Version | None = None, **settings: str) -> Process:
        """A ready API; from now on the service is asked there."""
        process = self.start(service, "api", version, **settings)
        until(process.ready, 30, process.log.read_text)
        self.at[service] = process.url
        return process

    def worker(self, service: str, version: Version | None = None) -> Process:
        """A worker that leads."""
        process = self.start(service, "worker", version)
        until(process.leads, 30, process.log.read_text)
        return process

    def end(self) -> None:
        """End what a test left running."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()
        self.http.close()

    # --- as its users ---

    def person(self, persona: str) -> str:
        assert persona in PERSONAS
        return str(person_id(DEPLOYMENT, ISSUER, persona))

    def headers(self, persona: str) -> dict[str, str]:
        if persona not in self._tokens:
            answer = self.http.post(self.jwks.replace("/jwks", "/token"), json={"persona": persona})
            self._tokens[persona] = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self._tokens[persona]}"}

    def url(self, path: str) -> str:
        """`/governance/v1/...`, at that service."""
        service, _, rest = path.removeprefix("/").partition("/")
        return f"{self.at[service]}/{rest}"

    def get(self, persona: str, path: str) -> httpx.Response:
        return self.http.get(self.url(path), headers=self.headers(persona))

    def items(self, persona: str, path: str) -> list[dict[str, Any]]:
        """Of a list, or none while its view has yet to hear who may read it."""
        found: list[dict[str, Any]] = self.get(persona, path).json().get("items", [])
        return found

    def post(self, persona: str, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        sent = self.headers(persona) | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(self.url(path), json=body, headers=sent)

    def give(self, persona: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A command that must be accepted."""
        answer = self.post(persona, path, body)
        assert answer.status_code == 201, f"POST {path}: {answer.status_code} {answer.text}"
        receipt: dict[str, Any] = answer.json()
        return receipt

    # --- as the operator of the databases ---

    async def query(self, service: str, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
        connection = await asyncpg.connect(self.database(service))
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()


class _Identity:
    """The development identity on a port of its own: it outlives every process of the services."""

    def __init__(self, state: Path) -> None:
        self.port = free_port()
        app = create_identity(ISSUER, AUDIENCE, state, deployment=DEPLOYMENT)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_config=None, access_log=False, timeout_keep_alive=IDLE
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._server.started, 10)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@contextmanager
def topology(directory: Path, postgres: EmbeddedPostgres, kafka: str | None = None) -> Iterator[Topology]:
    with _Identity(directory / "identity") as identity:
        stage = Topology(directory, postgres, f"http://127.0.0.1:{identity.port}/jwks", kafka)
        try:
            yield stage
        finally:
            stage.end()
