"""Rows 9 and 17: the PM runs the project from gate to gate; the PMO decides the gates and runs nothing."""

import pytest

from mandate_events.deciding import Command, Instruction, NotYet, replace
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.events import (
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectResumed,
    ProjectTerminated,
)
from projects.execution.events import Outcome as GateOutcome
from projects.execution.evidence import Evidence, EvidenceInput
from projects.execution.project import PROJECT, ApplyGateDecision, InitiateProject, RequestGateReview
from projects.recognition.mandate import MANDATE, MandateEnded, MandateRecognised
from tests.unit.projects.conftest import ANN, BUDGET, ORIGIN, PAT, TIM, initiation

FIRST = derived("gate-review", "p1", "1")
SYSTEM = "system/recognition"


def request(gate: str = "g1") -> RequestGateReview:
    evidence = [EvidenceInput(title="Plan", sha256="a" * 64)]
    return RequestGateReview(gate=gate, evidence=evidence, reason="The phase is done")


def requested(gate: str = "g1", phase: str = "plan", review: str = FIRST) -> GateReviewRequested:
    return GateReviewRequested(
        review=review, project="p1", gate=gate, phase=phase, evidence=[Evidence("Plan", "a" * 64)]
    )


def decision(outcome: GateOutcome, review: str = FIRST, gate: str = "g1") -> ApplyGateDecision:
    return ApplyGateDecision(review=review, gate=gate, outcome=outcome, origin=ORIGIN)


def applied(outcome: GateOutcome, review: str = FIRST, gate: str = "g1") -> GateDecisionApplied:
    return GateDecisionApplied(review=review, gate=gate, outcome=outcome, origin=ORIGIN)


def not_applied(outcome: GateOutcome, rule: str, review: str = FIRST, gate: str = "g1") -> GateDecisionNotApplied:
    return GateDecisionNotApplied(review=review, gate=gate, outcome=outcome, rule=rule, origin=ORIGIN)


def when(scenario: Scenario, command: Instruction, by: str = PAT) -> Outcome:
    return scenario.when(PROJECT, "p1", command, by=by)


INITIATE = InitiateProject(
    portfolio="roads",
    reference="R1",
    title="A road",
    gate_path="two-gate",
    standard="capital@1",
    budget=BUDGET,
    origin=ORIGIN,
)


def test_an_authorised_project_is_initiated_in_its_first_phase(recognised: Scenario) -> None:
    when(recognised, INITIATE, SYSTEM).then(*initiation()).under("system")


def test_hearing_an_authorisation_twice_initiates_once(initiated: Scenario) -> None:
    when(initiated, INITIATE, SYSTEM).then()


@pytest.mark.parametrize("change", [{"standard": "capital@2"}, {"standard": "other@1"}, {"gate_path": "four-gate"}])
def test_a_standard_that_was_never_recognised_stops_the_initiation(
    recognised: Scenario, change: dict[str, str]
) -> None:
    with pytest.raises(NotYet, match="not recognised"):
        when(recognised, replace(INITIATE, **change), SYSTEM)


def test_the_pm_asks_for_the_gate_of_the_current_phase(initiated: Scenario) -> None:
    outcome = when(initiated, request()).then(requested()).under("project_manager", f"mandate/{PAT}@1")
    assert outcome.records[0].standard == "capital@1"
    assert outcome.records[0].partitionkey == "p1"


def test_the_pmo_does_not_manage_projects(initiated: Scenario) -> None:
    when(initiated, request(), by=ANN).refused("pmo-does-not-manage-projects", authority=True)


def test_a_pmo_member_is_refused_even_as_pm(initiated: Scenario) -> None:
    initiated.given(MANDATE, ANN, MandateRecognised(person=ANN, role="project_manager", project="p1", origin=ORIGIN))
    when(initiated, request(), by=ANN).refused("pmo-does-not-manage-projects", authority=True)


def test_the_pm_of_another_project_is_refused(initiated: Scenario) -> None:
    other = MandateRecognised(person=TIM, role="project_manager", project="p2", origin=ORIGIN)
    when(initiated.given(MANDATE, TIM, other), request(), by=TIM).refused("no-right", authority=True)


def test_a_pm_whose_mandate_ended_is_refused(initiated: Scenario) -> None:
    ended = MandateEnded(person=PAT, role="project_manager", project="p1", origin=ORIGIN)
    when(initiated.given(MANDATE, PAT, ended), request()).refused("no-right", authority=True)


def test_a_project_that_does_not_exist_is_unknown(recognised: Scenario) -> None:
    when(recognised, request()).unknown()


def test_one_review_at_a_time(initiated: Scenario) -> None:
    when(initiated.given(PROJECT, "p1", requested()), request()).refused("review-open")


def test_a_gate_of_a_later_phase_must_wait(initiated: Scenario) -> None:
    when(initiated, request("g2")).refused("not-the-next-gate")


def test_a_gate_that_the_standard_does_not_have_is_invalid(initiated: Scenario) -> None:
    when(initiated, request("g9")).invalid("/gate")


@pytest.mark.parametrize(
    ("outcome", "consequence"),
    [
        ("go", [PhaseStarted(phase="do", gate="g2")]),
        ("conditional_go", [PhaseStarted(phase="do", gate="g2")]),
        ("hold", [ProjectHeld(gate="g1")]),
        ("recycle", []),
        ("kill", [ProjectTerminated(gate="g1")]),
    ],
)
def test_what_follows_from_a_decision(initiated: Scenario, outcome: GateOutcome, consequence: list[Event]) -> None:
    asked = initiated.given(PROJECT, "p1", requested())
    when(asked, decision(outcome), SYSTEM).then(applied(outcome), *consequence)


@pytest.mark.parametrize(
    ("outcome", "consequence"),
    [
        ("go", [ProjectResumed(), PhaseStarted(phase="do", gate="g2")]),
        ("hold", []),
        ("recycle", [ProjectResumed()]),
        ("kill", [ProjectTerminated(gate="g1")]),
    ],
)
def test_what_follows_for_a_held_project(initiated: Scenario, outcome: GateOutcome, consequence: list[Event]) -> None:
    second = derived("gate-review", "p1", "2")
    held = initiated.given(PROJECT, "p1", requested(), applied("hold"), ProjectHeld(gate="g1"))
    when(held, request()).then(requested(review=second))
    held.given(PROJECT, "p1", requested(review=second))
    when(held, decision(outcome, second), SYSTEM).then(applied(outcome, second), *consequence)


def test_a_resumed_project_is_active_again(initiated: Scenario) -> None:
    held = initiated.given(PROJECT, "p1", requested(), applied("hold"), ProjectHeld(gate="g1"), ProjectResumed())
    second = derived("gate-review", "p1", "2")
    when(held, request()).then(requested(review=second))


def test_the_last_gate_closes_the_project(initiated: Scenario) -> None:
    second = derived("gate-review", "p1", "2")
    last = initiated.given(
        PROJECT, "p1", requested(), applied("go"), PhaseStarted(phase="do", gate="g2"), requested("g2", "do", second)
    )
    when(last, decision("go", second, "g2"), SYSTEM).then(applied("go", second, "g2"), ProjectClosed())


@pytest.mark.parametrize(
    ("end", "rule"),
    [(ProjectClosed(), "project-closed"), (ProjectTerminated(gate="g1"), "project-terminated")],
)
def test_an_ended_project_refuses_and_answers_so(initiated: Scenario, end: Event, rule: str) -> None:
    ended = initiated.given(PROJECT, "p1", requested(), end)
    when(ended, request()).refused(rule)
    when(ended, decision("go"), SYSTEM).then(not_applied("go", rule))


def test_a_decision_on_a_review_that_is_not_open_is_not_applied(initiated: Scenario) -> None:
    when(initiated, decision("go"), SYSTEM).then(not_applied("go", "review-not-open"))
    answered = initiated.given(PROJECT, "p1", requested(), not_applied("go", "review-not-open", "another"))
    when(answered, decision("go"), SYSTEM).then(applied("go"), PhaseStarted(phase="do", gate="g2"))


def test_a_person_does_not_apply_decisions(initiated: Scenario) -> None:
    when(initiated.given(PROJECT, "p1", requested()), decision("go")).refused("no-right", authority=True)


def test_an_aggregate_refuses_what_is_not_its_own(initiated: Scenario) -> None:
    with pytest.raises(TypeError):
        PROJECT.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        PROJECT.evolve(None, ProjectClosed(), None)  # type: ignore[arg-type]
