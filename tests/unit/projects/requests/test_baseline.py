"""Row 18: the PM submits a baseline, the PMO decides it; no later one without an approved change."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money
from projects.control.tolerance import TOLERANCE, Impact, ToleranceForecastBreached, TolerancesRenewed
from projects.execution.events import BaselineEstablished, ProjectClosed
from projects.execution.evidence import Evidence
from projects.execution.project import PROJECT
from projects.requests.baseline import BASELINE, BaselineApproved, BaselineRejected, BaselineSubmitted, SubmitBaseline
from projects.requests.change import CHANGE, ChangeApproved, ChangeRequested
from projects.requests.register import REGISTER, RequestClosed, RequestOpened
from projects.requests.request import DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

FIRST, SECOND, CHANGED = (derived("baseline", name) for name in ("one", "two", "change"))
BODY: dict[str, Any] = {
    "scope": "All of it",
    "starts_on": "2026-04-01",
    "finishes_on": "2026-09-30",
    "budget": {"amount": "9.00", "currency": "AUD"},
    "evidence": [{"title": "Plan", "sha256": "a" * 64}],
    "reason": "Planned with the team",
}
SYSTEM = "system/recognition"


def submit(**more: Any) -> SubmitBaseline:
    return SubmitBaseline.model_validate({**BODY, **more})


def submitted(number: int = 1, change: str | None = None) -> BaselineSubmitted:
    return BaselineSubmitted(
        project="p1",
        standard="capital@1",
        evidence=[Evidence("Plan", "a" * 64)],
        number=number,
        scope="All of it",
        starts_on=date(2026, 4, 1),
        finishes_on=date(2026, 9, 30),
        budget=Money("9.00", "AUD"),
        change=change,
    )


def opened(request: str = FIRST) -> RequestOpened:
    return RequestOpened(project="p1", kind="baseline", request=request)


def closed(outcome: str, request: str = FIRST) -> RequestClosed:
    return RequestClosed(project="p1", kind="baseline", request=request, outcome=outcome)


ESTABLISHED = BaselineEstablished(
    baseline=FIRST,
    number=1,
    starts_on=date(2026, 4, 1),
    finishes_on=date(2026, 9, 30),
    budget=Money("9.00", "AUD"),
)


class Given:
    """p1 runs, and its PM may submit."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def waits(self) -> "Given":
        self.scenario.given(BASELINE, FIRST, submitted(), by=PAT).given(REGISTER, "p1", opened())
        return self

    def stands(self) -> "Given":
        self.waits()
        self.scenario.given(BASELINE, FIRST, DecisionApplied(project="p1", outcome="approved", origin=ORIGIN))
        self.scenario.given(PROJECT, "p1", ESTABLISHED).given(REGISTER, "p1", closed("approved"))
        return self

    def changed(self, *events: Event, project: str = "p1") -> "Given":
        asked = ChangeRequested(project=project, standard="capital@1", title="T", description="D", impact=Impact())
        self.scenario.given(CHANGE, CHANGED, asked, *events, by=PAT)
        return self

    def when(self, command: Instruction, id_: str = FIRST, by: str = PAT) -> Outcome:
        return in_p1(self.scenario, command, id_, by)


def in_p1(scenario: Scenario, command: Instruction, id_: str, by: str) -> Outcome:
    return scenario.when(BASELINE, id_, command, by=by, project="p1")


@pytest.fixture
def given(initiated: Scenario) -> Given:
    return Given(initiated)


def test_the_pm_submits_a_baseline(given: Given) -> None:
    given.when(submit()).then(submitted(), opened()).under("project_manager")


def test_nobody_else_submits_one(given: Given) -> None:
    given.when(submit(), by=ANN).refused("pmo-does-not-manage-projects", authority=True)
    given.when(submit(), by=TIM).refused("no-right", authority=True)


def test_one_baseline_at_a_time_waits_for_the_pmo(given: Given) -> None:
    given.waits().when(submit(), SECOND).refused("request-open")
    given.when(submit()).refused("already-requested")


def test_an_approved_baseline_is_what_the_project_is_measured_by(given: Given) -> None:
    command = decision(BaselineApproved, "approved")
    given.waits().when(command, by=SYSTEM).then(
        DecisionApplied(project="p1", outcome="approved", origin=ORIGIN),
        ESTABLISHED,
        TolerancesRenewed(project="p1", baseline=FIRST),
        closed("approved"),
    )
    given.stands().when(command, by=SYSTEM).then()


def test_a_rejected_baseline_changes_nothing_and_another_may_be_submitted(given: Given) -> None:
    rejected = DecisionApplied(project="p1", outcome="rejected", origin=ORIGIN)
    command = decision(BaselineRejected, "rejected")
    given.waits().when(command, by=SYSTEM).then(rejected, closed("rejected"))
    given.scenario.given(BASELINE, FIRST, rejected).given(REGISTER, "p1", closed("rejected"))
    given.when(submit(), SECOND).then(submitted(2), opened(SECOND))


def test_a_decision_that_comes_after_the_end_is_not_applied(given: Given) -> None:
    given.waits().scenario.given(PROJECT, "p1", ProjectClosed())
    command = decision(BaselineApproved, "approved")
    outcome = DecisionNotApplied(project="p1", outcome="approved", rule="project-closed", origin=ORIGIN)
    given.when(command, by=SYSTEM).then(outcome, closed("not_applied"))
    given.when(submit(), SECOND).refused("project-closed")
    given.scenario.given(BASELINE, FIRST, outcome)
    given.when(command, by=SYSTEM).then()


def test_a_later_baseline_names_an_approved_change_of_the_project(given: Given) -> None:
    given.stands().when(submit(), SECOND).refused("no-approved-change")
    given.when(submit(change=CHANGED), SECOND).refused("no-approved-change")
    given.changed().when(submit(change=CHANGED), SECOND).refused("no-approved-change")
    given.scenario.given(CHANGE, CHANGED, ChangeApproved(project="p1"))
    given.when(submit(change=CHANGED), SECOND).then(submitted(2, CHANGED), opened(SECOND))


def test_a_change_carries_one_baseline_and_no_second_one(given: Given) -> None:
    given.stands().changed(ChangeApproved(project="p1"))
    given.scenario.given(BASELINE, SECOND, submitted(2, CHANGED), by=PAT)
    command = decision(BaselineApproved, "approved")
    applied = given.when(command, SECOND, by=SYSTEM)
    [established] = [each.data for each in applied.records if isinstance(each.data, BaselineEstablished)]
    assert established.change == CHANGED
    given.scenario.given(PROJECT, "p1", established).given(REGISTER, "p1", closed("approved", SECOND))
    given.when(submit(change=CHANGED), derived("baseline", "three")).refused("change-in-a-baseline")


def test_the_change_of_another_project_does_not_do(given: Given) -> None:
    given.stands().changed(ChangeApproved(project="p2"), project="p2")
    given.when(submit(change=CHANGED), SECOND).refused("no-approved-change")


def test_a_baseline_stays_within_the_envelope(given: Given) -> None:
    given.when(submit(budget={"amount": "10.01", "currency": "AUD"})).refused("above-budget")
    given.when(submit(budget={"amount": "1.00", "currency": "EUR"})).invalid("/budget/currency")


def test_a_project_does_not_finish_before_it_starts() -> None:
    with pytest.raises(ValidationError, match="finishes no earlier"):
        submit(finishes_on="2026-03-31")


def test_no_baseline_past_a_breach_that_is_not_reported(given: Given) -> None:
    breach = ToleranceForecastBreached(
        project="p1", dimension="cost", planned="10.00", forecast="12.00", excess="2.00", limit=None
    )
    given.scenario.given(TOLERANCE, "p1", breach)
    given.when(submit()).refused("exception-not-reported")
