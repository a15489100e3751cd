"""An installation as docker-compose.yml makes it, of the images of deploy/Dockerfile, under production settings."""

import json
import os
import secrets
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import httpx

from image import base, tools
from image.engine import Engine
from mandate_local.identity import PERSONAS
from mandate_local.processes import free_port
from mandate_web.identity.tokens import person_id
from tests.e2e.gateway import Gateway
from tests.e2e.https_identity import AUDIENCE, HOST, ISSUER, Identity
from tests.e2e.running import Product

ROOT: Final = Path(__file__).resolve().parents[2]
SERVICES: Final = ("governance", "projects", "reporting")
DEPLOYMENT: Final = "images-under-test"
TRUSTED: Final = "/tmp/authority.pem"  # noqa: S108 - in a container


class Images:
    """Images of the three services under a tag of this run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.tag = f"test-{secrets.token_hex(4)}"

    def name(self, service: str) -> str:
        return f"mandate-{service}:{self.tag}"

    def build(self) -> None:
        first, *others = SERVICES
        self._build(first)  # its first layers are the others' as well
        with ThreadPoolExecutor() as threads:
            list(threads.map(self._build, others))

    def _build(self, service: str) -> None:
        options = ["--network=host", "--file", str(ROOT / "deploy" / "Dockerfile"), "--build-arg", f"SERVICE={service}"]
        self.engine.docker("build", "--quiet", *options, "--tag", self.name(service), str(ROOT))

    def inspect(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.docker("image", "inspect", self.name(service)))[0]
        return found

    def remove(self) -> None:
        self.engine.docker("image", "rm", "--force", *map(self.name, SERVICES))


class Installation(Product):
    """`docker compose up` with a project name, volumes, ports and passwords of its own; a context manager."""

    def __init__(self, images: Images, directory: Path) -> None:
        self.engine, self.images, self.directory = images.engine, images, directory
        self.project = f"mandate-{images.tag}"
        self.identity = Identity(directory / "identity")
        self.ports = {service: free_port() for service in SERVICES}
        self.passwords = {service: secrets.token_hex(16) for service in SERVICES}
        people = {name: str(person_id(DEPLOYMENT, ISSUER, name)) for name in PERSONAS}
        self.gateway = Gateway(self.ports, self.identity.token, people)
        self.url = f"http://127.0.0.1:{self.gateway.port}"
        self.http = httpx.Client(base_url=self.url, timeout=60)
        self._tokens: dict[str, str] = {}

    @property
    def log(self) -> Path:
        path = self.directory / "log"
        path.write_text(self.compose("logs", "--no-color", "--tail=20"), encoding="utf-8")
        return path

    def start(self, wait: float = 180) -> Self:
        self.identity.prepare()
        (self.directory / "settings").write_text("".join(f"{k}={v}\n" for k, v in self._settings().items()))
        (self.directory / "besides.json").write_text(json.dumps(self._besides()))
        try:
            self.compose("up", "--detach", "--wait", f"--wait-timeout={wait:.0f}", "--no-build", "--pull=never")
        except tools.Missing as failed:
            raise AssertionError(f"{failed}\n{self.log.read_text(encoding='utf-8')}") from None
        self.gateway.start()
        return self

    def stop(self, wait: float = 60) -> int:
        self.http.close()
        self.gateway.stop()
        self.compose("down", "--volumes", f"--timeout={wait:.0f}")
        return 0

    def compose(self, *arguments: str, **environment: str) -> str:
        files = [str(ROOT / "docker-compose.yml"), str(self.directory / "besides.json")]
        options = ["--project-name", self.project, "--env-file", str(self.directory / "settings")]
        named = [word for file in files for word in ("--file", file)]
        command = [*tools.compose(), *options, *named, *arguments]
        return tools.run(command, env={**self.engine.environment, **environment})

    def container(self, service: str, part: str) -> str:
        return self.compose("ps", "--all", "--quiet", f"{service}-{part}").strip()

    def state(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.docker("container", "inspect", container))[0]
        return found

    def inside(self, container: str, *command: str) -> subprocess.CompletedProcess[str]:
        whole = ["docker", "exec", container, *command]
        return subprocess.run(whole, env=self.engine.environment, capture_output=True, text=True, check=False)

    def _settings(self) -> dict[str, str]:
        """What an operator writes into `.env`."""
        names = {service: service.upper() for service in SERVICES}
        return {
            "MANDATE_VERSION": self.images.tag,
            "MANDATE_ISSUER_URL": ISSUER,
            "MANDATE_AUDIENCE": AUDIENCE,
            "MANDATE_DEPLOYMENT": DEPLOYMENT,
            "MANDATE_FOUNDER": "founder",
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            **{f"{names[service]}_PASSWORD": password for service, password in self.passwords.items()},
            **{f"{name}_MIGRATE_PASSWORD": secrets.token_hex(16) for name in names.values()},
            **{f"{names[service]}_PORT": str(port) for service, port in self.ports.items()},
        }

    def _besides(self) -> dict[str, Any]:
        """What stands beside an installation: its identity provider, whose authority the APIs are told to trust.

        And what makes it harder: no init, so that our process itself gets the signals, as where there is no Compose.
        """
        alone = {"init": False}
        trusting = {
            "init": False,
            "volumes": [f"{self.identity.authority}:{TRUSTED}:ro"],
            "environment": {"SSL_CERT_FILE": TRUSTED},
        }
        provider = {
            "image": base.PYTHON,
            "command": ["python", "/identity/serve.py"],
            "working_dir": "/identity",
            "init": True,
            "volumes": [f"{self.identity.directory}:/identity:ro"],
            "networks": {"outside": {"aliases": [HOST]}},
        }
        apis = {f"{service}-api": trusting for service in SERVICES}
        return {"services": {"identity": provider, **apis, **{f"{service}-worker": alone for service in SERVICES}}}


class Clock:
    """Prints how long the parts of a run took, for whoever looks at it with `-s`."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, what: str) -> None:
        now = time.monotonic()
        os.write(1, f"  {now - self._last:6.1f} s  {what}\n".encode())
        self._last = now
