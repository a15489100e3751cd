"""Recognition: what governance decided becomes an event here, named with its origin, before anything rests on it."""

from typing import Any

import pytest

from mandate_events.deciding.reacting import Heard
from mandate_events.document.event import GENESIS, JSON, Event, Recorded
from mandate_events.testing import NOON, Scenario
from projects.execution import heard as execution_heard
from projects.execution.project import PROJECT, ApplyGateDecision, InitiateProject
from projects.main import PROJECTS
from projects.recognition import heard
from projects.recognition.mandate import MANDATE, MandateEnded, MandateRecognised, RecogniseEnd, RecogniseMandate
from projects.recognition.posts import POSTS, PostFilled, PostVacated
from projects.recognition.standard import STANDARD, GatePath, RecogniseStandard, StandardRecognised
from tests.services import HEARD_OF_GOVERNANCE, on_governance
from tests.unit.projects.conftest import ANN, BUDGET, ORIGIN, PAT, PHASES, TIM

SYSTEM = "system/recognition"
PATHS = [GatePath("two-gate", "Two gates", PHASES)]


def said(event: Event, subject: str) -> Heard:
    """An event of governance as the policy hears it."""
    record: Recorded[Any] = Recorded(
        datacontenttype=JSON,
        id="e1",
        source="/mandate/governance",
        type=HEARD_OF_GOVERNANCE.types[type(event)],
        subject=subject,
        time=NOON,
        sequence=f"{7:020d}",
        streamversion=1,
        correlationid="c1",
        causationid="k1",
        occurredat=NOON,
        actor="a1",
        actingas="pmo",
        authority="mandate/a1@1",
        policy="0" * 64,
        previous=GENESIS,
        reason="because",
        data=event,
    )
    return Heard(record, ORIGIN)


def reaction(event: Event, subject: str) -> tuple[str, Any]:
    (found,) = on_governance(said(event, subject))
    return found.aggregate.stream(found.id), found.command


def test_a_mandate_is_recognised_and_ended() -> None:
    stream, command = reaction(heard.MandateGiven(person=PAT, role="project_manager", project="p1"), f"mandate/{PAT}")
    assert stream == f"mandate/{PAT}"
    recognition = MandateRecognised(person=PAT, role="project_manager", project="p1", origin=ORIGIN)
    assert isinstance(command, RecogniseMandate)
    filled = PostFilled(project="p1", role="project_manager", person=PAT)
    Scenario(PROJECTS).when(MANDATE, PAT, command, by=SYSTEM).then(recognition, filled)

    _, command = reaction(heard.MandateWithdrawn(person=PAT, role="project_manager", project="p1"), f"mandate/{PAT}")
    assert isinstance(command, RecogniseEnd)
    scenario = Scenario(PROJECTS).given(MANDATE, PAT, recognition).given(POSTS, "p1", filled)
    end = MandateEnded(person=PAT, role="project_manager", project="p1", origin=ORIGIN)
    vacated = PostVacated(project="p1", role="project_manager", person=PAT)
    scenario.when(MANDATE, PAT, command, by=SYSTEM).then(end, vacated)


def test_a_post_is_vacated_only_by_who_holds_it(recognised: Scenario) -> None:
    ann = PostFilled(project="p1", role="pm_officer", person=ANN)
    tim = PostFilled(project="p1", role="pm_officer", person=TIM)
    end = RecogniseEnd(person=ANN, role="pm_officer", project="p1", origin=ORIGIN)
    ended = MandateEnded(person=ANN, role="pm_officer", project="p1", origin=ORIGIN)
    recognised.given(POSTS, "p1", ann, tim).when(MANDATE, ANN, end, by=SYSTEM).then(ended)


def test_a_mandate_of_the_office_fills_no_post() -> None:
    command = RecogniseMandate(person=ANN, role="pmo", origin=ORIGIN)
    recognition = MandateRecognised(person=ANN, role="pmo", origin=ORIGIN)
    Scenario(PROJECTS).when(MANDATE, ANN, command, by=SYSTEM).then(recognition)


def test_a_person_recognises_nothing() -> None:
    command = RecogniseMandate(person=PAT, role="pmo", origin=ORIGIN)
    Scenario(PROJECTS).when(MANDATE, PAT, command, by=PAT).refused("no-right", authority=True)


def test_a_published_standard_is_recognised_once() -> None:
    event = heard.StandardPublished(version=1, title="Capital", paths=PATHS)
    stream, command = reaction(event, "standard/capital")
    assert stream == "standard/capital"
    assert isinstance(command, RecogniseStandard)
    scenario = Scenario(PROJECTS)
    (record,) = scenario.when(STANDARD, "capital", command, by=SYSTEM).records
    assert isinstance(record.data, StandardRecognised)
    assert record.data.origin == ORIGIN
    assert record.data.paths[0].phases == PHASES
    scenario.given(STANDARD, "capital", record.data).when(STANDARD, "capital", command, by=SYSTEM).then()


def test_an_authorisation_initiates_the_project() -> None:
    event = execution_heard.ProjectAuthorised(
        portfolio="roads",
        reference="R1",
        title="A road",
        gate_path="two-gate",
        standard="capital@1",
        budget=BUDGET,
    )
    stream, command = reaction(event, "proposal/p1")
    assert stream == PROJECT.stream("p1")
    assert isinstance(command, InitiateProject)
    assert command.reason == "because"


def test_a_gate_decision_is_applied_to_its_project() -> None:
    stream, command = reaction(execution_heard.GateDecided(project="p1", gate="g1", outcome="hold"), "gate-review/r1")
    assert stream == PROJECT.stream("p1")
    assert command == ApplyGateDecision(review="r1", gate="g1", outcome="hold", origin=ORIGIN, reason="because")


def test_what_does_not_concern_projects_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    class FounderNamed(Event, frozen=True, kw_only=True):
        """Not one that projects reads."""

    types: dict[type[Event], str] = {**HEARD_OF_GOVERNANCE.types, FounderNamed: "mandate.governance.founder-named.v1"}
    monkeypatch.setattr(HEARD_OF_GOVERNANCE, "types", types)
    assert on_governance(said(FounderNamed(), "office/main")) == []
