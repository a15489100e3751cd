"""Row 5: the PMO decides a departure from the standard; a mandatory control is never tailored out."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.request import Condition, DecisionAnswered, NoteAnswer
from governance.requests.tailoring import (
    TAILORING,
    DecideTailoring,
    ReceiveTailoringRequest,
    TailoringApproved,
    TailoringRejected,
    TailoringRequestReceived,
)
from governance.standards.content import Control
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, PATHS, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
REQUEST: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "element": "deliverable",
    "name": "site-diary",
    "change": "replace",
    "instead": "The daily log",
}
APPROVED = TailoringApproved(project="p1", element="deliverable", name="site-diary", change="replace")
REJECTED = TailoringRejected(project="p1", element="deliverable", name="site-diary")
CONDITION = {"text": "Show one", "owner": "Pat", "due_on": "2026-05-01"}
CONTROLS = [Control("cost-review", "Cost review", mandatory=True), Control("tour", "Site tour", mandatory=False)]


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, asked for a tailoring t1."""
    return authorised.given(TAILORING, "t1", TailoringRequestReceived(**REQUEST))


@pytest.fixture
def controlled(office: Scenario) -> Scenario:
    """strict@1 has a mandatory control, and one that is not."""
    content: dict[str, Any] = {"version": 1, "title": "Strict", "paths": PATHS, "controls": CONTROLS}
    return office.given(STANDARD, "strict", StandardDrafted(**content), StandardPublished(**content))


def when(scenario: Scenario, command: Instruction, by: str = BEN, id_: str = "t1") -> Outcome:
    return scenario.when(TAILORING, id_, command, by=by)


def decide(outcome: str = "approved", *conditions: dict[str, str]) -> DecideTailoring:
    return DecideTailoring.model_validate({"outcome": outcome, "conditions": conditions, "reason": "Weighed"})


def of_a_control(scenario: Scenario, name: str, change: str, standard: str = "strict@1") -> Scenario:
    more = {"element": "control", "name": name, "change": change, "standard": standard}
    return scenario.given(TAILORING, "t1", TailoringRequestReceived(**{**REQUEST, **more}))


def test_a_request_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = TailoringRequestReceived(**REQUEST)
    when(authorised, ReceiveTailoringRequest(**REQUEST), "system/recognition").then(received)
    when(authorised.given(TAILORING, "t1", received), ReceiveTailoringRequest(**REQUEST), "system/recognition").then()


def test_the_pmo_approves_or_rejects_it_once(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED).under("pmo")
    when(asked, decide("rejected")).then(REJECTED)
    when(asked.given(TAILORING, "t1", REJECTED), decide()).refused("already-decided")
    when(asked.given(TAILORING, "t1", APPROVED), decide("rejected")).refused("already-decided")


def test_an_approval_and_nothing_else_has_conditions(asked: Scenario) -> None:
    [record] = when(asked, decide("approved", CONDITION)).records
    assert record.data.conditions == [Condition("Show one", "Pat", date(2026, 5, 1))]
    when(asked, decide("rejected", CONDITION)).invalid("/conditions")


@pytest.mark.parametrize("change", ["omit", "replace"])
def test_a_mandatory_control_is_not_tailored_out(controlled: Scenario, change: str) -> None:
    asked = of_a_control(controlled, "cost-review", change)
    when(asked, decide()).refused("mandatory-control")
    when(asked, decide("rejected")).then(TailoringRejected(project="p1", element="control", name="cost-review"))


@pytest.mark.parametrize(
    ("name", "change", "standard"),
    [("cost-review", "combine", "strict@1"), ("tour", "omit", "strict@1"), ("cost-review", "omit", "unheard-of@1")],
)
def test_what_is_still_done_or_not_mandatory_is_the_pmos_to_decide(
    controlled: Scenario, name: str, change: str, standard: str
) -> None:
    [record] = when(of_a_control(controlled, name, change, standard), decide()).records
    assert isinstance(record.data, TailoringApproved)


def test_the_asker_does_not_decide_it(asked: Scenario) -> None:
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
    asked.given(TAILORING, "t1", APPROVED)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    when(asked, answer, "system/recognition").then(answered)
    when(asked.given(TAILORING, "t1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_tailoring_refuses() -> None:
    with pytest.raises(TypeError):
        TAILORING.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        TAILORING.evolve(None, APPROVED, None)  # type: ignore[arg-type]
