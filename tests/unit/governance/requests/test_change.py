"""Row 24: beyond tolerance the PMO decides a change; never who wanted it or assessed it."""

from typing import Any

import pytest

from governance.requests.change import (
    CHANGE,
    ChangeApproved,
    ChangeAssessed,
    ChangeRejected,
    ChangeRequestReceived,
    DecideChange,
    Impact,
)
from mandate_events.deciding import Instruction, replace
from mandate_events.deciding.reacting import Heard
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.services import HEARD_OF_PROJECTS, on_projects
from tests.unit.governance.conftest import BEN, mandate
from tests.unit.governance.requests.each_kind import sample

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


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Ola wanted a change c1 of p1, and pat, its PM, found it to be beyond tolerance."""
    return authorised.given(CHANGE, "c1", ChangeRequestReceived(**REQUEST))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(CHANGE, "c1", command, by=by)


def decide(outcome: str = "approved") -> DecideChange:
    return DecideChange.model_validate({"outcome": outcome, "reason": "Weighed"})


def test_the_pmo_approves_or_rejects_it(asked: Scenario) -> None:
    when(asked, decide()).then(ChangeApproved(project="p1"))
    when(asked, decide("rejected")).then(ChangeRejected(project="p1"))


@pytest.mark.parametrize("person", [OLA, PAT])
def test_who_wanted_or_assessed_it_does_not_decide_it(asked: Scenario, person: str) -> None:
    mandate(asked, person, "pmo")
    when(asked, decide(), person).refused("decider-is-requester", authority=True)


def test_what_is_inside_tolerance_reaches_no_inbox() -> None:
    record = sample(HEARD_OF_PROJECTS, ChangeAssessed)
    inside = replace(record, data=replace(record.data, within_tolerance=True))
    assert on_projects(Heard(inside, ORIGIN)) == []


def test_who_assessed_it_is_told_from_who_wanted_it() -> None:
    record = sample(HEARD_OF_PROJECTS, ChangeAssessed)
    [reaction] = on_projects(Heard(record, ORIGIN))
    command: Any = reaction.command
    wanted, assessed = command.received.requested_by, command.received.assessed_by
    assert (wanted, assessed) == (record.data.requested_by, record.actor)
    assert wanted != assessed
