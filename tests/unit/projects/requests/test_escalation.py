"""Row 16: the PMOfficer is the link to the PMO; going past one who is in post takes a reason on record."""

from datetime import date
from typing import Any

import pytest

from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.execution.conditions import GateCondition, GateConditionSet
from projects.execution.events import ProjectClosed
from projects.execution.project import PROJECT
from projects.recognition.mandate import MANDATE, MandateRecognised
from projects.recognition.posts import POSTS, PostFilled, PostVacated
from projects.requests.escalation import (
    ESCALATION,
    EscalationDecided,
    EscalationRelayed,
    EscalationSettled,
    RelayEscalation,
)
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

OLA, FIRST = derived("ola"), derived("escalation", "one")
SYSTEM = "system/recognition"
BODY: dict[str, Any] = {
    "of": "risk",
    "matter": "Risk 7",
    "text": "Another ministry decides",
    "options": ["Wait", "Reroute"],
    "reason": "It is beyond us",
}


def relayed(bypass_reason: str | None = None) -> EscalationRelayed:
    return EscalationRelayed(
        project="p1",
        standard="capital@1",
        of="risk",
        matter="Risk 7",
        text="Another ministry decides",
        options=["Wait", "Reroute"],
        bypass_reason=bypass_reason,
    )


def ask(scenario: Scenario, by: str = OLA, **more: Any) -> Outcome:
    return scenario.when(ESCALATION, FIRST, RelayEscalation.model_validate({**BODY, **more}), by=by, project="p1")


def when(scenario: Scenario, command: Instruction) -> Outcome:
    return scenario.when(ESCALATION, FIRST, command, by=SYSTEM)


def apply(*conditions: GateCondition) -> ApplyDecision:
    members = {"outcome": "instruct", "text": "Reroute", "conditions": list(conditions)}
    return decision(EscalationDecided, "instruct", **members)


@pytest.fixture
def officered(initiated: Scenario) -> Scenario:
    """Ola is the PMOfficer of p1."""
    mandate = MandateRecognised(person=OLA, role="pm_officer", project="p1", origin=ORIGIN)
    filled = PostFilled(project="p1", role="pm_officer", person=OLA)
    return initiated.given(MANDATE, OLA, mandate).given(POSTS, "p1", filled)


def test_the_officer_relays_it(officered: Scenario) -> None:
    ask(officered).then(relayed()).under("pm_officer", f"mandate/{OLA}@1")


def test_the_pm_does_not_go_past_the_officer_without_a_reason(officered: Scenario) -> None:
    ask(officered, PAT).refused("officer-bypassed", authority=True)


def test_with_a_reason_on_record_the_pm_goes_past_the_officer(officered: Scenario) -> None:
    why = "The officer is ill"
    ask(officered, PAT, bypass_reason=why).then(relayed(why)).under("project_manager")


def test_the_pm_relays_it_while_the_post_is_vacant(officered: Scenario) -> None:
    vacated = PostVacated(project="p1", role="pm_officer", person=OLA)
    ask(officered.given(POSTS, "p1", vacated), PAT).then(relayed())


def test_who_goes_past_nobody_needs_no_reason_for_it(officered: Scenario) -> None:
    ask(officered, OLA, bypass_reason="None is needed").then(relayed())


def test_nobody_else_relays_it(officered: Scenario) -> None:
    ask(officered, TIM).refused("no-right", authority=True)
    other = MandateRecognised(person=TIM, role="pm_officer", project="p2", origin=ORIGIN)
    ask(officered.given(MANDATE, TIM, other), TIM).refused("no-right", authority=True)


def test_a_member_of_the_pmo_relays_something_as_the_officer_alone(initiated: Scenario) -> None:
    ask(initiated, ANN).refused("no-right", authority=True)
    mandate = MandateRecognised(person=ANN, role="pm_officer", project="p1", origin=ORIGIN)
    ask(initiated.given(MANDATE, ANN, mandate), ANN).under("pm_officer")


def test_the_answer_reaches_the_project_with_its_conditions_once(officered: Scenario) -> None:
    officered.given(ESCALATION, FIRST, relayed(), by=OLA)
    applied = DecisionApplied(project="p1", outcome="instruct", origin=ORIGIN)
    settled = EscalationSettled(project="p1", outcome="instruct", text="Reroute", origin=ORIGIN)
    due = date(2026, 5, 1)
    condition = GateConditionSet(number=1, gate="g1", text="New drawings", owner="Pat", due_on=due)
    when(officered, apply(GateCondition("New drawings", "Pat", due))).then(applied, settled, condition)
    when(officered.given(ESCALATION, FIRST, applied, settled), apply()).then()


def test_an_answer_that_comes_after_the_end_is_not_applied(officered: Scenario) -> None:
    officered.given(ESCALATION, FIRST, relayed(), by=OLA).given(PROJECT, "p1", ProjectClosed())
    late = DecisionNotApplied(project="p1", outcome="instruct", rule="project-closed", origin=ORIGIN)
    when(officered, apply()).then(late)
    when(officered.given(ESCALATION, FIRST, late), apply()).then()


def test_it_is_relayed_once_and_of_a_project_that_runs(officered: Scenario) -> None:
    ask(officered.given(ESCALATION, FIRST, relayed(), by=OLA)).refused("already-requested")


def test_what_is_not_its_own_an_escalation_and_posts_refuse() -> None:
    with pytest.raises(TypeError):
        ESCALATION.decide(None, apply(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ESCALATION.evolve(None, ProjectClosed(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        POSTS.decide(None, apply(), None)  # type: ignore[arg-type]
