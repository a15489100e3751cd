"""Baselines: the PM submits what the project is to be measured by, the PMO decides. A later one needs a change."""

from datetime import date
from typing import Any, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, Invalid, On, Refused, Text, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import UUID_PATTERN, Uuid
from mandate_events.values.money import Money, MoneyInput
from projects.control.tolerance import TOLERANCE, TolerancesRenewed, check_reported
from projects.execution.events import BaselineEstablished
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, Project
from projects.requests.change import CHANGE
from projects.requests.register import answered, enter, register_of
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    asked,
    opened,
    outcome_of,
    request_aggregate,
    running,
)


class BaselineSubmitted(Requested, frozen=True, kw_only=True):
    """The PM asks the PMO to let this be what the project is measured by."""

    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: Uuid | None = None


KIND: Final = "baseline"

EVENTS = (BaselineSubmitted, DecisionApplied, DecisionNotApplied)


class SubmitBaseline(RequestCommand):
    """Ask the PMO to let this be what the project is measured by."""

    scope: Text = Field(min_length=1, max_length=2000, examples=["The pumping station, without the outfall"])
    starts_on: date = Field(examples=["2026-04-01"])
    finishes_on: date = Field(examples=["2027-06-30"])
    budget: MoneyInput
    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50, description="The plan itself")
    change: str | None = Field(
        default=None,
        pattern=f"^{UUID_PATTERN}$",
        description="The approved change that it rests on; the first baseline needs none",
    )

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.finishes_on < self.starts_on:
            raise PydanticCustomError("finish-before-start", "a project finishes no earlier than it starts")
        return self


class ApplyBaselineDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on a baseline take effect where it can, and answer it."""


class Baseline(Request, frozen=True, kw_only=True):
    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: str | None = None


def decide(baseline: Baseline | None, command: Instruction, context: Context) -> Decided:
    match command, baseline:
        case SubmitBaseline(), None:
            return [_submitted(command, context), enter(context, context.project or "", KIND)]
        case SubmitBaseline(), _:
            raise Refused("already-requested")
        case ApplyBaselineDecision(), Baseline():
            return _applied(baseline, command, context)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a baseline")


def _submitted(command: SubmitBaseline, context: Context) -> BaselineSubmitted:
    project = running(context)
    check_reported(context, context.project or "")
    _check_change(project, command, context)
    envelope = project.budget
    assert envelope is not None, "a project that runs has been initiated"
    budget = command.budget.recorded()
    if budget.currency != envelope.currency:
        raise Invalid("/budget/currency", "currency-of-the-budget", currency=envelope.currency)
    if budget.value > envelope.value:
        raise Refused("above-budget", budget=envelope.amount, currency=envelope.currency)
    return BaselineSubmitted(
        **asked(command, context),
        number=register_of(context, context.project or "").made.get(KIND, 0) + 1,
        scope=command.scope,
        starts_on=command.starts_on,
        finishes_on=command.finishes_on,
        budget=budget,
        change=command.change,
    )


def _check_change(project: Project, command: SubmitBaseline, context: Context) -> None:
    """The plan a project is measured by is not moved without a decision to change it."""
    if command.change is None:
        if project.baseline is not None:
            raise Refused("no-approved-change")
        return
    if (number := project.planned_changes.get(command.change)) is not None:
        raise Refused("change-in-a-baseline", number=number)
    change = context.read(CHANGE, command.change)
    if change is None or change.project != context.project or change.status not in {"approved", "implemented"}:
        raise Refused("no-approved-change")


def _applied(baseline: Baseline, command: ApplyBaselineDecision, context: Context) -> Decided:
    following = _established(baseline, context) if command.outcome == "approved" else []
    return answered(KIND, baseline, command, context, *following)


def _established(baseline: Baseline, context: Context) -> list[On]:
    established = BaselineEstablished(
        baseline=context.subject,
        number=baseline.number,
        starts_on=baseline.starts_on,
        finishes_on=baseline.finishes_on,
        budget=baseline.budget,
        change=baseline.change,
    )
    renewed = TolerancesRenewed(project=baseline.project, baseline=context.subject)
    return [On(PROJECT, baseline.project, established), On(TOLERANCE, baseline.project, renewed)]


def evolve(baseline: Baseline | None, event: Event, record: Recorded[Any]) -> Baseline:
    match event, baseline:
        case BaselineSubmitted(), _:
            return opened(Baseline, event, record)
        case DecisionApplied() | DecisionNotApplied(), Baseline():
            return replace(baseline, outcome=outcome_of(event), answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a baseline")


BASELINE: Aggregate[Baseline] = request_aggregate("baseline", decide, evolve, events=EVENTS, opened_by=SubmitBaseline)
