"""Row 24: anyone on the project asks, the PM assesses; inside tolerance the PM decides, beyond it the PMO."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.control.tolerance import TOLERANCE, Given, Impact, TolerancesSet, ToleranceUsed
from projects.execution.events import ProjectClosed
from projects.execution.project import PROJECT
from projects.main import PROJECTS
from projects.recognition.mandate import MANDATE, MandateRecognised
from projects.requests.change import (
    CHANGE,
    AssessChange,
    ChangeApproved,
    ChangeAssessed,
    ChangeImplemented,
    ChangeRejected,
    ChangeRequested,
    DecideChange,
    ImplementChange,
    RequestChange,
)
from projects.requests.decisions import ChangeApproved as Approved
from projects.requests.decisions import ChangeRejected as Rejected
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM, initiation
from tests.unit.projects.requests.deciding import decision

OLA, SUE = derived("ola"), derived("sue")
C1, C2 = derived("change", "1"), derived("change", "2")
SYSTEM = "system/recognition"
REQUESTED = ChangeRequested(
    project="p1", standard="capital@1", title="A second intake", description="As the town asks", impact=Impact(cost="2")
)
APPROVED, REJECTED = ChangeApproved(project="p1"), ChangeRejected(project="p1")


@pytest.fixture
def asked(initiated: Scenario) -> Scenario:
    """The officer ola asked for a change; the project may cost 3.00 more and take 10 % more risk."""
    for person, role in ((OLA, "pm_officer"), (SUE, "sponsor")):
        initiated.given(MANDATE, person, MandateRecognised(person=person, role=role, project="p1", origin=ORIGIN))
    tolerances: Given = {"cost": "3.00", "time": "10%", "quality": "No criterion unmet"}
    initiated.given(TOLERANCE, "p1", TolerancesSet(project="p1", tolerances=tolerances))
    return initiated.given(CHANGE, C1, REQUESTED, by=OLA)


def when(scenario: Scenario, command: Instruction, by: str = PAT, id_: str = C1) -> Outcome:
    return scenario.when(CHANGE, id_, command, by=by, project="p1")


def request() -> RequestChange:
    body = {"title": "A second intake", "description": "As the town asks", "impact": {"cost": "2"}, "reason": "Asked"}
    return RequestChange.model_validate(body)


def assess(**impact: str) -> AssessChange:
    return AssessChange.model_validate({"impact": impact, "reason": "Estimated with the team"})


def assessed(within: bool, **impact: str) -> ChangeAssessed:
    return ChangeAssessed(
        project="p1",
        standard="capital@1",
        requested_by=OLA,
        title=REQUESTED.title,
        description=REQUESTED.description,
        impact=Impact(**impact),
        within_tolerance=within,
    )


def decide(outcome: str = "approved") -> DecideChange:
    return DecideChange.model_validate({"outcome": outcome, "reason": "Weighed"})


def apply(outcome: str) -> ApplyDecision:
    return decision(Approved if outcome == "approved" else Rejected, outcome)


def used(cost: str, change: str = C1) -> ToleranceUsed:
    return ToleranceUsed(project="p1", change=change, impact=Impact(cost=cost))


@pytest.mark.parametrize(("person", "role"), [(PAT, "project_manager"), (OLA, "pm_officer"), (SUE, "sponsor")])
def test_anyone_on_the_project_asks_for_a_change(asked: Scenario, person: str, role: str) -> None:
    when(asked, request(), person, C2).then(REQUESTED).under(role)


def test_a_member_of_the_pmo_and_a_stranger_do_not_ask(asked: Scenario) -> None:
    when(asked, request(), ANN, C2).refused("no-right", authority=True)
    when(asked, request(), TIM, C2).refused("no-right", authority=True)


def test_a_change_is_asked_for_once_and_of_a_project_that_runs(asked: Scenario) -> None:
    when(asked, request()).refused("already-requested")
    when(asked.given(PROJECT, "p1", ProjectClosed()), request(), id_=C2).refused("project-closed")


@pytest.mark.parametrize(
    ("impact", "within"),
    [
        ({"cost": "3.00"}, True),
        ({"cost": "-50"}, True),
        ({"cost": "0", "time": "0"}, True),
        ({"cost": "3.01"}, False),
        ({"time": "1"}, False),  # a part of a plan that there is not
        ({"quality": "1"}, False),  # held to a statement
        ({"cost": "1", "scope": "Another intake"}, False),  # a statement cannot be reckoned with
        ({"benefits": "-1"}, False),  # nothing is known to be tolerated
    ],
)
def test_the_pm_assesses_it_against_the_tolerances(asked: Scenario, impact: dict[str, str], within: bool) -> None:
    when(asked, assess(**impact)).then(assessed(within, **impact)).under("project_manager")


def test_only_the_pm_assesses(asked: Scenario) -> None:
    when(asked, assess(cost="1"), OLA).refused("no-right", authority=True)
    when(asked, assess(cost="1"), ANN).refused("pmo-does-not-manage-projects", authority=True)


def test_an_assessment_that_says_nothing_is_none() -> None:
    with pytest.raises(ValidationError, match="one dimension at least"):
        assess()


def test_inside_tolerance_the_pm_decides_and_that_much_is_used(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(True, cost="2"))
    when(asked, decide()).then(APPROVED, used("2")).under("project_manager")
    when(asked, decide("rejected")).then(REJECTED)


def test_the_pm_does_not_decide_beyond_tolerance(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(False, cost="4"))
    when(asked, decide()).refused("beyond-tolerance", authority=True)
    when(asked, decide("rejected")).refused("beyond-tolerance", authority=True)
    when(asked, assess(cost="1")).refused("change-not-to-be-assessed")


def test_small_changes_are_no_way_around_a_tolerance(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(True, cost="2"))
    asked.given(TOLERANCE, "p1", used("2", C2))
    when(asked, decide()).refused("beyond-tolerance", authority=True)
    when(asked, assess(cost="2")).then(assessed(False, cost="2"))
    when(asked, assess(cost="1")).then(assessed(True, cost="1"))


@given(st.lists(st.integers(-400, 400), max_size=12))
def test_what_a_pm_approves_never_sums_up_beyond_the_tolerance(cents: list[int]) -> None:
    scenario = Scenario(PROJECTS).given(PROJECT, "p1", *initiation())
    scenario.given(MANDATE, PAT, MandateRecognised(person=PAT, role="project_manager", project="p1", origin=ORIGIN))
    scenario.given(TOLERANCE, "p1", TolerancesSet(project="p1", tolerances={"cost": "3.00"}))
    taken = Decimal(0)
    for number, amount in enumerate(cents):
        id_, cost = derived("change", str(number)), Decimal(amount) / 100
        scenario.given(CHANGE, id_, REQUESTED, by=OLA)
        for command in (assess(cost=str(cost)), decide()):
            for record in when(scenario, command, id_=id_).records:
                aggregate, _, thing = record.subject.partition("/")
                scenario.given(PROJECTS.aggregates[aggregate], thing, record.data, by=PAT)
                taken += max(cost, Decimal(0)) if isinstance(record.data, ChangeApproved) else 0
    assert taken <= 3


def test_a_change_is_decided_once_and_after_its_assessment(asked: Scenario) -> None:
    when(asked, decide()).refused("change-not-assessed")
    asked.given(CHANGE, C1, assessed(True, cost="2"), REJECTED)
    when(asked, decide()).refused("change-already-decided")
    when(asked, assess(cost="1")).refused("change-not-to-be-assessed")


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_what_the_pmo_decides_is_applied_once(asked: Scenario, outcome: str) -> None:
    asked.given(CHANGE, C1, assessed(False, cost="4"))
    applied = DecisionApplied(project="p1", outcome=outcome, origin=ORIGIN)
    when(asked, apply(outcome), SYSTEM).then(applied)
    when(asked.given(CHANGE, C1, applied), apply(outcome), SYSTEM).then()


def test_a_decision_on_a_project_that_has_ended_is_not_applied(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(False, cost="4")).given(PROJECT, "p1", ProjectClosed())
    outcome = DecisionNotApplied(project="p1", outcome="approved", rule="project-closed", origin=ORIGIN)
    when(asked, apply("approved"), SYSTEM).then(outcome)
    when(asked.given(CHANGE, C1, outcome), ImplementChange(reason="Done")).refused("project-closed")


def test_an_approved_change_is_implemented_once(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(True, cost="2"), APPROVED)
    done = ChangeImplemented(project="p1")
    when(asked, ImplementChange(reason="Done")).then(done)
    when(asked.given(CHANGE, C1, done), ImplementChange(reason="Again")).refused("change-already-implemented")


def test_a_change_that_is_not_approved_is_not_implemented(asked: Scenario) -> None:
    when(asked, ImplementChange(reason="Done")).refused("change-not-approved")
    asked.given(CHANGE, C1, assessed(True))
    when(asked, ImplementChange(reason="Done")).refused("change-not-approved")
    asked.given(CHANGE, C1, REJECTED)
    when(asked, ImplementChange(reason="Done")).refused("change-not-approved")


def test_a_pmo_member_neither_decides_nor_implements_it(asked: Scenario) -> None:
    asked.given(CHANGE, C1, assessed(True))
    commands: list[Any] = [decide(), ImplementChange(reason="Done")]
    for command in commands:
        when(asked, command, ANN).refused("pmo-does-not-manage-projects", authority=True)


def test_what_is_not_its_own_a_change_refuses(asked: Scenario) -> None:
    with pytest.raises(TypeError):
        CHANGE.decide(None, ImplementChange(reason="Done"), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CHANGE.evolve(None, ProjectClosed(), None)  # type: ignore[arg-type]
