"""Row 5: departures from the standard are explicit. The PM asks, the PMO decides; approved, they are in force."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction, replace
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.conditions import GateCondition, GateConditionSet
from projects.execution.events import ProjectClosed
from projects.execution.project import PROJECT
from projects.recognition.standard import STANDARD, Control, GatePath, StandardRecognised
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from projects.requests.tailoring import (
    TAILORING,
    RequestTailoring,
    Tailoring,
    TailoringApproved,
    TailoringRejected,
    TailoringRequested,
)
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, PHASES, TIM, initiation
from tests.unit.projects.requests.deciding import decision

FIRST = derived("tailoring", "one")
SYSTEM = "system/recognition"
BODY: dict[str, Any] = {
    "element": "deliverable",
    "name": "site-diary",
    "change": "replace",
    "instead": "The daily log",
    "reason": "The contractor keeps one",
}
REQUESTED = TailoringRequested(
    project="p1",
    standard="capital@1",
    element="deliverable",
    name="site-diary",
    change="replace",
    instead="The daily log",
)
APPROVED = DecisionApplied(project="p1", outcome="approved", origin=ORIGIN)


def ask(scenario: Scenario, by: str = PAT, **more: Any) -> Outcome:
    return scenario.when(TAILORING, FIRST, RequestTailoring.model_validate({**BODY, **more}), by=by, project="p1")


def when(scenario: Scenario, command: Instruction) -> Outcome:
    return scenario.when(TAILORING, FIRST, command, by=SYSTEM)


def apply(outcome: str, *conditions: GateCondition) -> ApplyDecision:
    if outcome == "rejected":
        return decision(TailoringRejected, outcome)
    return decision(TailoringApproved, outcome, conditions=list(conditions))


@pytest.fixture
def waiting(initiated: Scenario) -> Scenario:
    return initiated.given(TAILORING, FIRST, REQUESTED, by=PAT)


def test_the_pm_asks_to_depart_from_the_standard(initiated: Scenario) -> None:
    ask(initiated).then(REQUESTED).under("project_manager")
    omitted = TailoringRequested(
        project="p1", standard="capital@1", element="gate", name="g1", change="omit", instead=None
    )
    ask(initiated, element="gate", name="g1", change="omit", instead=None).then(omitted)


@pytest.mark.parametrize("change", [{"change": "omit"}, {"instead": None}, {"change": "combine", "instead": None}])
def test_what_is_done_instead_is_said_unless_nothing_is(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RequestTailoring.model_validate({**BODY, **change})


@pytest.mark.parametrize("element", ["phase", "gate"])
def test_what_the_standard_does_not_have_is_not_departed_from(initiated: Scenario, element: str) -> None:
    ask(initiated, element=element, name="g9").invalid("/name")


@pytest.fixture
def controlled(recognised: Scenario) -> Scenario:
    """p1 runs to strict@1, which has a mandatory control and one that is not."""
    paths = [GatePath("two-gate", "Two gates", PHASES)]
    controls = [Control("cost-review", "Cost review", mandatory=True), Control("tour", "Site tour", mandatory=False)]
    strict = StandardRecognised(version=1, title="Strict", paths=paths, controls=controls, origin=ORIGIN)
    return recognised.given(STANDARD, "strict", strict).given(PROJECT, "p1", *initiation("strict@1"))


@pytest.mark.parametrize("change", [{"change": "omit", "instead": None}, {"change": "replace"}])
def test_a_mandatory_control_is_not_tailored_out(controlled: Scenario, change: dict[str, Any]) -> None:
    ask(controlled, element="control", name="cost-review", **change).refused("mandatory-control")


def test_a_control_that_is_not_mandatory_or_still_done_is_the_pmos_to_decide(controlled: Scenario) -> None:
    for name, change in (("cost-review", "combine"), ("tour", "replace")):
        [record] = ask(controlled, element="control", name=name, change=change).records
        assert record.data.name == name


def test_a_control_that_the_standard_does_not_have_is_not_departed_from(controlled: Scenario) -> None:
    ask(controlled, element="control", name="unheard-of").invalid("/name")


def test_where_the_standard_lists_no_controls_the_pmo_knows(initiated: Scenario) -> None:
    [record] = ask(initiated, element="control", name="cost-review").records
    assert record.data.element == "control"


def test_approved_it_is_in_force_with_its_conditions(waiting: Scenario) -> None:
    due = date(2026, 5, 1)
    condition = GateConditionSet(number=1, gate="g1", text="Show one", owner="Pat", due_on=due)
    when(waiting, apply("approved", GateCondition("Show one", "Pat", due))).then(APPROVED, condition)
    when(waiting.given(TAILORING, FIRST, APPROVED), apply("rejected")).then()


def test_rejected_the_standard_holds(waiting: Scenario) -> None:
    when(waiting, apply("rejected")).then(DecisionApplied(project="p1", outcome="rejected", origin=ORIGIN))


def test_a_decision_that_comes_after_the_end_is_not_applied(waiting: Scenario) -> None:
    late = DecisionNotApplied(project="p1", outcome="approved", rule="project-closed", origin=ORIGIN)
    when(waiting.given(PROJECT, "p1", ProjectClosed()), apply("approved")).then(late)
    when(waiting.given(TAILORING, FIRST, late), apply("approved")).then()


def test_only_an_approved_tailoring_is_in_force() -> None:
    asked = TailoringRequested(project="p1", standard="capital@1", element="deliverable", name="diary", change="omit")
    tailoring = Tailoring(asked=asked, requested_by=PAT)
    assert (tailoring.status, tailoring.in_force) == ("open", False)
    assert replace(tailoring, outcome="approved").in_force
    assert not replace(tailoring, outcome="rejected").in_force


def test_nobody_else_asks_for_it_and_once(waiting: Scenario) -> None:
    ask(waiting, ANN).refused("pmo-does-not-manage-projects", authority=True)
    ask(waiting, TIM).refused("no-right", authority=True)
    ask(waiting).refused("already-requested")
