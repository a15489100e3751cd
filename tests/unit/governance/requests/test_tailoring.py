"""Row 5: the PMO decides a departure from the standard; a mandatory control is never tailored out."""

from datetime import date
from typing import Any

import pytest

from governance.requests.request import Condition
from governance.requests.tailoring import (
    TAILORING,
    DecideTailoring,
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
from tests.unit.governance.conftest import BEN, PATHS

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


def test_the_pmo_approves_or_rejects_it_by_its_name(asked: Scenario) -> None:
    when(asked, decide()).then(APPROVED)
    when(asked, decide("rejected")).then(REJECTED)


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
