"""docs/ops.md is true: an installation is made, watched, upgraded, stopped and restored by its commands alone."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

import bootstrap
from mandate_local.broker import KafkaBroker
from mandate_local.cluster import BIN as POSTGRES_PROGRAMS
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from tests.e2e.consoles import ROOT, Shell, console, sections
from tests.e2e.topology import BIN, SERVICES, clean_environment

PAGE: Final = "docs/ops.md"

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(300)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not under pytest's own directory, which it closes to PostgreSQL's account."""
    with tempfile.TemporaryDirectory(prefix="mandate-ops-") as path:
        for name in ("etc", "log", "backups", "opt"):
            (Path(path) / name).mkdir()
        yield Path(path)


def places_of(directory: Path, postgres: EmbeddedPostgres, kafka: str) -> dict[str, str]:
    """What the page calls the directories, ports and databases of an installation, and what they are in this run."""
    socket = parse_qs(urlsplit(postgres.dsn()).query)
    query = f"?host={socket['host'][0]}&port={socket['port'][0]}"
    databases = ("postgres", *SERVICES, "$service", "restored")
    places = {f"@127.0.0.1:5432/{name}": f"@/{name}{query}" for name in databases}
    places |= {
        f"/{written}/mandate": str(directory / here)
        for written, here in {"etc": "etc", "opt": "opt", "var/log": "log", "var/backups": "backups"}.items()
    }
    places |= {port: str(free_port()) for port in ("8081", "8082", "8083", "8091", "9091", "9093", "9094")}
    return places | {"127.0.0.1:9092": kafka, "=9092": f"={free_port()}"}


def quoted(places: Mapping[str, str]) -> dict[str, str]:
    """For a shell: an address with a query has an ampersand."""
    return {written: here.replace("&", "\\&") for written, here in places.items()}


def test_an_installation_lives_by_what_the_page_says(directory: Path) -> None:
    with (
        EmbeddedPostgres(directory / "postgres") as postgres,
        KafkaBroker(directory / "kafka") as broker,
    ):
        places = places_of(directory, postgres, broker.bootstrap)
        text = (ROOT / PAGE).read_text("utf-8")
        for written, here in quoted(places).items():
            text = text.replace(written, here)
        for name, content in re.findall(rf"```sh\n# ({directory}/etc/[\w.-]+)\n(.*?)```", text, re.DOTALL):
            Path(name).write_text(content)
        uv = Path(bootstrap.find_uv()).parent
        path = os.pathsep.join(map(str, (BIN, POSTGRES_PROGRAMS, uv, os.environ["PATH"])))
        environment = {**bootstrap.uv_environment(), "UV_LINK_MODE": "hardlink", "PATH": path}
        with Shell(**environment) as shell:
            shell.give("unset PYTHONPATH " + " ".join(name for name in os.environ if name not in clean_environment()))
            for section in sections(PAGE):
                for command, expected in console(PAGE, section, quoted(places)):
                    try:
                        shell.expect(command, expected, 30)
                    except AssertionError as failure:
                        failure.add_note(logged(directory / "log"))
                        shell.give("kill -KILL $(jobs -p); wait")
                        raise


def logged(directory: Path) -> str:
    return "\n".join(f"--- {path.name}\n{path.read_text()[-2_000:]}" for path in sorted(directory.iterdir()))
