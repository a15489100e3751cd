"""Row 17: the conditions of a conditional go. The PM meets them in time, or they lapse and the project is held."""

from datetime import UTC, date, datetime

import pytest

from mandate_events.deciding import Command, SystemCommand
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.conditions import (
    ConditionEvent,
    Conditions,
    GateCondition,
    GateConditionLapsed,
    GateConditionMet,
    GateConditionSet,
    LapseCondition,
    MeetCondition,
    after,
)
from projects.execution.events import (
    GateDecisionApplied,
    GateReviewRequested,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectResumed,
    ProjectTerminated,
)
from projects.execution.evidence import Evidence, EvidenceInput
from projects.execution.project import PROJECT, ApplyGateDecision, RequestGateReview
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM

FIRST, SECOND = (derived("gate-review", "p1", number) for number in "12")
JUNE = date(2026, 6, 30)
GUARANTEE = GateConditionSet(number=1, gate="g1", text="Confirm the guarantee", owner="Pat", due_on=JUNE)
PERMIT = GateConditionSet(number=2, gate="g1", text="Get the permit", owner="Sam", due_on=date(2026, 7, 31))
LAPSED = GateConditionLapsed(number=1, gate="g1")


def requested(gate: str = "g1", phase: str = "plan", review: str = FIRST) -> GateReviewRequested:
    return GateReviewRequested(review=review, project="p1", gate=gate, phase=phase, evidence=[])


@pytest.fixture
def conditional(initiated: Scenario) -> Scenario:
    """p1 passed its first gate on two conditions."""
    applied = GateDecisionApplied(review=FIRST, gate="g1", outcome="conditional_go", origin=ORIGIN)
    following = PhaseStarted(phase="do", gate="g2")
    return initiated.given(PROJECT, "p1", requested(), applied, GUARANTEE, PERMIT, following)


def when(scenario: Scenario, command: Command | SystemCommand, by: str = PAT) -> Outcome:
    return scenario.when(PROJECT, "p1", command, by=by)


def meet(condition: int = 1) -> MeetCondition:
    evidence = [EvidenceInput(title="Guarantee", sha256="b" * 64)]
    return MeetCondition(condition=condition, evidence=evidence, reason="The bank signed")


def lapse(condition: int = 1, due_on: date = JUNE) -> LapseCondition:
    return LapseCondition(condition=condition, due_on=due_on)


def test_a_conditional_go_sets_its_conditions_and_the_next_phase_starts(initiated: Scenario) -> None:
    given = [GateCondition(each.text, each.owner, each.due_on) for each in (GUARANTEE, PERMIT)]
    decision = ApplyGateDecision(review=FIRST, gate="g1", outcome="conditional_go", conditions=given, origin=ORIGIN)
    applied = GateDecisionApplied(review=FIRST, gate="g1", outcome="conditional_go", origin=ORIGIN)
    following = PhaseStarted(phase="do", gate="g2")
    asked = initiated.given(PROJECT, "p1", requested())
    when(asked, decision, "system/recognition").then(applied, GUARANTEE, PERMIT, following)


def test_conditions_of_later_gates_are_numbered_on(conditional: Scenario) -> None:
    conditional.given(PROJECT, "p1", requested("g2", "do", SECOND))
    given = [GateCondition("Hand over", "Pat", JUNE)]
    decision = ApplyGateDecision(review=SECOND, gate="g2", outcome="conditional_go", conditions=given, origin=ORIGIN)
    when(conditional, decision, "system/recognition").then(
        GateDecisionApplied(review=SECOND, gate="g2", outcome="conditional_go", origin=ORIGIN),
        GateConditionSet(number=3, gate="g2", text="Hand over", owner="Pat", due_on=JUNE),
        ProjectClosed(),
    )


def test_the_pm_meets_a_condition(conditional: Scenario) -> None:
    met = GateConditionMet(number=1, gate="g1", evidence=[Evidence("Guarantee", "b" * 64)])
    when(conditional, meet()).then(met).under("project_manager")
    when(conditional.given(PROJECT, "p1", met), meet()).refused("condition-already-met")
    when(conditional, meet(2)).then(GateConditionMet(number=2, gate="g1", evidence=met.evidence))


def test_a_condition_that_the_project_does_not_have_is_invalid(conditional: Scenario) -> None:
    when(conditional, meet(3)).invalid("/condition")


def test_a_lapsed_condition_is_met_no_more(conditional: Scenario) -> None:
    when(conditional.given(PROJECT, "p1", LAPSED, ProjectHeld(gate="g1")), meet()).refused("condition-lapsed")


def test_a_condition_is_not_met_after_its_day_even_before_the_clock_says_so(conditional: Scenario) -> None:
    assert when(conditional.at(datetime(2026, 6, 30, 23, 59, tzinfo=UTC)), meet()).refusal is None
    when(conditional.at(datetime(2026, 7, 1, tzinfo=UTC)), meet()).refused("condition-lapsed")


def test_only_the_pm_of_the_project_meets_it(conditional: Scenario) -> None:
    when(conditional, meet(), ANN).refused("pmo-does-not-manage-projects", authority=True)
    when(conditional, meet(), TIM).refused("no-right", authority=True)


def test_an_unmet_condition_lapses_when_its_day_is_over_and_holds_the_project(conditional: Scenario) -> None:
    conditional.at(datetime(2026, 7, 1, tzinfo=UTC))
    when(conditional, lapse(), "system/clock").then(LAPSED, ProjectHeld(gate="g1")).under("system")


def test_what_was_settled_or_is_due_on_another_day_does_not_lapse(conditional: Scenario) -> None:
    when(conditional, lapse(due_on=date(2026, 6, 29)), "system/clock").then()
    when(conditional, lapse(9), "system/clock").then()
    conditional.given(PROJECT, "p1", GateConditionMet(number=1, gate="g1", evidence=[]))
    when(conditional, lapse(), "system/clock").then()


def test_a_project_is_held_once(conditional: Scenario) -> None:
    conditional.given(PROJECT, "p1", LAPSED, ProjectHeld(gate="g1"))
    when(conditional, lapse(), "system/clock").then()
    when(conditional, lapse(2, PERMIT.due_on), "system/clock").then(GateConditionLapsed(number=2, gate="g1"))


def test_the_conditions_of_an_ended_project_lapse_too_and_hold_nothing(conditional: Scenario) -> None:
    conditional.given(PROJECT, "p1", ProjectTerminated(gate="g2"))
    when(conditional, lapse(), "system/clock").then(LAPSED)
    when(conditional, meet(2)).refused("project-terminated")


def test_a_condition_of_the_last_gate_is_met_after_the_project_closed(conditional: Scenario) -> None:
    conditional.given(PROJECT, "p1", ProjectClosed())
    when(conditional, meet()).then(GateConditionMet(number=1, gate="g1", evidence=[Evidence("Guarantee", "b" * 64)]))


def test_a_project_that_a_lapse_held_goes_on_by_a_gate_decision_only(conditional: Scenario) -> None:
    conditional.given(PROJECT, "p1", LAPSED, ProjectHeld(gate="g1"))
    evidence = [EvidenceInput(title="Plan", sha256="a" * 64)]
    asked = when(conditional, RequestGateReview(gate="g2", evidence=evidence, reason="How do we go on?"))
    asked.then(
        GateReviewRequested(
            review=SECOND, project="p1", gate="g2", phase="do", evidence=[each.recorded() for each in evidence]
        )
    )
    conditional.given(PROJECT, "p1", requested("g2", "do", SECOND))
    decision = ApplyGateDecision(review=SECOND, gate="g2", outcome="recycle", origin=ORIGIN)
    applied = GateDecisionApplied(review=SECOND, gate="g2", outcome="recycle", origin=ORIGIN)
    when(conditional, decision, "system/recognition").then(applied, ProjectResumed())


def test_a_person_lapses_nothing(conditional: Scenario) -> None:
    when(conditional, lapse()).refused("no-right", authority=True)


def test_what_is_not_of_a_condition_means_nothing_to_it(conditional: Scenario) -> None:
    with pytest.raises(TypeError):
        after(Conditions(), ConditionEvent(number=1, gate="g1"))
