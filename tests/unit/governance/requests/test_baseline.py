"""Row 18: the PMO decides a baseline that a project submits."""

from datetime import date
from typing import Any

import pytest

from governance.requests.baseline import (
    BASELINE,
    BaselineApproved,
    BaselineReceived,
    BaselineRejected,
    DecideBaseline,
)
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money
from tests.unit.governance.conftest import BEN

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


@pytest.fixture
def submitted(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, submitted its first baseline b1."""
    return authorised.given(BASELINE, "b1", BaselineReceived(**SUBMITTED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(BASELINE, "b1", command, by=by)


def decide(outcome: str = "approved") -> DecideBaseline:
    return DecideBaseline.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_the_pmo_approves_or_rejects_it_by_its_number(submitted: Scenario) -> None:
    when(submitted, decide()).then(BaselineApproved(project="p1", number=1))
    when(submitted, decide("rejected")).then(BaselineRejected(project="p1", number=1))
