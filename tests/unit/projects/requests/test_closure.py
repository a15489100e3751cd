"""Row 17: the PM asks for the end of the project in good order; the PMO's approval closes it, if it has not ended."""

import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.events import ProjectClosed
from projects.execution.evidence import Evidence
from projects.requests.closure import CLOSURE, ClosureApproved, ClosureRejected, ClosureRequested, RequestClosure
from projects.requests.register import REGISTER, RequestClosed, RequestOpened
from projects.requests.request import ApplyDecision, DecisionApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

FIRST, SECOND = derived("closure", "one"), derived("closure", "two")
SYSTEM = "system/recognition"
LESSONS = "Ask the neighbours first."
BODY: dict[str, Any] = {
    "evidence": [{"title": "Closure report", "sha256": "a" * 64}],
    "lessons": LESSONS,
    "reason": "All is delivered",
}
REQUESTED = ClosureRequested(
    project="p1",
    standard="capital@1",
    evidence=[Evidence("Closure report", "a" * 64)],
    phase="plan",
    lessons=hashlib.sha256(LESSONS.encode()).hexdigest(),
)
OPENED = RequestOpened(project="p1", kind="closure", request=FIRST)


def closed(outcome: str) -> RequestClosed:
    return RequestClosed(project="p1", kind="closure", request=FIRST, outcome=outcome)


def when(scenario: Scenario, command: Instruction, by: str = SYSTEM) -> Outcome:
    return scenario.when(CLOSURE, FIRST, command, by=by)


def ask(scenario: Scenario, id_: str = FIRST, by: str = PAT, **more: Any) -> Outcome:
    return scenario.when(CLOSURE, id_, RequestClosure.model_validate({**BODY, **more}), by=by, project="p1")


def apply(outcome: str) -> ApplyDecision:
    return decision(ClosureApproved if outcome == "approved" else ClosureRejected, outcome)


@pytest.fixture
def waiting(initiated: Scenario) -> Scenario:
    return initiated.given(CLOSURE, FIRST, REQUESTED, by=PAT).given(REGISTER, "p1", OPENED)


def test_the_pm_asks_for_the_end_of_the_project(initiated: Scenario) -> None:
    ask(initiated).then(REQUESTED, OPENED).under("project_manager")


def test_what_was_learnt_may_be_left_out_and_the_report_may_not(initiated: Scenario) -> None:
    [record, _] = ask(initiated, lessons=None).records
    assert record.data.lessons is None
    with pytest.raises(ValidationError):
        ask(initiated, evidence=[])


def test_approved_the_project_is_closed(waiting: Scenario) -> None:
    applied = DecisionApplied(project="p1", outcome="approved", origin=ORIGIN)
    when(waiting, apply("approved")).then(applied, ProjectClosed(), closed("approved"))
    waiting.given(CLOSURE, FIRST, applied)
    when(waiting, apply("approved")).then()


def test_rejected_the_project_goes_on_and_may_ask_again(waiting: Scenario) -> None:
    rejected = DecisionApplied(project="p1", outcome="rejected", origin=ORIGIN)
    when(waiting, apply("rejected")).then(rejected, closed("rejected"))
    ask(waiting, SECOND).refused("request-open")
    waiting.given(CLOSURE, FIRST, rejected).given(REGISTER, "p1", closed("rejected"))
    again = RequestOpened(project="p1", kind="closure", request=SECOND)
    ask(waiting, SECOND).then(REQUESTED, again)


def test_nobody_else_asks_for_it(waiting: Scenario) -> None:
    ask(waiting, SECOND, by=ANN).refused("pmo-does-not-manage-projects", authority=True)
    ask(waiting, SECOND, by=TIM).refused("no-right", authority=True)
    ask(waiting).refused("already-requested")
