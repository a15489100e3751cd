"""Row 17: the PM submits the charter, one at a time; the PMO's decision takes effect, or is answered why not."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction, replace
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.conditions import GateCondition, GateConditionSet
from projects.execution.events import ProjectClosed
from projects.execution.evidence import Evidence
from projects.execution.project import PROJECT
from projects.requests.charter import (
    CHARTER,
    Charter,
    CharterApproved,
    CharterRejected,
    CharterSubmitted,
    SubmitCharter,
)
from projects.requests.register import REGISTER, RequestClosed, RequestOpened
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

FIRST, SECOND = derived("charter", "one"), derived("charter", "two")
SYSTEM = "system/recognition"
BODY: dict[str, Any] = {
    "purpose": "No more floods",
    "objectives": ["A station, by June"],
    "success_criteria": ["Dry streets"],
    "evidence": [{"title": "Charter", "sha256": "a" * 64}],
    "reason": "The sponsor agrees",
}


def submitted(number: int = 1) -> CharterSubmitted:
    return CharterSubmitted(
        project="p1",
        standard="capital@1",
        evidence=[Evidence("Charter", "a" * 64)],
        number=number,
        purpose="No more floods",
        objectives=["A station, by June"],
        success_criteria=["Dry streets"],
    )


def opened(request: str = FIRST) -> RequestOpened:
    return RequestOpened(project="p1", kind="charter", request=request)


def closed(outcome: str) -> RequestClosed:
    return RequestClosed(project="p1", kind="charter", request=FIRST, outcome=outcome)


SUBMIT = SubmitCharter.model_validate(BODY)
APPROVED = DecisionApplied(project="p1", outcome="approved", origin=ORIGIN)


def when(scenario: Scenario, command: Instruction, by: str = PAT, id_: str = FIRST) -> Outcome:
    return scenario.when(CHARTER, id_, command, by=by)


def ask(scenario: Scenario, id_: str = FIRST, by: str = PAT) -> Outcome:
    return scenario.when(CHARTER, id_, SUBMIT, by=by, project="p1")


def apply(outcome: str, *conditions: GateCondition) -> ApplyDecision:
    if outcome == "rejected":
        return decision(CharterRejected, outcome)
    return decision(CharterApproved, outcome, conditions=list(conditions))


@pytest.fixture
def waiting(initiated: Scenario) -> Scenario:
    """The first charter of p1 is with the PMO."""
    return initiated.given(CHARTER, FIRST, submitted(), by=PAT).given(REGISTER, "p1", opened())


def test_the_pm_submits_the_charter_and_it_is_entered_in_the_register(initiated: Scenario) -> None:
    ask(initiated).then(submitted(), opened()).under("project_manager")


def test_another_charter_is_not_offered_while_one_waits(waiting: Scenario) -> None:
    waiting.when(CHARTER, SECOND, SubmitCharter.unsaid(), by=PAT, project="p1").refused("request-open")


def test_one_charter_at_a_time(waiting: Scenario) -> None:
    ask(waiting, SECOND).refused("request-open")
    when(waiting, SUBMIT).refused("already-requested")


def test_after_a_rejection_another_may_be_submitted(waiting: Scenario) -> None:
    rejected = DecisionApplied(project="p1", outcome="rejected", origin=ORIGIN)
    when(waiting, apply("rejected"), SYSTEM).then(rejected, closed("rejected"))
    waiting.given(CHARTER, FIRST, rejected).given(REGISTER, "p1", closed("rejected"))
    ask(waiting, SECOND).then(submitted(2), opened(SECOND))


def test_an_approved_charter_stands(waiting: Scenario) -> None:
    when(waiting, apply("approved"), SYSTEM).then(APPROVED, closed("approved"))
    waiting.given(CHARTER, FIRST, APPROVED).given(REGISTER, "p1", closed("approved"))
    ask(waiting, SECOND).refused("charter-approved")
    waiting.when(CHARTER, SECOND, SubmitCharter.unsaid(), by=PAT, project="p1").refused("charter-approved")
    when(waiting, apply("rejected"), SYSTEM).then()


def test_the_conditions_of_an_approval_become_the_projects(waiting: Scenario) -> None:
    due = date(2026, 5, 1)
    condition = GateConditionSet(number=1, gate="g1", text="Ask the harbour", owner="Pat", due_on=due)
    decided = apply("approved", GateCondition("Ask the harbour", "Pat", due))
    when(waiting, decided, SYSTEM).then(APPROVED, condition, closed("approved"))


def test_a_decision_that_comes_after_the_end_is_not_applied(waiting: Scenario) -> None:
    late = DecisionNotApplied(project="p1", outcome="approved", rule="project-closed", origin=ORIGIN)
    waiting.given(PROJECT, "p1", ProjectClosed())
    when(waiting, apply("approved"), SYSTEM).then(late, closed("not_applied"))


def test_what_is_no_project_submits_nothing_and_is_decided_nothing(recognised: Scenario) -> None:
    ask(recognised).unknown()
    unknown = DecisionNotApplied(project="p1", outcome="approved", rule="project-unknown", origin=ORIGIN)
    recognised.given(CHARTER, FIRST, submitted(), by=PAT).given(REGISTER, "p1", opened())
    when(recognised, apply("approved"), SYSTEM).then(unknown, closed("not_applied"))


def test_only_an_approved_charter_is_in_force() -> None:
    charter = Charter(asked=submitted(), requested_by=PAT)
    assert (charter.status, charter.in_force) == ("open", False)
    assert replace(charter, outcome="approved").in_force


def test_nobody_else_submits_it(initiated: Scenario) -> None:
    ask(initiated, by=ANN).refused("pmo-does-not-manage-projects", authority=True)
    ask(initiated, by=TIM).refused("no-right", authority=True)


@pytest.mark.parametrize("missing", ["purpose", "objectives", "success_criteria", "evidence", "reason"])
def test_a_charter_says_all_that_a_charter_says(missing: str) -> None:
    with pytest.raises(ValidationError):
        SubmitCharter.model_validate({name: value for name, value in BODY.items() if name != missing})


def test_what_is_not_its_own_a_charter_and_a_register_refuse() -> None:
    for aggregate in (CHARTER, REGISTER):
        with pytest.raises(TypeError):
            aggregate.decide(None, apply("approved"), None)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            aggregate.evolve(None, APPROVED, None)  # type: ignore[arg-type]
