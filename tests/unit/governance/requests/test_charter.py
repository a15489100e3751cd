"""Row 17: the PMO decides a project's charter, with conditions or without."""

from datetime import date
from typing import Any

import pytest

from governance.requests.charter import (
    CHARTER,
    CharterApproved,
    CharterReceived,
    CharterRejected,
    DecideCharter,
)
from governance.requests.request import Condition
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN

PAT = derived("pat")
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
CONDITION = {"text": "Ask the harbour", "owner": "Pat", "due_on": "2026-05-01"}


@pytest.fixture
def submitted(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, submitted its first charter c1."""
    return authorised.given(CHARTER, "c1", CharterReceived(**SUBMITTED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CHARTER, "c1", command, by=by)


def decide(outcome: str = "approved", *conditions: dict[str, str]) -> DecideCharter:
    return DecideCharter.model_validate({"outcome": outcome, "conditions": conditions, "reason": "Weighed"})


def test_the_pmo_approves_or_rejects_it_by_its_number(submitted: Scenario) -> None:
    when(submitted, decide()).then(CharterApproved(project="p1", number=1))
    when(submitted, decide("rejected")).then(CharterRejected(project="p1", number=1))


def test_an_approval_and_nothing_else_has_conditions(submitted: Scenario) -> None:
    condition = Condition("Ask the harbour", "Pat", date(2026, 5, 1))
    when(submitted, decide("approved", CONDITION)).then(CharterApproved(project="p1", number=1, conditions=[condition]))
    when(submitted, decide("rejected", CONDITION)).invalid("/conditions")
    when(submitted, decide("approved", {**CONDITION, "due_on": "2026-03-02"})).invalid("/conditions")
