"""Row 25: management by exception. A forecast leaves a tolerance, the PM reports it, the PMO decides how it goes on."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from mandate_events.deciding import Instruction
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money
from projects.control.forecast import FORECAST, ForecastRevised, ReviseForecast
from projects.control.tolerance import (
    TOLERANCE,
    BreachReported,
    BreachSettled,
    Given,
    ToleranceForecastBreached,
    ToleranceForecastRestored,
    TolerancesRenewed,
    TolerancesSet,
    limit_of,
    working_days,
)
from projects.execution.conditions import GateCondition, GateConditionSet
from projects.execution.events import BaselineEstablished, PhaseStarted, ProjectClosed, ProjectTerminated
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, InitiateProject, RequestGateReview
from projects.recognition.standard import STANDARD, GatePath, StandardRecognised
from projects.requests.exception import (
    EXCEPTION,
    ExceptionDecided,
    ExceptionReported,
    Option,
    ReportException,
)
from projects.requests.request import ApplyDecision, DecisionApplied
from tests.unit.projects.conftest import ANN, BUDGET, ORIGIN, PAT, PHASES, TIM, initiation
from tests.unit.projects.requests.deciding import decision

E1, E2 = derived("exception", "1"), derived("exception", "2")
SYSTEM = "system/recognition"
BREACH = ToleranceForecastBreached(
    project="p1", dimension="cost", planned="10.00", forecast="12.50", excess="2.50", limit="1.00"
)
ESTABLISHED = BaselineEstablished(
    baseline=derived("baseline"),
    number=1,
    starts_on=date(2026, 3, 2),
    finishes_on=date(2026, 3, 27),
    budget=Money("8.00", "AUD"),
)
REPORT: dict[str, Any] = {
    "dimension": "cost",
    "cause": "Rock where the survey showed clay",
    "options": [{"title": "Leave out the outfall", "consequence": "Benefits a year later"}],
    "recommendation": "The first",
    "reason": "The forecast leaves the tolerance",
}
REPORTED = ExceptionReported(
    project="p1",
    standard="capital@1",
    dimension="cost",
    cause=REPORT["cause"],
    options=[Option("Leave out the outfall", "Benefits a year later")],
    recommendation="The first",
)
OPEN = BreachReported(project="p1", dimension="cost", exception=E1)


@pytest.fixture
def tolerant(initiated: Scenario) -> Scenario:
    """p1 may cost 10 % more and take 5 working days longer."""
    tolerances: Given = {"cost": "10%", "time": "5"}
    return initiated.given(TOLERANCE, "p1", TolerancesSet(project="p1", tolerances=tolerances))


@pytest.fixture
def breached(tolerant: Scenario) -> Scenario:
    return tolerant.given(TOLERANCE, "p1", BREACH)


@pytest.fixture
def reported(breached: Scenario) -> Scenario:
    return breached.given(EXCEPTION, E1, REPORTED, by=PAT).given(TOLERANCE, "p1", OPEN)


def forecast(scenario: Scenario, cost: str | None = None, finishes_on: date | None = None, by: str = PAT) -> Outcome:
    body: dict[str, Any] = {"finishes_on": finishes_on, "reason": "As it stands"}
    if cost:
        body["cost"] = {"amount": cost, "currency": "AUD"}
    return scenario.when(FORECAST, "p1", ReviseForecast.model_validate(body), by=by)


def expected(cost: str | None = None, finishes_on: date | None = None) -> ForecastRevised:
    return ForecastRevised(project="p1", cost=Money(cost, "AUD") if cost else None, finishes_on=finishes_on)


def when(scenario: Scenario, command: Instruction, by: str = PAT, id_: str = E1) -> Outcome:
    return scenario.when(EXCEPTION, id_, command, by=by, project="p1")


def report(**more: Any) -> ReportException:
    return ReportException.model_validate({**REPORT, **more})


def apply(outcome: str, **more: Any) -> ApplyDecision:
    return decision(ExceptionDecided, outcome, **{"outcome": outcome, **more})


def applied(outcome: str) -> DecisionApplied:
    return DecisionApplied(project="p1", outcome=outcome, origin=ORIGIN)


def settled(outcome: str, tolerance: str | None = None) -> BreachSettled:
    return BreachSettled(project="p1", dimension="cost", exception=E1, outcome=outcome, tolerance=tolerance)


def request() -> RequestGateReview:
    return RequestGateReview(gate="g1", evidence=[EvidenceInput(title="Plan", sha256="a" * 64)], reason="Done")


# --- tolerances ---


def test_a_project_is_initiated_with_the_tolerances_it_was_authorised_with(recognised: Scenario) -> None:
    command = InitiateProject(
        portfolio="roads",
        reference="R1",
        title="A road",
        gate_path="two-gate",
        standard="capital@1",
        budget=BUDGET,
        tolerances={"cost": "10%"},
        origin=ORIGIN,
    )
    tolerances = TolerancesSet(project="p1", tolerances={"cost": "10%"})
    recognised.when(PROJECT, "p1", command, by=SYSTEM).then(*initiation(), tolerances)


def test_where_the_authorisation_says_nothing_the_tolerances_of_the_standard_hold(recognised: Scenario) -> None:
    paths = [GatePath("two-gate", "Two gates", PHASES)]
    known: Given = {"cost": "5%", "time": "10"}
    version = StandardRecognised(version=2, title="Capital", paths=paths, tolerances=known, origin=ORIGIN)
    command = InitiateProject(
        portfolio="roads",
        reference="R1",
        title="A road",
        gate_path="two-gate",
        standard="capital@2",
        budget=BUDGET,
        tolerances={"cost": "10%"},
        origin=ORIGIN,
    )
    tolerances = TolerancesSet(project="p1", tolerances={"cost": "10%", "time": "10"})
    recognised.given(STANDARD, "capital", version)
    recognised.when(PROJECT, "p1", command, by=SYSTEM).then(*initiation("capital@2"), tolerances)


@pytest.mark.parametrize(
    ("tolerance", "planned", "limit"),
    [
        ("12.50", None, Decimal("12.50")),
        ("10%", Decimal(300), Decimal(30)),
        ("10 %", Decimal(300), Decimal(30)),
        ("10%", None, None),
        ("No criterion unmet", Decimal(300), None),
        (None, Decimal(300), None),
    ],
)
def test_a_tolerance_is_a_decimal_or_a_part_of_the_plan(
    tolerance: str | None, planned: Decimal | None, limit: Decimal | None
) -> None:
    assert limit_of(tolerance, planned) == limit


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        (date(2026, 3, 6), date(2026, 3, 6), 0),
        (date(2026, 3, 6), date(2026, 3, 9), 1),  # a Friday and the Monday after
        (date(2026, 3, 2), date(2026, 3, 30), 20),
        (date(2026, 3, 9), date(2026, 3, 6), -1),
        (date(2026, 3, 7), date(2026, 3, 8), 0),
    ],
)
def test_working_days_are_mondays_to_fridays(after: date, until: date, days: int) -> None:
    assert working_days(after, until) == days


# --- forecasts ---


def test_a_forecast_within_the_tolerance_is_no_breach(tolerant: Scenario) -> None:
    forecast(tolerant, "11.00").then(expected("11.00")).under("project_manager")
    forecast(tolerant, "1.00").then(expected("1.00"))


def test_a_forecast_that_leaves_the_tolerance_is_a_breach(tolerant: Scenario) -> None:
    forecast(tolerant, "12.50").then(expected("12.50"), BREACH)


def test_without_a_tolerance_any_departure_is_a_breach(initiated: Scenario) -> None:
    breach = ToleranceForecastBreached(
        project="p1", dimension="cost", planned="10.00", forecast="10.01", excess="0.01", limit=None
    )
    forecast(initiated, "10.01").then(expected("10.01"), breach)


def test_cost_and_finish_are_held_against_the_baseline_in_force(tolerant: Scenario) -> None:
    tolerant.given(PROJECT, "p1", ESTABLISHED)
    forecast(tolerant, "8.80", date(2026, 4, 3)).then(expected("8.80", date(2026, 4, 3)))
    late = ToleranceForecastBreached(
        project="p1", dimension="time", planned="2026-03-27", forecast="2026-04-06", excess="6", limit="5"
    )
    dear = ToleranceForecastBreached(
        project="p1", dimension="cost", planned="8.00", forecast="8.81", excess="0.81", limit="0.80"
    )
    forecast(tolerant, "8.81", date(2026, 4, 6)).then(expected("8.81", date(2026, 4, 6)), dear, late)


def test_before_there_is_a_baseline_no_finish_is_too_late(tolerant: Scenario) -> None:
    forecast(tolerant, finishes_on=date(2036, 1, 1)).then(expected(finishes_on=date(2036, 1, 1)))


def test_a_forecast_that_comes_back_ends_the_breach(breached: Scenario) -> None:
    restored = ToleranceForecastRestored(project="p1", dimension="cost", forecast="10.50")
    forecast(breached, "10.50").then(expected("10.50"), restored)
    forecast(breached, "12.50").then(expected("12.50"))
    breached.given(TOLERANCE, "p1", restored)
    forecast(breached, "10.50").then(expected("10.50"))


def test_a_forecast_says_something_that_can_be(tolerant: Scenario) -> None:
    with pytest.raises(ValidationError, match="of the cost, of the finish"):
        forecast(tolerant)
    forecast(tolerant, finishes_on=date(2026, 3, 1)).invalid("/finishes_on")
    tolerant.at(datetime(2026, 3, 2, tzinfo=UTC))
    other = ReviseForecast.model_validate({"cost": {"amount": "1.00", "currency": "EUR"}, "reason": "As it stands"})
    tolerant.when(FORECAST, "p1", other, by=PAT).invalid("/cost/currency")


def test_only_the_pm_forecasts_and_only_for_a_project_that_runs(tolerant: Scenario) -> None:
    forecast(tolerant, "11.00", by=ANN).refused("pmo-does-not-manage-projects", authority=True)
    forecast(tolerant, "11.00", by=TIM).refused("no-right", authority=True)
    forecast(tolerant.given(PROJECT, "p1", ProjectClosed()), "11.00").refused("project-closed")


def test_a_project_that_does_not_exist_has_no_forecast(recognised: Scenario) -> None:
    forecast(recognised, "11.00").unknown()


# --- the report ---


def test_work_does_not_go_past_a_breach_that_is_not_reported(breached: Scenario) -> None:
    breached.when(PROJECT, "p1", request(), by=PAT).refused("exception-not-reported")
    breached.given(EXCEPTION, E1, REPORTED).given(TOLERANCE, "p1", OPEN)
    assert breached.when(PROJECT, "p1", request(), by=PAT).refusal is None


def test_the_pm_reports_the_exception_once(breached: Scenario) -> None:
    when(breached, report()).then(REPORTED, OPEN).under("project_manager")
    breached.given(EXCEPTION, E1, REPORTED, by=PAT).given(TOLERANCE, "p1", OPEN)
    when(breached, report()).refused("already-requested")
    when(breached, report(), id_=E2).refused("exception-already-reported")


def test_nobody_else_reports_it(breached: Scenario) -> None:
    when(breached, report(), ANN).refused("pmo-does-not-manage-projects", authority=True)
    when(breached, report(), TIM).refused("no-right", authority=True)


def test_an_exception_may_be_reported_that_no_figure_shows(tolerant: Scenario) -> None:
    assert when(tolerant, report(dimension="benefits")).refusal is None


# --- the decision ---


def test_an_accepted_departure_is_a_breach_no_more_up_to_what_was_accepted(reported: Scenario) -> None:
    when(reported, apply("accept"), SYSTEM).then(applied("accept"), settled("accept"))
    reported.given(EXCEPTION, E1, applied("accept")).given(TOLERANCE, "p1", settled("accept"))
    when(reported, apply("accept"), SYSTEM).then()
    forecast(reported, "12.50").then(expected("12.50"))
    worse = ToleranceForecastBreached(
        project="p1", dimension="cost", planned="10.00", forecast="12.51", excess="2.51", limit="1.00"
    )
    forecast(reported, "12.51").then(expected("12.51"), worse)


def test_what_became_worse_than_the_report_is_to_be_reported_again(reported: Scenario) -> None:
    worse = ToleranceForecastBreached(
        project="p1", dimension="cost", planned="10.00", forecast="15.00", excess="5.00", limit="1.00"
    )
    reported.given(TOLERANCE, "p1", worse)
    reported.when(PROJECT, "p1", request(), by=PAT).refused("exception-not-reported")
    reported.given(TOLERANCE, "p1", settled("accept"))
    reported.when(PROJECT, "p1", request(), by=PAT).refused("exception-not-reported")
    assert when(reported, report(), id_=E2).refusal is None


def test_a_new_tolerance_holds_from_the_decision_on(reported: Scenario) -> None:
    command = apply("new_tolerance", tolerance="30%")
    when(reported, command, SYSTEM).then(applied("new_tolerance"), settled("new_tolerance", "30%"))
    reported.given(TOLERANCE, "p1", settled("new_tolerance", "30%"))
    forecast(reported, "13.00").then(expected("13.00"))


def test_a_new_plan_may_be_submitted_and_then_the_tolerances_begin_anew(reported: Scenario) -> None:
    when(reported, apply("replan"), SYSTEM).then(applied("replan"), settled("replan"))
    reported.given(TOLERANCE, "p1", settled("replan"))
    forecast(reported, "12.50").then(expected("12.50"))
    reported.given(TOLERANCE, "p1", TolerancesRenewed(project="p1", baseline=derived("baseline")))
    forecast(reported, "12.50").then(expected("12.50"), BREACH)


def test_the_pmo_stops_the_project(reported: Scenario) -> None:
    when(reported, apply("stop"), SYSTEM).then(applied("stop"), settled("stop"), ProjectTerminated(gate="g1"))


def test_conditions_of_the_decision_become_conditions_of_the_project(reported: Scenario) -> None:
    condition = GateCondition("Weekly report", "Pat", date(2026, 6, 30))
    set_ = GateConditionSet(number=1, gate="g1", text="Weekly report", owner="Pat", due_on=date(2026, 6, 30))
    outcome = when(reported, apply("accept", conditions=[condition]), SYSTEM)
    outcome.then(applied("accept"), settled("accept"), set_)


def test_an_exception_that_was_no_breach_is_settled_too(tolerant: Scenario) -> None:
    reported = ExceptionReported(
        project="p1", standard="capital@1", dimension="benefits", cause="c", options=[], recommendation="r"
    )
    opened = BreachReported(project="p1", dimension="benefits", exception=E1)
    tolerant.given(EXCEPTION, E1, reported, by=PAT).given(TOLERANCE, "p1", opened)
    closed = BreachSettled(project="p1", dimension="benefits", exception=E1, outcome="accept")
    when(tolerant, apply("accept"), SYSTEM).then(applied("accept"), closed)
    tolerant.given(TOLERANCE, "p1", closed)
    assert when(tolerant, report(dimension="benefits"), id_=E2).refusal is None


@pytest.mark.parametrize("aggregate", [EXCEPTION, TOLERANCE, FORECAST])
def test_what_is_not_its_own_is_refused(aggregate: Any) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, request(), None)


@pytest.mark.parametrize("aggregate", [EXCEPTION, TOLERANCE])
def test_what_did_not_happen_to_it_means_nothing(aggregate: Any) -> None:
    events: list[Event] = [ProjectClosed(), PhaseStarted(phase="plan", gate="g1")]
    for event in events:
        with pytest.raises(TypeError):
            aggregate.evolve(None, event, None)
