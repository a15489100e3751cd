"""Conditions of gates over time: one that is not met lapses when its day is over in the charter's zone, and once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from mandate_events.deciding import Aggregate, Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.document.origin import Origin
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.local import LocalSource
from mandate_events.ledger.store import Store
from mandate_events.values.days import end_of
from mandate_events.values.money import Money
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.timers import give_due
from mandate_local.postgres import EmbeddedPostgres
from projects.execution.conditions import GateCondition, MeetCondition
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, ApplyGateDecision, InitiateProject, RequestGateReview
from projects.execution.state import Project
from projects.main import PROJECTS
from projects.recognition.mandate import MANDATE, RecogniseMandate
from projects.recognition.office import OFFICE, THE_OFFICE, RecogniseOffice, zone_of
from projects.recognition.standard import STANDARD, Gate, GatePath, Phase, RecogniseStandard
from tests.integration.ledgers import Ledger, eventually, new_ledger
from tests.services import DUE, PROJECTS_SERVICE

ORIGIN = Origin(source="governance", sequence=7, hash="0" * 64)
PAT = derived("pat")
EVIDENCE = [EvidenceInput(title="Plan", sha256="a" * 64)]


@pytest.fixture
async def ledger(postgres: EmbeddedPostgres) -> Ledger:
    return await new_ledger(postgres, "projects", (DUE["projects"],))


async def give(
    store: Store, aggregate: Aggregate[Any], id_: str, command: Instruction, actor: str = "system/recognition"
) -> None:
    await store.submit(
        Submission(aggregate, id_, command, actor=actor, route="test", key=uuid7(), correlation="story", authority="t")
    )


async def conditional(store: Store, *due_on: date) -> str:
    """A project of an office in Melbourne that passed its first gate on a condition for each of these days."""
    id_ = uuid7()
    phases = [Phase("plan", "Plan", Gate("g1", "One")), Phase("do", "Do", Gate("g2", "Two"))]
    paths = [GatePath("two-gate", "Two gates", phases)]
    initiate = InitiateProject(
        portfolio="roads",
        reference="R1",
        title="A road",
        gate_path="two-gate",
        standard="capital@1",
        budget=Money("10.00", "AUD"),
        origin=ORIGIN,
    )
    decision = ApplyGateDecision(
        review=derived("gate-review", id_, "1"),
        gate="g1",
        outcome="conditional_go",
        conditions=[GateCondition("Confirm the guarantee", "Pat", day) for day in due_on],
        origin=ORIGIN,
    )
    office = RecogniseOffice(time_zone="Australia/Melbourne", currency="AUD", origin=ORIGIN)
    await give(store, OFFICE, THE_OFFICE, office)
    await give(store, STANDARD, "capital", RecogniseStandard(version=1, title="Capital", paths=paths, origin=ORIGIN))
    manager = RecogniseMandate(person=PAT, role="project_manager", project=id_, origin=ORIGIN)
    await give(store, MANDATE, PAT, manager)
    await give(store, PROJECT, id_, initiate)
    await give(store, PROJECT, id_, RequestGateReview(gate="g1", evidence=EVIDENCE, reason="Done"), PAT)
    await give(store, PROJECT, id_, decision)
    return id_


async def follow(ledger: Ledger) -> None:
    """Let the view of due dates follow the ledger to its end."""
    engine = create_engine(ledger.dsn)
    source = LocalSource("projects", ledger.dsn)
    consumer = Consumer("views", source, PROJECTS.catalogue, engine, service="projects", views=(DUE["projects"],))
    running = asyncio.create_task(consumer.run())

    async def there() -> bool:
        rows = await ledger.query(
            "select (select max(position) from ledger.events) = (select max(sequence) from ledger.cursors)"
        )
        return bool(rows[0][0])

    await eventually(there)
    running.cancel()
    await asyncio.wait({running})
    await engine.dispose()


async def after_the_clock(ledger: Ledger, id_: str, ahead: timedelta) -> tuple[int, Project]:
    """A service that was down comes back so much later: how much was due, and the project then."""
    async with Store(PROJECTS, ledger.dsn, clock_ahead=ahead) as store:
        zone = zone_of((await store.reader.fold(OFFICE, THE_OFFICE)).state)
        return await give_due(store, PROJECTS_SERVICE.house.timers, zone), (await store.reader.fold(PROJECT, id_)).state


async def test_a_service_that_was_down_on_the_day_records_the_lapse_when_it_is_back(ledger: Ledger) -> None:
    async with Store(PROJECTS, ledger.dsn) as store:
        id_ = await conditional(store, datetime.now(UTC).date() + timedelta(days=1))
        melbourne = zone_of((await store.reader.fold(OFFICE, THE_OFFICE)).state)
    await follow(ledger)
    due = (await ledger.query("select on_day from views.due"))[0][0]
    assert (await after_the_clock(ledger, id_, timedelta()))[0] == 0, "the day is not over"
    count, project = await after_the_clock(ledger, id_, timedelta(days=9))
    assert (count, project.status, project.conditions[1].status) == (1, "held", "lapsed")
    documents = [orjson.loads(document) for document in await ledger.documents()]
    lapsed, held = documents[-2:]
    assert lapsed["type"] == "mandate.projects.gate-condition-lapsed.v1"
    assert held["type"] == "mandate.projects.project-held.v1"
    assert (lapsed["actor"], lapsed["partitionkey"]) == ("system/clock", id_)
    [set_by] = [f"{each['subject']}@{each['streamversion']}" for each in documents if "condition-set" in each["type"]]
    assert lapsed["authority"] == set_by, "the decision that set the day"
    assert datetime.fromisoformat(lapsed["occurredat"]) == end_of(due, melbourne)
    await after_the_clock(ledger, id_, timedelta(days=9))
    assert len(await ledger.documents()) == len(documents), "once, however often the clock comes by"
    await follow(ledger)
    assert await ledger.query("select * from views.due") == []


async def test_the_day_ends_where_the_charter_says(ledger: Ledger) -> None:
    async with Store(PROJECTS, ledger.dsn) as store:
        id_ = await conditional(store, date(2030, 6, 30))
    await follow(ledger)
    ends = datetime(2030, 6, 30, 14, tzinfo=UTC)  # ten hours before the day ends in Greenwich
    until_then = ends - datetime.now(UTC)
    assert (await after_the_clock(ledger, id_, until_then - timedelta(minutes=5)))[0] == 0
    count, project = await after_the_clock(ledger, id_, until_then + timedelta(minutes=1))
    assert (count, project.status) == (1, "held")


async def test_what_was_met_is_not_due(ledger: Ledger) -> None:
    today = datetime.now(UTC).date()
    async with Store(PROJECTS, ledger.dsn) as store:
        id_ = await conditional(store, today + timedelta(days=1), today + timedelta(days=30))
        await give(store, PROJECT, id_, MeetCondition(condition=1, evidence=EVIDENCE, reason="Signed"), PAT)
    await follow(ledger)
    count, project = await after_the_clock(ledger, id_, timedelta(days=9))
    assert (count, project.status) == (0, "active")
    assert [project.conditions[number].status for number in (1, 2)] == ["met", "open"]
