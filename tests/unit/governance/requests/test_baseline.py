"""Row 18: the PMO decides a baseline that a project submits; never who submitted it or runs the project."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.baseline import (
    BASELINE,
    BaselineApproved,
    BaselineReceived,
    BaselineRejected,
    DecideBaseline,
    ReceiveBaseline,
)
from governance.requests.request import DecisionAnswered, NoteAnswer
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money
from tests.unit.governance.conftest import ANN, BEN, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
SUBMITTED: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "number": 1,
    "scope": "All of it",
    "starts_on": date(2026, 4, 1),
    "finishes_on": date(2026, 9, 30),
    "budget": Money("9.00", "AUD"),
}
APPROVED = BaselineApproved(project="p1", number=1)


@pytest.fixture
def submitted(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, submitted its first baseline b1."""
    return authorised.given(BASELINE, "b1", BaselineReceived(**SUBMITTED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(BASELINE, "b1", command, by=by)


def decide(outcome: str = "approved") -> DecideBaseline:
    return DecideBaseline.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_a_baseline_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = BaselineReceived(**SUBMITTED)
    when(authorised, ReceiveBaseline(**SUBMITTED), "system/recognition").then(received)
    when(authorised.given(BASELINE, "b1", received), ReceiveBaseline(**SUBMITTED), "system/recognition").then()


def test_the_pmo_approves_or_rejects_it_once(submitted: Scenario) -> None:
    when(submitted, decide()).then(APPROVED).under("pmo")
    when(submitted, decide("rejected")).then(BaselineRejected(project="p1", number=1))
    when(submitted.given(BASELINE, "b1", APPROVED), decide("rejected")).refused("already-decided")


def test_who_submitted_it_does_not_approve_it(submitted: Scenario) -> None:
    mandate(submitted, PAT, "pmo")
    when(submitted, decide(), PAT).refused("decider-is-requester", authority=True)


def test_who_runs_or_watches_the_project_does_not_approve_it(submitted: Scenario) -> None:
    submitted.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(submitted, decide(), ANN).refused("decider-runs-the-project", authority=True)
    submitted.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(submitted, decide()).refused("decider-is-its-officer", authority=True)


def test_nobody_else_decides_it(submitted: Scenario) -> None:
    mandate(submitted, PAT, "project_manager", "p1")
    when(submitted, decide(), PAT).refused("no-right", authority=True)


def test_the_project_answers_once(submitted: Scenario) -> None:
    submitted.given(BASELINE, "b1", BaselineRejected(project="p1", number=1))
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    when(submitted, answer, "system/recognition").then(answered)
    when(submitted.given(BASELINE, "b1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_baseline_refuses() -> None:
    with pytest.raises(TypeError):
        BASELINE.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        BASELINE.evolve(None, APPROVED, None)  # type: ignore[arg-type]
