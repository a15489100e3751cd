"""Two versions side by side: what the newer one records the older one takes, archives, or leaves to the newer.

The older version is this tree. The newer one is a copy of it in which an event of governance has one more field, with
a default, and a decision records an event of a type that did not exist before.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from tests.e2e.running import EVIDENCE, found_office
from tests.e2e.topology import SERVICES, Process, Topology, Version, topology, until
from tests.faults.ledger_checks import check_everything

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(400)]

ROOT: Final = Path(__file__).resolve().parents[2]
NOTE: Final = "Said by the newer version"
NOTING: Final = f'''
def decide(review: Any, command: Any, context: Context) -> Any:
    if not isinstance(command, DecideGate):
        return BEFORE.decide(review, command, context)
    check_open(review)
    asked = review.asked
    decided = GateDecided(project=asked.project, gate=asked.gate, outcome=command.outcome, note="{NOTE}")
    return [decided, GateNoted(project=asked.project)]


def evolve(review: Any, event: Any, record: Any) -> Any:
    return review if isinstance(event, GateNoted) else BEFORE.evolve(review, event, record)


GATE_REVIEW = dataclasses.replace(
    BEFORE,
    decide=decide,
    evolve=evolve,
    events=(GateNoted, *BEFORE.events),
    records={{**BEFORE.records, DecideGate: (GateDecided, GateNoted)}},
)


'''
"""How the newer version decides and folds what the older one knew."""

NEWER: Final = {
    "services/governance/src/governance/requests/gate_review.py": (
        ("from typing import Literal\n", "import dataclasses\nfrom typing import Any, Literal\n"),
        (
            "from governance.requests.request import Condition,",
            "from governance.requests.request import check_open, Condition,",
        ),
        (
            "    conditions: list[Condition] = msgspec.field(default_factory=list)\n",
            (
                "    conditions: list[Condition] = msgspec.field(default_factory=list)\n"
                "    note: str | None = None\n\n\n"
                "class GateNoted(Event, frozen=True, kw_only=True):\n"
                '    """The PMO noted something beside its decision."""\n\n'
                "    project: str\n"
            ),
        ),
        ('GATE_REVIEW = plain("gate-review"', 'BEFORE = plain("gate-review"'),
        ("KIND = Kind(\n", NOTING + "KIND = Kind(\n"),
    ),
    "services/projects/src/projects/execution/heard.py": (
        (
            '    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]\n',
            '    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]\n    note: str | None = None\n',
        ),
    ),
}
"""Of each file what is replaced by what."""

DECIDED: Final = "mandate.governance.gate-decided.v1"
NOTED: Final = "mandate.governance.gate-noted.v1"


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mandate-upgrade-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def older(directory: Path) -> Version:
    return Version(sources=copied(directory / "older"))


@pytest.fixture(scope="module")
def newer(directory: Path) -> Version:
    sources = copied(directory / "newer")
    for name, replacements in NEWER.items():
        path = sources / name
        text = path.read_text()
        for old, new in replacements:
            assert text.count(old) == 1, f"{name} has changed: {old!r} is no longer what the newer version replaces"
            text = text.replace(old, new)
        path.write_text(text)
    return Version(sources=sources)


def copied(to: Path) -> Path:
    for part in (*ROOT.glob("libs/*/src"), *ROOT.glob("services/*/src")):
        shutil.copytree(part, to / part.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__"))
    return to


@pytest.fixture(scope="module")
def stage(directory: Path, postgres: EmbeddedPostgres) -> Iterator[Topology]:
    with KafkaBroker(directory / "kafka") as broker, topology(directory, postgres, broker.bootstrap) as stage:
        yield stage


@dataclass(slots=True)
class Running:
    """One service: its API and its worker."""

    stage: Topology
    service: str
    api: Process
    worker: Process

    @classmethod
    def begin(cls, stage: Topology, service: str, version: Version) -> "Running":
        return cls(stage, service, stage.api(service, version), stage.worker(service, version))

    def replace(self, version: Version) -> None:
        """Worker first, then the API, as docs/ops.md says."""
        self.worker.stop()
        self.worker = self.stage.worker(self.service, version)
        old, self.api = self.api, self.stage.api(self.service, version)
        old.stop()


def test_each_tree_runs_its_own_version(older: Version, newer: Version) -> None:
    import subprocess

    for version, knows in ((older, "False"), (newer, "True")):
        command, environment = version.command("governance")
        program = "import governance.requests.gate_review as g; print(hasattr(g, 'GateNoted'))"
        done = subprocess.run([command[0], "-c", program], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == knows


def test_an_upgrade_and_the_way_back(stage: Topology, older: Version, newer: Version) -> None:
    stage.migrate(version=older)
    running = {service: Running.begin(stage, service, older) for service in SERVICES}
    governance = running["governance"]
    project = begin_a_project(stage)

    # everything is of the older version
    first = asked(stage, project, "gate-1")
    decide(stage, first)
    answered(stage, project, first, "phase-2")

    # rolling: a newer API beside the older one and its worker, on one database
    second = asked(stage, project, "gate-2")
    stage.get("pmo-1", f"/governance/v1/gate-reviews/{second}").raise_for_status()  # now it is in the older one's cache
    old_api, new_api = governance.api, stage.api("governance", newer)
    decide(stage, second)
    until(lambda: phase(stage, project) == "phase-3")
    # the older reporting keeps the bytes of a field that it does not know, and an event that it does not know
    until(lambda: len(history(stage, type_=DECIDED)) == 2)
    assert {each["data"].get("note") for each in history(stage, type_=DECIDED)} == {None, NOTE}
    until(lambda: len(history(stage, type_=NOTED)) == 1)

    # the older processes refuse what they would have to guess at, and do all the rest
    parked = until(lambda: waiting(stage, "governance"), 30, governance.worker.log.read_text)
    assert parked[0].startswith("not yet"), parked
    stage.at["governance"] = old_api.url
    for answer in (
        stage.get("pmo-1", f"/governance/v1/gate-reviews/{second}"),
        stage.post("pmo-2", f"/governance/v1/gate-reviews/{second}/decisions", {"outcome": "go", "reason": "Again"}),
    ):
        assert answer.status_code == 503, answer.text
        assert NOTED in answer.json()["detail"]
        assert answer.headers["retry-after"] == "5"
    stage.give("pmo-2", "/governance/v1/proposals", proposal("R-002"))
    assert old_api.ready()
    stage.at["governance"] = new_api.url
    assert stage.get("pmo-1", f"/governance/v1/gate-reviews/{second}").json()["status"] == "decided"

    # governance is of the newer version: what waited is done
    governance.api = new_api
    old_api.stop()
    governance.worker.stop()
    governance.worker = stage.worker("governance", newer)
    answered(stage, project, second, "phase-3")
    until(lambda: not waiting(stage, "governance"))  # let go of a moment after it was handled

    # then the others, one after the other
    running["projects"].replace(newer)
    third = asked(stage, project, "gate-3")
    decide(stage, third)
    answered(stage, project, third, "phase-4")
    running["reporting"].replace(newer)

    # and the way back: an older governance, whose events lack the field, with newer readers
    governance.replace(older)
    fourth = asked(stage, project, "gate-4")
    decide(stage, fourth)
    answered(stage, project, fourth, None)
    assert until(lambda: len(history(stage, type_=DECIDED)) == 4)
    notes = [document["data"].get("note") for document in history(stage, type_=DECIDED)]
    assert sorted(notes, key=str) == sorted([None, NOTE, NOTE, None], key=str)

    asyncio.run(check_everything(stage.database))


# --- the story, over HTTP ---


def proposal(reference: str) -> dict[str, Any]:
    return {
        "portfolio": "capital-delivery",
        "reference": reference,
        "title": "A pumping station",
        "gate_path": "four-gate",
        "forecast_cost": {"amount": "95000.00", "currency": "AUD"},
    }


def begin_a_project(stage: Topology) -> str:
    """An office, and one project under way; returns its id."""
    found_office(stage)
    project: str = stage.give("pmo-2", "/governance/v1/proposals", proposal("R-001"))["id"]
    budget = {"amount": "95000.00", "currency": "AUD"}
    body = {"standard": "capital-delivery@1", "budget": budget, "reason": "Affordable"}
    stage.give("pmo-1", f"/governance/v1/proposals/{project}/authorisations", body)
    manager = {"person": stage.person("pm-1"), "reason": "Staffed"}
    stage.give("pmo-1", f"/governance/v1/projects/{project}/managers", manager)
    until(lambda: phase(stage, project) == "phase-1")
    return project


def phase(stage: Topology, project: str) -> str | None:
    answer = stage.get("pm-1", f"/projects/v1/projects/{project}")
    found: str | None = answer.json().get("phase")
    return found


def asked(stage: Topology, project: str, gate: str) -> str:
    """The project manager asks for the gate; returns the review, which is before the PMO. Not from a list: lists of
    things with other events are built anew before a version serves them (docs/ops.md)."""
    ask = {"gate": gate, "evidence": EVIDENCE, "reason": "The phase is done"}
    stage.give("pm-1", f"/projects/v1/projects/{project}/gate-reviews", ask)
    review: str = stage.get("pm-1", f"/projects/v1/projects/{project}").json()["open_review"]
    path = f"/governance/v1/gate-reviews/{review}"
    until(lambda: stage.get("pmo-1", path).status_code == HTTPStatus.OK)
    return review


def decide(stage: Topology, review: str) -> None:
    stage.give("pmo-1", f"/governance/v1/gate-reviews/{review}/decisions", {"outcome": "go", "reason": "Sound"})


def answered(stage: Topology, project: str, review: str, then: str | None) -> None:
    """The project took the decision, and said so."""
    path = f"/governance/v1/gate-reviews/{review}"
    until(lambda: stage.get("pmo-1", path).json()["status"] == "answered", 40, lambda: str(waiting(stage)))
    assert then is None or phase(stage, project) == then


def history(stage: Topology, type_: str) -> list[dict[str, Any]]:
    """The documents as reporting has them."""
    name = type_.split(".")[2]
    headers = stage.headers("auditor-1") | {"Accept": "application/x-ndjson"}
    answer = stage.http.get(stage.url(f"/reporting/v1/history?limit=500&type={name}"), headers=headers)
    return [orjson.loads(line) for line in answer.content.splitlines()] if answer.status_code == 200 else []


def waiting(stage: Topology, *services: str) -> list[str]:
    """Why events are parked."""

    async def errors() -> list[str]:
        query = "select error from ledger.parked order by sequence"
        return [row["error"] for each in services or SERVICES for row in await stage.query(each, query)]

    return asyncio.run(errors())
