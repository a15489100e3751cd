"""Row 7: allocations. A project asks, the PMO commits hours or not, and never beyond capacity without a reason."""

from datetime import date
from typing import Any

import pytest

from governance.requests.allocation import (
    ALLOCATION,
    KIND,
    AllocationApproved,
    AllocationRejected,
    AllocationRequestReceived,
    AllocationWithdrawn,
    DecideAllocation,
    NoteRelease,
    ReleaseRecognised,
    WithdrawAllocation,
)
from governance.requests.heard import AllocationReleased
from governance.requests.request import DecisionAnswered, NoteAnswer
from governance.resources.events import (
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    OverallocationAccepted,
    OverloadedWeek,
    ResourceRegistered,
    ResourceRetired,
)
from governance.resources.resource import RESOURCE
from mandate_events.deciding import Instruction
from mandate_events.deciding.reacting import Heard, Reaction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.services import HEARD_OF_PROJECTS, on_projects
from tests.unit.governance.conftest import BEN
from tests.unit.governance.requests.each_kind import sample

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
def test_it_is_about_whom_or_what_is_needed(request_: dict[str, Any], about: str) -> None:
    assert KIND.about(AllocationRequestReceived(**request_)) == about


def test_the_pmo_commits_the_hours_of_whom_was_asked_for(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED, COMMITTED)


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


def test_what_the_project_says_that_it_gives_back_is_noted() -> None:
    record = sample(HEARD_OF_PROJECTS, AllocationReleased)
    note = NoteRelease(free_from=record.data.free_from, origin=ORIGIN, reason=record.reason)
    assert on_projects(Heard(record, ORIGIN)) == [Reaction(ALLOCATION, record.thing, note)]


def test_what_the_project_gives_back_is_free_once(in_force: Scenario) -> None:
    given_back = NoteRelease(free_from=MONDAY, origin=ORIGIN)
    recognised = ReleaseRecognised(project="p1", resource=TEAM, free_from=MONDAY, origin=ORIGIN)
    released = CapacityReleased(allocation="a1", project="p1", free_from=MONDAY)
    when(in_force, given_back, "system/recognition").then(recognised, released)
    in_force.given(ALLOCATION, "a1", recognised).given(RESOURCE, TEAM, released)
    when(in_force, given_back, "system/recognition").then()
    when(in_force, withdraw(MONDAY)).refused("no-allocation-in-force")


def test_what_a_project_has_taken_up_can_still_be_taken_back(in_force: Scenario) -> None:
    in_force.given(ALLOCATION, "a1", DecisionAnswered(project="p1", applied=True, origin=ORIGIN))
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
