"""The product as its users start it: a process of its own, reached over HTTP and through the `mandate` command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
import psutil

from mandate_local.processes import free_port

BIN = Path(sys.executable).parent
DEAF = ("sh", "-c", 'trap "" INT; exec "$0" "$@"')
"""Before a command: it begins with Ctrl-C ignored, as `nohup` or the `&` of a script starts it. Programs run so in all
tests, and are to heed it.
"""


class Product:
    """`mandate-local run` on a free port."""

    def __init__(self, data: Path, *, kafka: str | None = None, demo: bool = False) -> None:
        self.data = data
        self.kafka = kafka
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = ["--demo" if demo else "--no-demo", *(["--kafka", kafka] if kafka else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}
        self.http = httpx.Client(base_url=self.url, timeout=30)

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    def start(self, wait: float = 60) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*DEAF, BIN / "mandate-local", "run", "--port", str(self.port), "--data", self.data, *self._arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.until(self._ready, wait)
        return self

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the product ended with {self._process.returncode}:\n{self.log.read_text()[-4000:]}")
        try:
            paths = (f"/{service}/readyz" for service in ("governance", "projects", "reporting"))
            return all(self.http.get(path).status_code == 200 for path in paths)
        except httpx.TransportError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, as the kernel does it. PostgreSQL lives on: the next start adopts it."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, wait: float = 30) -> int:
        """Ctrl-C."""
        return self.end(signal.SIGINT, wait)

    def end(self, number: signal.Signals, wait: float = 30) -> int:
        """By a signal, with all that it started."""
        if self._process is None or self._process.poll() is not None:
            return 0
        started = psutil.Process(self.pid).children(recursive=True)
        self._process.send_signal(number)
        code = self._process.wait(wait)
        assert [each for each in started if each.is_running()] == []
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.http.close()

    # --- as its users ---

    def token(self, persona: str) -> str:
        if persona not in self._tokens:
            answer = self.http.post("/identity/token", json={"persona": persona})
            self._tokens[persona] = answer.json()["access_token"]
        return self._tokens[persona]

    def person(self, persona: str) -> str:
        items = self.http.get("/identity/personas").json()["items"]
        person: str = next(item["person"] for item in items if item["name"] == persona)
        return person

    def headers(self, persona: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(persona)}"}

    def get(self, persona: str, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=self.headers(persona) | headers)

    def post(
        self, persona: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers(persona) | dict(headers or {}))

    def give(self, persona: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A command that must be accepted."""
        answer = self.post(persona, path, body)
        assert answer.status_code == 201, f"POST {path}: {answer.status_code} {answer.text}"
        receipt: dict[str, Any] = answer.json()
        return receipt

    def mandate(self, *arguments: str, persona: str | None = None) -> subprocess.CompletedProcess[str]:
        """The `mandate` command."""
        command = self._mandate(arguments, persona)
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    def begin(self, *arguments: str, persona: str | None = None) -> subprocess.Popen[str]:
        """The `mandate` command, left running."""
        command = self._mandate(arguments, persona)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _mandate(self, arguments: Sequence[str], persona: str | None) -> list[str]:
        options = ["--url", self.url, *(["--as", persona] if persona else [])]
        return [str(BIN / "mandate"), *options, *arguments]

    def until(self, condition: Callable[[], Any], wait: float = 30) -> Any:
        """The first true answer; a failure when there is none in time."""
        deadline = time.monotonic() + wait
        while True:
            answer = condition()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {wait} s; the log ends:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)


class Asked(Protocol):
    """Whatever runs all services and has people who can ask it."""

    def give(self, persona: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]: ...

    def person(self, persona: str) -> str: ...


def found_office(product: Asked) -> None:
    """A chartered office with two members, an auditor and a published standard."""
    office = {"name": "Capital Delivery PMO", "time_zone": "Australia/Melbourne", "currency": "AUD", "reason": "Start"}
    product.give("founder", "/governance/v1/office", office)
    for member in ("pmo-1", "pmo-2"):
        body = {"person": product.person(member), "reason": "First members"}
        product.give("founder", "/governance/v1/office/members", body)
    auditor = {"person": product.person("auditor-1"), "reason": "Independent of the office"}
    product.give("pmo-1", "/governance/v1/office/auditors", auditor)
    product.give("pmo-1", "/governance/v1/standards/capital-delivery/versions", STANDARD)
    publication = {"version": 1, "reason": "Reviewed"}
    product.give("pmo-2", "/governance/v1/standards/capital-delivery/publications", publication)


def _path(word: str, phases: int) -> dict[str, Any]:
    return {
        "id": f"{word}-gate",
        "title": f"{word.capitalize()} gates",
        "phases": [
            {"id": f"phase-{n}", "title": f"Phase {n}", "gate": {"id": f"gate-{n}", "title": f"Gate {n}"}}
            for n in range(1, phases + 1)
        ],
    }


STANDARD: Mapping[str, Any] = {
    "title": "Capital delivery",
    "text": "# Capital delivery\n\nEach phase ends at a gate.",
    "paths": [_path("two", 2), _path("three", 3), _path("four", 4)],
    "reason": "First version",
}
EVIDENCE = [{"title": "Business case", "sha256": "9f" * 32}]
