"""Row 17: the PMO decides a project's charter; never who submitted it or runs the project."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.charter import (
    CHARTER,
    CharterApproved,
    CharterReceived,
    CharterRejected,
    DecideCharter,
    ReceiveCharter,
)
from governance.requests.request import Condition, DecisionAnswered, NoteAnswer
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, PATHS, mandate

PAT, SUE = derived("pat"), derived("sue")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
SUBMITTED: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "number": 1,
    "purpose": "No more floods",
    "objectives": ["A station, by June"],
    "success_criteria": ["Dry streets"],
}
APPROVED = CharterApproved(project="p1", number=1)
CONDITION = {"text": "Ask the harbour", "owner": "Pat", "due_on": "2026-05-01"}


@pytest.fixture
def submitted(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, submitted its first charter c1."""
    return authorised.given(CHARTER, "c1", CharterReceived(**SUBMITTED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CHARTER, "c1", command, by=by)


def decide(outcome: str = "approved", *conditions: dict[str, str]) -> DecideCharter:
    return DecideCharter.model_validate({"outcome": outcome, "conditions": conditions, "reason": "Weighed"})


def test_a_charter_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = CharterReceived(**SUBMITTED)
    when(authorised, ReceiveCharter(**SUBMITTED), "system/recognition").then(received)
    when(authorised.given(CHARTER, "c1", received), ReceiveCharter(**SUBMITTED), "system/recognition").then()


def test_the_pmo_approves_or_rejects_it_once(submitted: Scenario) -> None:
    when(submitted, decide()).then(APPROVED).under("pmo")
    when(submitted, decide("rejected")).then(CharterRejected(project="p1", number=1))
    when(submitted.given(CHARTER, "c1", APPROVED), decide("rejected")).refused("already-decided")
    when(submitted.given(CHARTER, "c1", CharterRejected(project="p1", number=1)), decide()).refused("already-decided")


def test_an_approval_and_nothing_else_has_conditions(submitted: Scenario) -> None:
    condition = Condition("Ask the harbour", "Pat", date(2026, 5, 1))
    when(submitted, decide("approved", CONDITION)).then(CharterApproved(project="p1", number=1, conditions=[condition]))
    when(submitted, decide("rejected", CONDITION)).invalid("/conditions")
    when(submitted, decide("approved", {**CONDITION, "due_on": "2026-03-02"})).invalid("/conditions")


def test_who_submitted_it_does_not_decide_it(submitted: Scenario) -> None:
    mandate(submitted, PAT, "pmo")
    when(submitted, decide(), PAT).refused("decider-is-requester", authority=True)


def test_who_runs_or_watches_the_project_does_not_decide_it(submitted: Scenario) -> None:
    submitted.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(submitted, decide(), ANN).refused("decider-runs-the-project", authority=True)
    submitted.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(submitted, decide()).refused("decider-is-its-officer", authority=True)


def test_nobody_else_decides_it(submitted: Scenario) -> None:
    mandate(submitted, PAT, "project_manager", "p1")
    when(submitted, decide(), PAT).refused("no-right", authority=True)


def test_a_standard_may_give_it_to_the_sponsor(office: Scenario) -> None:
    content: dict[str, Any] = {"version": 1, "title": "Owned", "paths": PATHS, "deciders": {"charter": "sponsor"}}
    office.given(STANDARD, "owned", StandardDrafted(**content), StandardPublished(**content))
    office.given(CHARTER, "c1", CharterReceived(**{**SUBMITTED, "standard": "owned@1"}))
    mandate(office, SUE, "sponsor", "p1")
    when(office, decide(), SUE).then(APPROVED).under("sponsor")
    when(office, decide()).refused("standard-gives-it-to-the-sponsor", authority=True)


def test_the_sponsor_decides_nothing_that_the_standard_leaves_to_the_pmo(submitted: Scenario) -> None:
    mandate(submitted, SUE, "sponsor", "p1")
    when(submitted, decide(), SUE).refused("standard-leaves-it-to-the-pmo", authority=True)


def test_the_project_answers_once(submitted: Scenario) -> None:
    submitted.given(CHARTER, "c1", APPROVED)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    when(submitted, answer, "system/recognition").then(answered)
    when(submitted.given(CHARTER, "c1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_charter_refuses() -> None:
    with pytest.raises(TypeError):
        CHARTER.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CHARTER.evolve(None, APPROVED, None)  # type: ignore[arg-type]
