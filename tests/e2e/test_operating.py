"""What operations put around the services: a reverse proxy with a path of its own, probes of workers, the command line
with an address for each service.
"""

import re
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx
import pytest

from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from tests.conftest import needed
from tests.e2e.consoles import ROOT
from tests.e2e.running import BIN
from tests.e2e.topology import SERVICES, Topology, topology, until
from tests.nginx import in_front

ROOT_PATH: Final = "/mandate/governance"
OFFICE: Final = {"name": "Office", "time_zone": "UTC", "currency": "AUD", "reason": "Start"}


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres) -> Iterator[Topology]:
    """Governance and reporting, each reached below a path; an office with two members."""
    with (
        tempfile.TemporaryDirectory(prefix="mandate-operating-") as directory,
        topology(Path(directory), postgres) as stage,
    ):
        stage.migrate()
        for service in ("governance", "reporting"):
            stage.api(service, MANDATE_ROOT_PATH=f"/mandate/{service}")
        stage.give("founder", "/governance/v1/office", OFFICE)
        for member in ("pmo-1", "pmo-2"):
            stage.give("founder", "/governance/v1/office/members", {"person": stage.person(member), "reason": "First"})
        yield stage


@dataclass(frozen=True, slots=True)
class Site:
    """An address of nginx, below which the services are."""

    url: str
    stage: Topology
    then: str
    """An instant after the office was chartered."""

    def get(self, path: str) -> httpx.Response:
        """By its path at the site."""
        return self.stage.http.get(urljoin(self.url, path), headers=self.stage.headers("pmo-1"))

    def appoint(self, key: str, body: object) -> httpx.Response:
        headers = self.stage.headers("pmo-1") | {"Idempotency-Key": key}
        return self.stage.http.post(f"{self.url}{ROOT_PATH}/v1/office/observers", json=body, headers=headers)


@pytest.fixture(scope="module")
def sites(stage: Topology) -> Iterator[dict[str, Site]]:
    """One nginx that passes paths on as they are, as docs/ops.md has it, and one that takes theirs off."""
    nginx = needed("nginx", package="nginx", at="usr/sbin/nginx")
    then = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    (page,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/ops.md").read_text("utf-8"), re.DOTALL)
    for service, port in zip(SERVICES, ("8081", "8082", "8083"), strict=True):
        page = page.replace(f"http://127.0.0.1:{port}", stage.at.get(service, stage.at["governance"]))
    blocks = {"left": page, "taken off": re.sub(r"(proxy_pass [^;]+);", r"\1/;", page)}
    ports = {name: free_port() for name in blocks}
    with in_front(nginx, stage.directory / "nginx", [(ports[name], block) for name, block in blocks.items()]):
        yield {name: Site(f"http://127.0.0.1:{port}", stage, then) for name, port in ports.items()}


@pytest.mark.parametrize("prefix", ["left", "taken off"])
def test_what_is_told_of_places_is_true_behind_a_prefix(sites: dict[str, Site], prefix: str) -> None:
    site = sites[prefix]
    given = site.appoint(str(uuid.uuid4()), {"person": str(uuid.uuid4()), "reason": "To test"})
    assert (given.status_code, given.headers["location"]) == (201, f"{ROOT_PATH}/v1/office"), given.text
    office = site.get(given.headers["location"]).json()
    hrefs = [offer["href"] for offer in office["allowed"]]
    assert hrefs
    assert all(href.startswith(f"{ROOT_PATH}/v1/office") for href in hrefs)
    past = site.get(f"{ROOT_PATH}/v1/office?known_at={site.then}")
    assert past.headers["link"] == f'<{ROOT_PATH}/v1/office>; rel="original"'

    unknown = site.get(f"{ROOT_PATH}/v1/n%C3%A9ant")
    problem = unknown.json()
    assert (unknown.status_code, problem["instance"]) == (404, f"{ROOT_PATH}/v1/n%C3%A9ant")
    assert problem["type"] == f"{ROOT_PATH}/problems/not-found"
    assert site.get(problem["type"]).text.startswith("# not-found")

    described = f"{ROOT_PATH}/openapi.json"
    assert [each["url"] for each in site.get(described).json()["servers"]] == [ROOT_PATH]
    for page in (f"{ROOT_PATH}/docs", f"{ROOT_PATH}/redoc"):
        scripts = [site.get(urljoin(page, each)).text for each in re.findall(r'src="([^"]+)"', site.get(page).text)]
        [asked] = re.findall(r'"(openapi\.json)"', scripts[-1])
        assert urljoin(page, asked) == described


def test_a_key_stands_for_the_same_command_wherever_it_is_given(sites: dict[str, Site], stage: Topology) -> None:
    body = {"person": str(uuid.uuid4()), "reason": "Once"}
    first = sites["left"].appoint("appoint-once", body)
    second = sites["taken off"].appoint("appoint-once", body)
    third = stage.post("pmo-1", "/governance/v1/office/observers", body, Idempotency_Key="appoint-once")
    assert {each.status_code for each in (first, second, third)} == {201}
    assert [each.headers.get("idempotency-replayed") for each in (first, second, third)] == [None, "true", "true"]
    assert first.json() == second.json() == third.json()


def test_the_command_line_finds_services_by_a_gateway_or_one_by_one(sites: dict[str, Site], stage: Topology) -> None:
    identity = f"identity={stage.jwks.removesuffix('/jwks')}"
    governance, reporting = (f"{name}={stage.at[name]}" for name in ("governance", "reporting"))
    for addresses in (
        ["--url", f"{sites['left'].url}/mandate", "--url", identity],
        ["--url", f"{governance},{reporting},{identity}"],
    ):
        told = [mandate(*addresses, "--as", "founder", command) for command in ("whoami", "portfolio")]
        assert stage.person("founder") in told[0].stdout, told[0].stderr
        assert "/mandate/reporting/problems/" in told[1].stderr, "it asked reporting, where nobody has a mandate yet"


def mandate(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([BIN / "mandate", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_a_worker_says_how_it_is_and_heeds_ctrl_c(stage: Topology) -> None:
    first = stage.worker("governance")
    second = stage.start("governance", "worker")
    until(second.ready, 30, second.log.read_text)
    for worker, leads in ((first, True), (second, False)):
        answers = {
            path: stage.http.get(f"{worker.url}{path}") for path in ("/healthz", "/readyz", "/metrics", "/", "/x")
        }
        assert [each.status_code for each in answers.values()] == [200, 200, 200, 404, 404]
        assert answers["/readyz"].json() == {"status": "ready", "leads": leads}
        assert answers["/x"].json()["type"] == "/problems/not-found"
        assert re.search(r'^mandate_build_info\{python="3[.\d]+",service="governance",version="[\d.]+"\} 1\.0$',
                         answers["/metrics"].text, re.MULTILINE)  # fmt: skip
    first.stop(10.0, signal.SIGINT)
    until(second.leads, 30, second.log.read_text)
    assert stage.http.get(f"{second.url}/readyz").json()["leads"] is True
    second.stop(10.0)


@pytest.mark.parametrize("name", ["mandate", "mandate-local", *(f"mandate-{service}" for service in SERVICES)])
def test_every_program_tells_its_version(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--version"])
    (program,) = entry_points(group="console_scripts", name=name)
    with pytest.raises(SystemExit) as ended:
        program.load()()
    assert ended.value.code == 0
    assert re.fullmatch(rf"{name} \d+\.\d+\.\d+\n", capsys.readouterr().out)
