"""Row 7, in projects: the PM asks for hours of the pool and gives them back; the PMO does neither."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.events import ProjectClosed
from projects.execution.project import PROJECT
from projects.requests.allocation import (
    ALLOCATION,
    AllocationApproved,
    AllocationEnded,
    AllocationRecognised,
    AllocationRejected,
    AllocationReleased,
    AllocationRequested,
    EndAllocation,
    ReleaseAllocation,
    RequestAllocation,
    decide,
)
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

SYSTEM = "system/recognition"
TEAM = derived("modellers")
MONDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 20)
BODY: dict[str, Any] = {
    "skill": "hydraulics",
    "role": "Designs the station",
    "starts_on": "2026-03-09",
    "until": "2026-03-20",
    "hours_per_week": "30.0",
    "reason": "The design begins",
}
REQUESTED = AllocationRequested(
    project="p1",
    standard="capital@1",
    skill="hydraulics",
    role="Designs the station",
    starts_on=MONDAY,
    until=FRIDAY,
    hours_per_week="30",
)
APPLIED = DecisionApplied(project="p1", outcome="approved", origin=ORIGIN)
RECOGNISED = AllocationRecognised(
    project="p1", resource=TEAM, starts_on=MONDAY, until=FRIDAY, hours_per_week="30", origin=ORIGIN
)


@pytest.fixture
def asked(initiated: Scenario) -> Scenario:
    return initiated.given(ALLOCATION, "a1", REQUESTED, by=PAT)


@pytest.fixture
def in_force(asked: Scenario) -> Scenario:
    return asked.given(ALLOCATION, "a1", APPLIED, RECOGNISED)


def when(scenario: Scenario, command: Instruction, by: str = PAT) -> Outcome:
    """The command is given; the project is named by the request, or by the route where there is none yet."""
    return scenario.when(ALLOCATION, "a1", command, by=by)


def release(free_from: date = MONDAY) -> ReleaseAllocation:
    return ReleaseAllocation(free_from=free_from, reason="Done earlier")


def approve(outcome: str = "approved", resource: str | None = TEAM) -> ApplyDecision:
    if resource is None:
        return decision(AllocationRejected, outcome)
    return decision(AllocationApproved, outcome, resource=resource)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resource": TEAM}, "a resource or for a skill"),
        ({"skill": None}, "a resource or for a skill"),
        ({"hours_per_week": "0"}, "more than no hours"),
        ({"hours_per_week": 8}, "hours are text"),
        ({"hours_per_week": "1e3"}, "hours are text"),
        ({"until": "2026-03-08"}, "does not end before it starts"),
        ({"until": "2036-03-09"}, "at most 520 weeks"),
    ],
)
def test_what_is_asked_for_makes_sense(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RequestAllocation.model_validate({**BODY, **change})


def test_the_pmo_asks_for_nothing_and_gives_nothing_back(in_force: Scenario) -> None:
    for command in (RequestAllocation.model_validate(BODY), release()):
        when(in_force, command, ANN).refused("pmo-does-not-manage-projects", authority=True)


def test_nobody_else_gives_it_back(in_force: Scenario) -> None:
    when(in_force, release(), TIM).refused("no-right", authority=True)


def test_what_was_approved_is_recognised_once(asked: Scenario) -> None:
    when(asked, approve(), SYSTEM).then(APPLIED, RECOGNISED)
    when(asked.given(ALLOCATION, "a1", APPLIED, RECOGNISED), approve(), SYSTEM).then()


def test_a_rejection_gives_nothing(asked: Scenario) -> None:
    rejected = DecisionApplied(project="p1", outcome="rejected", origin=ORIGIN)
    when(asked, approve("rejected", None), SYSTEM).then(rejected)
    when(asked.given(ALLOCATION, "a1", rejected), release()).refused("no-allocation-in-force")


def test_a_project_that_has_ended_takes_none(asked: Scenario) -> None:
    asked.given(PROJECT, "p1", ProjectClosed())
    not_applied = DecisionNotApplied(project="p1", outcome="approved", rule="project-closed", origin=ORIGIN)
    when(asked, approve(), SYSTEM).then(not_applied)
    when(asked.given(ALLOCATION, "a1", not_applied), release()).refused("no-allocation-in-force")


def test_the_pm_gives_hours_back_also_after_the_end_of_the_project(in_force: Scenario) -> None:
    when(in_force, release()).then(AllocationReleased(project="p1", free_from=MONDAY)).under("project_manager")
    when(in_force.given(PROJECT, "p1", ProjectClosed()), release(FRIDAY)).then(
        AllocationReleased(project="p1", free_from=FRIDAY)
    )
    when(in_force, release(date(2026, 3, 21))).invalid("/free_from")


def test_giving_back_what_is_not_decided_yet_is_not_offered(asked: Scenario) -> None:
    when(asked, ReleaseAllocation.unsaid()).refused("no-allocation-in-force")


def test_what_was_given_back_is_not_given_back_again(in_force: Scenario) -> None:
    in_force.given(ALLOCATION, "a1", AllocationReleased(project="p1", free_from=MONDAY))
    when(in_force, release()).refused("no-allocation-in-force")
    when(in_force, EndAllocation(free_from=MONDAY, origin=ORIGIN), SYSTEM).then()


def test_what_the_pmo_takes_back_has_ended(in_force: Scenario) -> None:
    ended = AllocationEnded(project="p1", free_from=FRIDAY, origin=ORIGIN)
    when(in_force, EndAllocation(free_from=FRIDAY, origin=ORIGIN), SYSTEM).then(ended)
    when(in_force.given(ALLOCATION, "a1", ended), release()).refused("no-allocation-in-force")


def test_a_command_of_another_chapter_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="not decided here"):
        decide(None, object(), None)  # type: ignore[arg-type]
