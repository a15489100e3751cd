"""Row 5: the PM asks for a waiver of their project; what the PMO decides takes effect, or the project says why not."""

from datetime import date

from mandate_events.deciding import Instruction
from mandate_events.testing import Outcome, Scenario
from projects.execution.events import ProjectClosed
from projects.execution.project import PROJECT
from projects.requests.request import ApplyDecision, DecisionApplied, DecisionNotApplied
from projects.requests.waiver import (
    WAIVER,
    EndWaiver,
    RequestWaiver,
    WaiverEnded,
    WaiverGranted,
    WaiverRequested,
    WaiverShortened,
)
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.requests.deciding import decision

JUNE, MAY = date(2026, 6, 30), date(2026, 5, 31)
ASKED = WaiverRequested(project="p1", standard="capital@1", control="cost-review", until=JUNE)
APPLIED = DecisionApplied(project="p1", outcome="granted", origin=ORIGIN)


def when(scenario: Scenario, command: Instruction, by: str = "system/recognition") -> Outcome:
    return scenario.when(WAIVER, "w1", command, by=by, project="p1")


def ask(scenario: Scenario, by: str) -> Outcome:
    return when(scenario, RequestWaiver(control="cost-review", until=JUNE, reason="The reviewer is away"), by)


def granted(until: date = JUNE) -> ApplyDecision:
    return decision(WaiverGranted, "granted", until=until)


def test_the_pm_asks_and_nobody_else(initiated: Scenario) -> None:
    ask(initiated, PAT).then(ASKED).under("project_manager")
    ask(initiated, ANN).refused("pmo-does-not-manage-projects", authority=True)
    ask(initiated, TIM).refused("no-right", authority=True)


def test_what_is_granted_takes_effect_once_up_to_the_day_that_was_granted(initiated: Scenario) -> None:
    initiated.given(WAIVER, "w1", ASKED, by=PAT)
    when(initiated, granted()).then(APPLIED)
    when(initiated, granted(MAY)).then(APPLIED, WaiverShortened(project="p1", control="cost-review", until=MAY))
    when(initiated.given(WAIVER, "w1", APPLIED), granted()).then()


def test_a_project_that_has_ended_says_so(initiated: Scenario) -> None:
    initiated.given(WAIVER, "w1", ASKED, by=PAT).given(PROJECT, "p1", ProjectClosed())
    refused = DecisionNotApplied(project="p1", outcome="granted", rule="project-closed", origin=ORIGIN)
    when(initiated, granted()).then(refused)
    when(initiated.given(WAIVER, "w1", refused), EndWaiver(how="expired", origin=ORIGIN)).then()


def test_its_end_is_heard(initiated: Scenario) -> None:
    initiated.given(WAIVER, "w1", ASKED, APPLIED, by=PAT)
    ended = WaiverEnded(project="p1", control="cost-review", how="revoked", origin=ORIGIN)
    when(initiated, EndWaiver(how="revoked", origin=ORIGIN)).then(ended)
    when(initiated.given(WAIVER, "w1", ended), EndWaiver(how="expired", origin=ORIGIN)).then()
