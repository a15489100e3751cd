"""Row 24: beyond tolerance the PMO decides a change; never who wanted it, assessed it or runs the project."""

from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed
from governance.requests.change import (
    CHANGE,
    ChangeApproved,
    ChangeRejected,
    ChangeRequestReceived,
    DecideChange,
    Impact,
    ReceiveChangeRequest,
)
from governance.requests.request import DecisionAnswered, NoteAnswer
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

OLA, PAT = derived("ola"), derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
REQUEST: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": OLA,
    "assessed_by": PAT,
    "origin": ORIGIN,
    "title": "A second intake",
    "description": "As the town asks",
    "impact": Impact(cost="25000.00"),
}
APPROVED, REJECTED = ChangeApproved(project="p1"), ChangeRejected(project="p1")


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Ola wanted a change c1 of p1, and pat, its PM, found it to be beyond tolerance."""
    return authorised.given(CHANGE, "c1", ChangeRequestReceived(**REQUEST))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CHANGE, "c1", command, by=by)


def decide(outcome: str = "approved") -> DecideChange:
    return DecideChange.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_a_change_beyond_tolerance_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = ChangeRequestReceived(**REQUEST)
    when(authorised, ReceiveChangeRequest(**REQUEST), "system/recognition").then(received)
    when(authorised.given(CHANGE, "c1", received), ReceiveChangeRequest(**REQUEST), "system/recognition").then()


def test_the_pmo_approves_or_rejects_it_once(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED).under("pmo")
    when(asked, decide("rejected")).then(REJECTED)
    when(asked.given(CHANGE, "c1", REJECTED), decide()).refused("already-decided")


@pytest.mark.parametrize("person", [OLA, PAT])
def test_who_wanted_or_assessed_it_does_not_decide_it(asked: Scenario, person: str) -> None:
    mandate(asked, person, "pmo")
    when(asked, decide(), person).refused("decider-is-requester", authority=True)


def test_who_runs_the_project_does_not_decide_beyond_tolerance(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(asked, decide(), ANN).refused("decider-runs-the-project", authority=True)
    mandate(asked, PAT, "project_manager", "p1")
    when(asked, decide(), PAT).refused("no-right", authority=True)


def test_the_project_answers_once(asked: Scenario) -> None:
    asked.given(CHANGE, "c1", APPROVED)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    when(asked, answer, "system/recognition").then(answered)
    when(asked.given(CHANGE, "c1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_change_refuses() -> None:
    with pytest.raises(TypeError):
        CHANGE.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CHANGE.evolve(None, APPROVED, None)  # type: ignore[arg-type]
