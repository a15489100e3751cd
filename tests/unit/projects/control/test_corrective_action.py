"""Row 2: what a compliance review requires is recognised here, and the project's PM reports it done, once."""

from datetime import date
from typing import Any

import pytest

from mandate_events.deciding import Aggregate, Command, Instruction
from mandate_events.document.event import Event
from mandate_events.testing import Outcome, Scenario
from mandate_web.chapters.pages import copied
from projects.control import heard
from projects.control.corrective_action import (
    CORRECTIVE_ACTION,
    CorrectiveActionEnded,
    CorrectiveActionPage,
    CorrectiveActionRecognised,
    CorrectiveActionReported,
    RecogniseCorrectiveAction,
    ReportCorrectiveAction,
)
from projects.execution.events import ProjectClosed
from projects.execution.evidence import Evidence
from projects.execution.project import PROJECT
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.recognition.test_recognition import SYSTEM, reaction

JUNE = date(2026, 6, 30)
SHA = "ab" * 32
RECOGNISED = CorrectiveActionRecognised(
    project="p1", review="r1", finding=1, action="Invite two more", owner=PAT, due_on=JUNE, origin=ORIGIN
)
REPORTED = CorrectiveActionReported(project="p1", review="r1", evidence=[Evidence("Offers", SHA)])
REPORT = ReportCorrectiveAction.model_validate(
    {"evidence": [{"title": "Offers", "sha256": SHA}], "reason": "Three offers are there"}
)


@pytest.fixture
def required(initiated: Scenario) -> Scenario:
    """A corrective action a1 is required of p1."""
    return initiated.given(CORRECTIVE_ACTION, "a1", RECOGNISED)


def when(scenario: Scenario, command: Instruction, by: str = PAT) -> Outcome:
    return scenario.when(CORRECTIVE_ACTION, "a1", command, by=by)


def test_what_is_required_is_recognised_once(initiated: Scenario) -> None:
    event = heard.CorrectiveActionRequired(
        project="p1", corrective_action="a1", finding=1, action="Invite two more", owner=PAT, due_on=JUNE
    )
    stream, command = reaction(event, "compliance-review/r1")
    assert stream == "corrective-action/a1"
    assert isinstance(command, RecogniseCorrectiveAction)
    when(initiated, command, SYSTEM).then(RECOGNISED)
    when(initiated.given(CORRECTIVE_ACTION, "a1", RECOGNISED), command, SYSTEM).then()
    when(initiated, command, PAT).refused("no-right", authority=True)


def test_the_pm_reports_it_once(required: Scenario) -> None:
    when(required, REPORT).then(REPORTED).under("project_manager")
    when(required.given(CORRECTIVE_ACTION, "a1", REPORTED), REPORT).refused("already-reported")


def test_what_governance_takes_back_is_no_longer_reported(required: Scenario) -> None:
    stream, command = reaction(heard.CorrectiveActionWithdrawn(corrective_action="a1"), "compliance-review/r1")
    assert stream == "corrective-action/a1"
    ended = CorrectiveActionEnded(project="p1", review="r1", origin=ORIGIN)
    when(required, command, SYSTEM).then(ended)
    required.given(CORRECTIVE_ACTION, "a1", ended)
    when(required, command, SYSTEM).then()
    when(required, REPORT).refused("action-withdrawn")


def test_what_was_reported_is_not_taken_back(required: Scenario) -> None:
    _, command = reaction(heard.CorrectiveActionWithdrawn(corrective_action="a1"), "compliance-review/r1")
    when(required.given(CORRECTIVE_ACTION, "a1", REPORTED), command, SYSTEM).then()


def test_the_pmo_reports_nothing_for_a_project_and_others_neither(required: Scenario) -> None:
    when(required, REPORT, ANN).refused("pmo-does-not-manage-projects", authority=True)
    when(required, REPORT, TIM).refused("no-right", authority=True)


def test_a_project_that_has_ended_reports_nothing(required: Scenario) -> None:
    when(required.given(PROJECT, "p1", ProjectClosed()), REPORT).refused("project-closed")


def test_what_was_not_required_is_not_reported(initiated: Scenario) -> None:
    when(initiated, REPORT).unknown()


def test_it_tells_what_is_required_and_what_was_reported(required: Scenario) -> None:
    assert copied(CorrectiveActionPage, "a1", required._folds["corrective-action/a1"].state)["status"] == "open"
    required.given(CORRECTIVE_ACTION, "a1", REPORTED, by=PAT)
    shown = copied(CorrectiveActionPage, "a1", required._folds["corrective-action/a1"].state)
    assert (shown["status"], shown["reported_by"], shown["evidence"][0]["sha256"]) == ("reported", PAT, SHA)


@pytest.mark.parametrize("aggregate", [CORRECTIVE_ACTION])
def test_nothing_else_is_decided_or_happens(aggregate: Aggregate[Any]) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        aggregate.evolve(None, Event(), None)  # type: ignore[arg-type]
