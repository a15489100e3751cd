"""Row 7: allocations. A project asks, the PMO commits hours or not, and never beyond capacity without a reason."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.allocation import (
    ALLOCATION,
    AllocationApproved,
    AllocationRejected,
    AllocationRequestReceived,
    AllocationWithdrawn,
    DecideAllocation,
    NoteRelease,
    ReceiveAllocationRequest,
    ReleaseRecognised,
    WithdrawAllocation,
)
from governance.requests.allocation import (
    decide as decide_allocation,
)
from governance.requests.request import DecisionAnswered, NoteAnswer
from governance.resources.resource import (
    RESOURCE,
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    OverallocationAccepted,
    OverloadedWeek,
    ResourceRegistered,
    ResourceRetired,
)
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

PAT = derived("pat")
TEAM, OTHER, NOBODY = derived("modellers"), derived("surveyors"), derived("nobody")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
MONDAY, FRIDAY, SECOND_MONDAY = date(2026, 3, 9), date(2026, 3, 20), date(2026, 3, 16)
HOURS: dict[str, Any] = {"starts_on": MONDAY, "until": FRIDAY, "hours_per_week": "30"}
REQUEST: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "role": "Designs the station",
    **HOURS,
}
BY_NAME, BY_SKILL = {**REQUEST, "resource": TEAM}, {**REQUEST, "skill": "hydraulics"}
APPROVED = AllocationApproved(project="p1", resource=TEAM, **HOURS)
COMMITTED = CapacityCommitted(allocation="a1", project="p1", **HOURS)
BEFORE = CapacityCommitted(allocation="a0", project="p0", **HOURS)
"""What another project has of the team."""


@pytest.fixture
def pool(authorised: Scenario) -> Scenario:
    """Two teams: one that models, with 40 hours a week, and one that surveys, with none set."""
    modellers = ResourceRegistered(kind="team", title="Modellers", skills=["hydraulics"])
    full = CapacitySet(starts_on=MONDAY, until=FRIDAY, hours_per_week="40")
    surveyors = ResourceRegistered(kind="team", title="Surveyors", skills=["surveying"])
    return authorised.given(RESOURCE, TEAM, modellers, full).given(RESOURCE, OTHER, surveyors)


@pytest.fixture
def asked(pool: Scenario) -> Scenario:
    """Pat, the PM of p1, asked for 30 hours a week of the modellers: a1."""
    return pool.given(ALLOCATION, "a1", AllocationRequestReceived(**BY_NAME))


@pytest.fixture
def in_force(asked: Scenario) -> Scenario:
    return asked.given(ALLOCATION, "a1", APPROVED).given(RESOURCE, TEAM, COMMITTED)


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(ALLOCATION, "a1", command, by=by)


def decide(outcome: str = "approved", **more: Any) -> DecideAllocation:
    return DecideAllocation.model_validate({"outcome": outcome, "reason": "Weighed", **more})


def withdraw(free_from: date) -> WithdrawAllocation:
    return WithdrawAllocation(free_from=free_from, reason="Needed elsewhere")


@pytest.mark.parametrize(("request_", "about"), [(BY_NAME, TEAM), (BY_SKILL, "hydraulics")])
def test_a_request_reaches_the_inbox_once(pool: Scenario, request_: dict[str, Any], about: str) -> None:
    received = AllocationRequestReceived(**request_)
    assert received.about == about
    outcome = when(pool, ReceiveAllocationRequest(**request_), "system/recognition").then(received)
    assert ALLOCATION.evolve(None, received, outcome.records[0]).about == about
    again = pool.given(ALLOCATION, "a1", received)
    when(again, ReceiveAllocationRequest(**request_), "system/recognition").then()


def test_the_pmo_commits_the_hours_of_whom_was_asked_for(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED, COMMITTED).under("pmo")


def test_the_pmo_finds_somebody_with_the_skill(pool: Scenario) -> None:
    pool.given(ALLOCATION, "a1", AllocationRequestReceived(**BY_SKILL))
    when(pool, decide()).invalid("/resource")
    when(pool, decide(resource=OTHER)).invalid("/resource")
    when(pool, decide(resource=TEAM)).then(APPROVED, COMMITTED)


def test_nothing_is_committed_of_who_is_not_in_the_pool(asked: Scenario) -> None:
    when(asked, decide(resource=NOBODY)).invalid("/resource")
    when(asked.given(RESOURCE, TEAM, ResourceRetired()), decide()).refused("resource-retired")


def test_the_pmo_rejects_it(asked: Scenario) -> None:
    when(asked, decide("rejected")).then(AllocationRejected(project="p1"))


def test_a_decision_is_never_edited(in_force: Scenario) -> None:
    when(in_force, decide()).refused("already-decided")
    when(in_force, decide("rejected")).refused("already-decided")


def test_no_more_than_the_capacity_is_committed_across_projects(asked: Scenario) -> None:
    outcome = when(asked.given(RESOURCE, TEAM, BEFORE), decide())
    outcome.refused("above-capacity")
    facts = getattr(outcome.refusal, "facts", None)
    assert facts == {"weeks": ["2026-W11 (+20 h)", "2026-W12 (+20 h)"], "count": 2, "most": "20"}


def test_more_than_the_capacity_is_committed_with_a_reason_and_on_record(asked: Scenario) -> None:
    asked.given(RESOURCE, TEAM, BEFORE)
    when(asked, decide(overallocation_reason="The station cannot wait")).then(
        APPROVED,
        OverallocationAccepted(
            weeks=[OverloadedWeek("2026-W11", "20"), OverloadedWeek("2026-W12", "20")],
            why="The station cannot wait",
            allocation="a1",
            project="p1",
        ),
        COMMITTED,
    )


def test_a_reason_for_what_is_not_too_much_is_not_put_on_record(asked: Scenario) -> None:
    when(asked, decide(overallocation_reason="To be safe")).then(APPROVED, COMMITTED)


def test_the_asker_does_not_decide_it(asked: Scenario) -> None:
    mandate(asked, PAT, "pmo")
    when(asked, decide(), PAT).refused("decider-is-requester", authority=True)


def test_who_runs_the_project_does_not_decide_it(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(asked, decide(), ANN).refused("decider-runs-the-project", authority=True)


def test_a_member_who_is_its_officer_decides_and_withdraws_nothing(in_force: Scenario, asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(asked, decide()).refused("decider-is-its-officer", authority=True)
    when(in_force, withdraw(MONDAY)).refused("decider-is-its-officer", authority=True)


def test_nobody_else_decides_it(asked: Scenario) -> None:
    mandate(asked, PAT, "project_manager", "p1")
    when(asked, decide(), derived("eve")).refused("no-right", authority=True)
    when(asked, withdraw(MONDAY), derived("eve")).refused("no-right", authority=True)


def test_the_pmo_takes_hours_back_from_a_day_on(in_force: Scenario) -> None:
    when(in_force, withdraw(SECOND_MONDAY)).then(
        AllocationWithdrawn(project="p1", resource=TEAM, free_from=SECOND_MONDAY),
        CapacityReleased(allocation="a1", project="p1", free_from=SECOND_MONDAY),
    )
    when(in_force, withdraw(date(2026, 3, 21))).invalid("/free_from")


def test_only_what_is_in_force_is_taken_back(asked: Scenario) -> None:
    when(asked, withdraw(MONDAY)).refused("no-allocation-in-force")
    asked.given(ALLOCATION, "a1", APPROVED, AllocationWithdrawn(project="p1", resource=TEAM, free_from=MONDAY))
    when(asked, withdraw(MONDAY)).refused("no-allocation-in-force")


def test_what_the_project_gives_back_is_free_once(in_force: Scenario) -> None:
    given_back = NoteRelease(free_from=MONDAY, origin=ORIGIN)
    recognised = ReleaseRecognised(project="p1", resource=TEAM, free_from=MONDAY, origin=ORIGIN)
    released = CapacityReleased(allocation="a1", project="p1", free_from=MONDAY)
    when(in_force, given_back, "system/recognition").then(recognised, released)
    in_force.given(ALLOCATION, "a1", recognised).given(RESOURCE, TEAM, released)
    when(in_force, given_back, "system/recognition").then()
    when(in_force, withdraw(MONDAY)).refused("no-allocation-in-force")


def test_the_project_answers_once(in_force: Scenario) -> None:
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    when(in_force, answer, "system/recognition").then(answered)
    when(in_force.given(ALLOCATION, "a1", answered), answer, "system/recognition").then()
    when(in_force, withdraw(MONDAY)).then(
        AllocationWithdrawn(project="p1", resource=TEAM, free_from=MONDAY),
        CapacityReleased(allocation="a1", project="p1", free_from=MONDAY),
    )


def test_what_a_project_can_no_longer_use_is_free_for_others(in_force: Scenario) -> None:
    answer = NoteAnswer(applied=False, rule="project-closed", origin=ORIGIN)
    answered = DecisionAnswered(project="p1", applied=False, rule="project-closed", origin=ORIGIN)
    released = CapacityReleased(allocation="a1", project="p1", free_from=MONDAY)
    when(in_force, answer, "system/recognition").then(answered, released)
    in_force.given(ALLOCATION, "a1", answered).given(RESOURCE, TEAM, released)
    when(in_force, answer, "system/recognition").then()
    when(in_force, withdraw(MONDAY)).refused("no-allocation-in-force")


def test_a_command_of_another_chapter_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="not decided by an allocation"):
        decide_allocation(None, decide(), None)  # type: ignore[arg-type]
