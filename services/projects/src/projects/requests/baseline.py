"""Baselines: the PM submits what the project is to be measured by, the PMO decides. A later one needs a change."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Context,
    Invalid,
    Looking,
    On,
    Refused,
    Streams,
    Text,
    says,
)
from mandate_events.document.formats import Uuid
from mandate_events.values.money import Money, MoneyInput
from mandate_events.values.text import ThingId
from mandate_events.values.told import Amount, Id
from projects.control.tolerance import TOLERANCE, TolerancesRenewed, check_reported, tolerance_read
from projects.execution.events import BaselineEstablished
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, running
from projects.execution.state import Project
from projects.requests.change import CHANGE
from projects.requests.kind import Kind, plain
from projects.requests.page import RequestPage
from projects.requests.register import register_of
from projects.requests.request import ApplyDecision, DecisionHeard, Request, RequestCommand, Requested, asked


class BaselineSubmitted(Requested, frozen=True, kw_only=True):
    """The PM asks the PMO to let this be what the project is measured by."""

    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: Uuid | None = None


class BaselineApproved(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class BaselineRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class SubmitBaseline(RequestCommand):
    """Ask the PMO to let this be what the project is measured by."""

    scope: Text = Field(min_length=1, max_length=2000, examples=["The pumping station, without the outfall"])
    starts_on: date = Field(examples=["2026-04-01"])
    finishes_on: date = Field(examples=["2027-06-30"])
    budget: MoneyInput
    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50, description="The plan itself")
    change: ThingId | None = Field(
        default=None, description="The approved change that it rests on; the first baseline needs none"
    )

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.finishes_on < self.starts_on:
            raise PydanticCustomError("finish-before-start", "a project finishes no earlier than it starts")
        return self


class Baseline(Request, frozen=True, kw_only=True):
    asked: BaselineSubmitted


class BaselinePage(RequestPage):
    """One baseline, as the project holds it."""

    number: int = Field(description="Its number in the project", examples=[1])
    scope: str = Field(max_length=2000, examples=["The pumping station, without the outfall"])
    starts_on: date
    finishes_on: date
    budget: Amount
    change: Id | None = Field(description="The approved change that a later baseline rests on")


def submitted(command: SubmitBaseline, context: Context) -> BaselineSubmitted:
    """Within the budget, and after the first one resting on a change that was approved."""
    project, id_ = running(context), context.project or ""
    check_reported(context, id_)
    _check_change(project, command, context)
    envelope = project.budget
    assert envelope is not None, "a project that runs has been initiated"
    budget = command.budget.recorded()
    if budget.currency != envelope.currency:
        raise Invalid("/budget/currency", "currency-of-the-budget", currency=envelope.currency)
    if budget.value > envelope.value:
        raise Refused("above-budget", budget=envelope.amount, currency=envelope.currency)
    number = register_of(context, id_).made.get(BASELINE.name, 0) + 1
    return says(BaselineSubmitted, command, **asked(command, context), number=number)


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


def established(baseline: Baseline, command: ApplyDecision, context: Context) -> list[On]:
    """Approved, the project is measured by it, and tolerances count from it."""
    if command.outcome != "approved":
        return []
    plan = baseline.asked
    established = BaselineEstablished(
        baseline=context.subject,
        number=plan.number,
        starts_on=plan.starts_on,
        finishes_on=plan.finishes_on,
        budget=plan.budget,
        change=plan.change,
    )
    renewed = TolerancesRenewed(project=baseline.project, baseline=context.subject)
    return [On(PROJECT, baseline.project, established), On(TOLERANCE, baseline.project, renewed)]


def also_reads(_baseline: Baseline | None, command: SubmitBaseline | ApplyDecision, looking: Looking) -> Streams:
    yield from tolerance_read(looking.project)
    match command:
        case SubmitBaseline(change=str(change)):
            yield CHANGE, change


BASELINE = plain(
    "baseline",
    Baseline,
    SubmitBaseline,
    submitted,
    established,
    says=(BaselineSubmitted,),
    follows=(BaselineEstablished, TolerancesRenewed),
    also_reads=also_reads,
    one_at_a_time=True,
)
KIND = Kind(
    aggregate=BASELINE,
    ask=SubmitBaseline,
    decisions={BaselineApproved: "approved", BaselineRejected: "rejected"},
    page=BaselinePage,
    at="/v1/baselines/{id}",
    tag="baselines",
    says="What a project is measured by",
)
