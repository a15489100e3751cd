"""Replay: what the services answered about any instant, told again from an export alone, when nothing runs any more."""

import gzip
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mandate_client.main import app
from tests.e2e.running import BIN, EVIDENCE, Product, found_office

LISTS = {
    "portfolio": "/reporting/v1/portfolio",
    "proposals": "/governance/v1/proposals",
    "gate-reviews": "/governance/v1/gate-reviews",
}


@dataclass
class World:
    """An export, and what the services had answered when they still ran."""

    export: Path
    project: str
    review: str
    things: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """By source, stream and instant."""
    lists: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """By list and instant."""


def replay(*arguments: str | Path, status: int = 0) -> Result:
    """The `mandate` command, in this process."""
    done = CliRunner().invoke(app, ["replay", *(str(each) for each in arguments)])
    assert done.exit_code == status, (done.stderr, done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="mandate-replay-") as directory:
        root = Path(directory)
        with Product(root / "data") as product:
            found = _live(product, root / "history.ndjson")
        yield found  # the product is stopped


def _live(product: Product, export: Path) -> World:
    """A short life with an instant after each part of it."""
    instants: list[str] = []

    def now() -> None:
        recorded = product.get("auditor-1", "/reporting/v1/history?limit=1").json()["items"][0]["recorded_at"]
        instants.append(recorded)

    found_office(product)
    proposals = [_proposal(product, reference) for reference in ("R-1", "R-2")]
    project = proposals[0]
    product.until(lambda: len(_items(product, LISTS["portfolio"])) == 2)
    now()
    body = {
        "standard": "capital-delivery@1",
        "gate_path": "two-gate",
        "budget": {"amount": "900.00", "currency": "AUD"},
        "reason": "Affordable",
    }
    product.give("pmo-1", f"/governance/v1/proposals/{project}/authorisations", body)
    manager = {"person": product.person("pm-1"), "reason": "Experienced"}
    product.give("pmo-1", f"/governance/v1/projects/{project}/managers", manager)
    path = f"/projects/v1/projects/{project}"
    product.until(lambda: product.get("pm-1", path).status_code == 200)
    product.until(lambda: _row(product, project)["phase"] == "phase-1" and _row(product, project)["manager"])
    now()
    ask = {"gate": "gate-1", "evidence": EVIDENCE, "reason": "The phase is done"}
    product.give("pm-1", f"{path}/gate-reviews", ask)
    reviews = product.until(lambda: _items(product, LISTS["gate-reviews"]))
    review = reviews[0]["id"]
    decision = {"outcome": "go", "reason": "All criteria are met"}
    product.give("pmo-1", f"/governance/v1/gate-reviews/{review}/decisions", decision)
    product.until(lambda: _row(product, project)["phase"] == "phase-2")
    product.until(lambda: product.get("pmo-1", f"/governance/v1/gate-reviews/{review}").json()["status"] == "answered")
    product.until(lambda: _names(product)[:1] == ["decision-answered"])
    now()
    world = World(export, project, review)
    for instant in instants:
        at = {"known_at": instant}
        for name, where in LISTS.items():
            answer = product.http.get(where, params={**at, "limit": 500}, headers=product.headers("auditor-1"))
            assert answer.status_code == 200, answer.text
            world.lists[name, instant] = answer.json()["items"]
        for source, stream, where in _things(project, review):
            answer = product.http.get(f"/{source}/v1/{where}", params=at, headers=product.headers("auditor-1"))
            assert answer.status_code in {200, 404}, answer.text
            world.things[source, stream, instant] = answer.json() if answer.status_code == 200 else {}
    headers = product.headers("auditor-1") | {"Accept": "application/x-ndjson"}
    export.write_bytes(product.http.get("/reporting/v1/history", headers=headers).content)
    return world


def _proposal(product: Product, reference: str) -> str:
    body = {
        "portfolio": "capital",
        "reference": reference,
        "title": f"Project {reference}",
        "forecast_cost": {"amount": "1000.00", "currency": "AUD"},
    }
    id_: str = product.give("pmo-2", "/governance/v1/proposals", body)["id"]
    return id_


def _items(product: Product, path: str) -> list[dict[str, Any]]:
    """A list as the PMO sees it; nothing while reporting has not heard yet that they may."""
    answer = product.get("pmo-1", path)
    items: list[dict[str, Any]] = answer.json()["items"] if answer.status_code == 200 else []
    return items


def _row(product: Product, project: str) -> dict[str, Any]:
    row: dict[str, Any] = next(item for item in _items(product, LISTS["portfolio"]) if item["id"] == project)
    return row


def _names(product: Product) -> list[str]:
    items = product.get("auditor-1", "/reporting/v1/history?source=governance&limit=1").json()["items"]
    return [item["name"] for item in items]


def _things(project: str, review: str) -> list[tuple[str, str, str]]:
    return [
        ("governance", "office/main", "office"),
        ("governance", "standard/capital-delivery", "standards/capital-delivery"),
        ("governance", f"proposal/{project}", f"proposals/{project}"),
        ("governance", f"appointment/{project}", f"projects/{project}/appointments"),
        ("governance", f"gate-review/{review}", f"gate-reviews/{review}"),
        ("projects", f"project/{project}", f"projects/{project}"),
    ]


def test_a_thing_at_an_instant_is_what_its_service_answered(world: World) -> None:
    assert any(not answer for answer in world.things.values()), "some were not there yet at the first instant"
    for (source, stream, instant), answered in world.things.items():
        given = (world.export, "--source", source, "--stream", stream, "--until", instant)
        if answered:
            assert json.loads(replay(*given).stdout) == answered
        else:
            assert f"nothing had been recorded of {stream}" in replay(*given, status=1).stderr


def test_a_list_at_an_instant_is_what_its_service_answered(world: World) -> None:
    told = set()
    for (name, instant), answered in world.lists.items():
        source = LISTS[name].split("/")[1]
        shown = replay(world.export, "--source", source, "--list", name, "--until", instant).stdout
        rows = [json.loads(line) for line in shown.splitlines()]
        assert rows == sorted(answered, key=lambda row: row["id"]), (name, instant)
        told.add(shown)
    assert len(told) > len(LISTS), "the instants differ"


def test_it_is_a_command_of_its_own_that_reads_from_a_pipe(world: World) -> None:
    command = [str(BIN / "mandate"), "replay", "-", "--list", "portfolio"]
    with world.export.open("rb") as export:
        done = subprocess.run(command, stdin=export, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, replay(world.export, "--list", "portfolio").stdout)


def test_without_an_instant_it_is_all_that_was_exported(world: World) -> None:
    last = max(instant for _, instant in world.lists)
    rows = [json.loads(line) for line in replay(world.export, "--list", "portfolio").stdout.splitlines()]
    assert rows == sorted(world.lists["portfolio", last], key=lambda row: row["id"])


def test_it_tells_which_streams_there_are_and_how_whole_the_export_is(world: World) -> None:
    done = replay(world.export)
    assert f"project/{world.project}" in done.stdout
    assert "governance: whole, up to " in done.stderr
    assert "replaying: " in done.stderr
    only = replay(world.export, "--source", "projects").stdout
    assert "proposal/" not in only


def test_a_packed_export_is_read_too(world: World, tmp_path: Path) -> None:
    packed = tmp_path / "history.ndjson.gz"
    packed.write_bytes(gzip.compress(world.export.read_bytes()))
    assert replay(packed, "--list", "portfolio").stdout == replay(world.export, "--list", "portfolio").stdout


def test_an_altered_document_is_found(world: World, tmp_path: Path) -> None:
    lines = world.export.read_bytes().splitlines()
    at = next(index for index, line in enumerate(lines) if b'"type":"mandate.governance.project-proposed' in line)
    altered = tmp_path / "altered.ndjson"
    altered.write_bytes(b"\n".join([*lines[:at], lines[at].replace(b"1000.00", b"9000.00"), *lines[at + 1 :]]))
    done = replay(altered, "--list", "portfolio", status=1)
    assert f"does not follow proposal/{world.project}@1 as it stands here: one of them was altered" in done.stderr


def test_what_is_left_out_is_told_and_never_guessed(world: World, tmp_path: Path) -> None:
    lines = world.export.read_bytes().splitlines()
    without = tmp_path / "without.ndjson"
    without.write_bytes(b"\n".join(line for line in lines if b"phase-started" not in line))
    stream = ("--source", "projects", "--stream", f"project/{world.project}")
    assert f"the export lacks events of project/{world.project}" in replay(without, *stream, status=1).stderr
    assert "the export has gaps there" in replay(without, "--list", "portfolio", status=1).stderr
    swapped = tmp_path / "swapped.ndjson"
    swapped.write_bytes(b"\n".join([*lines[10:], *lines[:10]]))
    assert "an export is in order" in replay(swapped, status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--until", "yesterday"], 2, "an instant such as"),
        (["--until", "2026-06-30T12:00:00"], 2, "say the time zone"),
        (["--stream", "proposal/x"], 2, "say whose stream it is"),
        (["--stream", "risk/x", "--source", "projects"], 1, "projects has project/..."),
        (["--list", "portfolio", "--stream", "office/main", "--source", "governance"], 2, "not both"),
    ],
)
def test_what_cannot_be_asked_is_said(world: World, arguments: list[str], status: int, told: str) -> None:
    assert told in replay(world.export, *arguments, status=status).stderr


def test_what_is_no_export_is_said(tmp_path: Path) -> None:
    assert "No such file" in replay(tmp_path / "none.ndjson", status=1).stderr
    file = tmp_path / "text.ndjson"
    file.write_text("hello\n")
    assert f"{file} line 1: not a document" in replay(file, status=1).stderr
