"""Row 17: the PMO lets a project be closed; never who asked for it or runs the project."""

from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.closure import (
    CLOSURE,
    ClosureApproved,
    ClosureRejected,
    ClosureRequestReceived,
    DecideClosure,
    ReceiveClosureRequest,
)
from governance.requests.request import DecisionAnswered, NoteAnswer
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
REQUEST: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "phase": "plan",
    "lessons": "a" * 64,
}
APPROVED = ClosureApproved(project="p1")


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, asked for its closure c1."""
    return authorised.given(CLOSURE, "c1", ClosureRequestReceived(**REQUEST))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CLOSURE, "c1", command, by=by)


def decide(outcome: str = "approved") -> DecideClosure:
    return DecideClosure.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_a_request_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = ClosureRequestReceived(**REQUEST)
    when(authorised, ReceiveClosureRequest(**REQUEST), "system/recognition").then(received)
    when(authorised.given(CLOSURE, "c1", received), ReceiveClosureRequest(**REQUEST), "system/recognition").then()


def test_the_pmo_lets_the_project_be_closed_or_has_it_go_on(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED).under("pmo")
    when(asked, decide("rejected")).then(ClosureRejected(project="p1"))
    when(asked.given(CLOSURE, "c1", ClosureRejected(project="p1")), decide()).refused("already-decided")
    when(asked.given(CLOSURE, "c1", APPROVED), decide("rejected")).refused("already-decided")


def test_who_asked_for_it_does_not_decide_it(asked: Scenario) -> None:
    mandate(asked, PAT, "pmo")
    when(asked, decide(), PAT).refused("decider-is-requester", authority=True)


def test_who_runs_or_watches_the_project_does_not_decide_it(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(asked, decide(), ANN).refused("decider-runs-the-project", authority=True)
    asked.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(asked, decide()).refused("decider-is-its-officer", authority=True)


def test_nobody_else_decides_it(asked: Scenario) -> None:
    mandate(asked, PAT, "project_manager", "p1")
    when(asked, decide(), PAT).refused("no-right", authority=True)


def test_the_project_answers_once(asked: Scenario) -> None:
    asked.given(CLOSURE, "c1", APPROVED)
    answer = NoteAnswer(applied=False, rule="project-terminated", origin=ORIGIN)
    answered = DecisionAnswered(project="p1", applied=False, rule="project-terminated", origin=ORIGIN)
    when(asked, answer, "system/recognition").then(answered)
    when(asked.given(CLOSURE, "c1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_closure_refuses() -> None:
    with pytest.raises(TypeError):
        CLOSURE.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CLOSURE.evolve(None, APPROVED, None)  # type: ignore[arg-type]
