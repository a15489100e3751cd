"""Row 16: the PMO answers what a project escalates; never who relayed it, or the project's own PMOfficer."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.escalation import (
    ESCALATION,
    DecideEscalation,
    EscalationDecided,
    EscalationReceived,
    ReceiveEscalation,
)
from governance.requests.request import Condition, DecisionAnswered, NoteAnswer
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

OLA = derived("ola")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
RELAYED: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": OLA,
    "origin": ORIGIN,
    "of": "risk",
    "matter": "Risk 7",
    "text": "Another ministry decides",
    "options": ["Wait", "Reroute"],
    "bypass_reason": None,
}
DECIDED = EscalationDecided(project="p1", outcome="instruct", text="Reroute")
CONDITION = {"text": "New drawings", "owner": "Pat", "due_on": "2026-05-01"}


@pytest.fixture
def relayed(authorised: Scenario) -> Scenario:
    """Ola, the PMOfficer of p1, relayed e1."""
    return authorised.given(ESCALATION, "e1", EscalationReceived(**RELAYED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(ESCALATION, "e1", command, by=by)


def decide(outcome: str = "instruct", *conditions: dict[str, str]) -> DecideEscalation:
    body = {"outcome": outcome, "text": "Reroute", "conditions": conditions, "reason": "Weighed"}
    return DecideEscalation.model_validate(body)


def test_an_escalation_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = EscalationReceived(**RELAYED)
    when(authorised, ReceiveEscalation(**RELAYED), "system/recognition").then(received)
    when(authorised.given(ESCALATION, "e1", received), ReceiveEscalation(**RELAYED), "system/recognition").then()


def test_the_pmo_answers_it_once(relayed: Scenario) -> None:
    when(relayed, decide()).then(DECIDED).under("pmo")
    when(relayed, decide("return")).then(EscalationDecided(project="p1", outcome="return", text="Reroute"))
    when(relayed.given(ESCALATION, "e1", DECIDED), decide("no_action")).refused("already-decided")


def test_an_instruction_or_an_acceptance_and_nothing_else_has_conditions(relayed: Scenario) -> None:
    condition = Condition("New drawings", "Pat", date(2026, 5, 1))
    when(relayed, decide("instruct", CONDITION)).then(
        EscalationDecided(project="p1", outcome="instruct", text="Reroute", conditions=[condition])
    )
    when(relayed, decide("no_action", CONDITION)).invalid("/conditions")


def test_who_relayed_it_does_not_answer_it(relayed: Scenario) -> None:
    mandate(relayed, OLA, "pmo")
    when(relayed, decide(), OLA).refused("decider-is-requester", authority=True)


def test_who_runs_or_watches_the_project_does_not_answer_it(relayed: Scenario) -> None:
    relayed.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(relayed, decide(), ANN).refused("decider-runs-the-project", authority=True)
    relayed.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(relayed, decide()).refused("decider-is-its-officer", authority=True)


def test_nobody_else_answers_it(relayed: Scenario) -> None:
    mandate(relayed, OLA, "pm_officer", "p1")
    when(relayed, decide(), OLA).refused("no-right", authority=True)


def test_the_project_says_what_came_of_it_once(relayed: Scenario) -> None:
    relayed.given(ESCALATION, "e1", DECIDED)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    when(relayed, answer, "system/recognition").then(answered)
    when(relayed.given(ESCALATION, "e1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_an_escalation_refuses() -> None:
    with pytest.raises(TypeError):
        ESCALATION.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ESCALATION.evolve(None, DECIDED, None)  # type: ignore[arg-type]
