"""Row 17: the PMO lets a project be closed, or has it go on."""

from typing import Any

import pytest

from governance.requests.closure import (
    CLOSURE,
    ClosureApproved,
    ClosureRejected,
    ClosureRequestReceived,
    DecideClosure,
)
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN

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


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, asked for its closure c1."""
    return authorised.given(CLOSURE, "c1", ClosureRequestReceived(**REQUEST))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CLOSURE, "c1", command, by=by)


def decide(outcome: str = "approved") -> DecideClosure:
    return DecideClosure.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_the_pmo_lets_the_project_be_closed_or_has_it_go_on(asked: Scenario) -> None:
    when(asked, decide()).then(ClosureApproved(project="p1"))
    when(asked, decide("rejected")).then(ClosureRejected(project="p1"))
