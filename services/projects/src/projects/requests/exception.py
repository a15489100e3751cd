"""Exceptions: the project is forecast to leave a tolerance. The PM reports it, the PMO decides how it goes on."""

from typing import Any

import msgspec
from pydantic import Field

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, On, Part, Refused, Text, Title, replace
from mandate_events.document.event import Event, Recorded
from projects.control.tolerance import TOLERANCE, BreachReported, BreachSettled, Dimension, Tolerances
from projects.execution import conditions
from projects.execution.conditions import GateCondition
from projects.execution.events import ProjectTerminated
from projects.execution.project import PROJECT
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    opened,
    outcome_of,
    request_aggregate,
    running,
    why_not,
)


class Option(msgspec.Struct, frozen=True):
    """A way out, and what would come of it."""

    title: str
    consequence: str


class ExceptionReported(Requested, frozen=True, kw_only=True):
    """The PM reports that a tolerance will be left: why, which ways out there are, and which one to take."""

    dimension: Dimension
    cause: str
    options: list[Option]
    recommendation: str


EVENTS = (ExceptionReported, DecisionApplied, DecisionNotApplied)


class OptionInput(Part):
    title: Title = Field(examples=["Leave out the outfall"])
    consequence: Text = Field(min_length=1, max_length=500, examples=["Within the budget; benefits a year later"])


class ReportException(RequestCommand):
    """Report to the PMO that a tolerance will be left."""

    dimension: Dimension
    cause: Text = Field(min_length=1, max_length=1000, examples=["Rock where the survey showed clay"])
    options: list[OptionInput] = Field(min_length=1, max_length=10)
    recommendation: Text = Field(min_length=1, max_length=1000)


class ApplyExceptionDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on an exception take effect where it can, and answer it."""

    tolerance: str | None = None
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class ExceptionReport(Request, frozen=True, kw_only=True):
    dimension: Dimension
    cause: str
    options: tuple[Option, ...]
    recommendation: str


def decide(report: ExceptionReport | None, command: Instruction, context: Context) -> Decided:
    match command, report:
        case ReportException(), None:
            return _reported(command, context)
        case ReportException(), _:
            raise Refused("already-requested")
        case ApplyExceptionDecision(), ExceptionReport():
            following = [] if why_not(report, context) else _consequences(report, command, context)
            return applied(report, command, context, *following)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an exception report")


def _reported(command: ReportException, context: Context) -> Decided:
    project = context.project or ""
    tolerances = context.read(TOLERANCE, project) or Tolerances()
    report = ExceptionReported(
        **asked(command, context),
        dimension=command.dimension,
        cause=command.cause,
        options=[Option(each.title, each.consequence) for each in command.options],
        recommendation=command.recommendation,
    )
    if command.dimension in tolerances.reported:
        raise Refused("exception-already-reported", dimension=command.dimension)
    breach = BreachReported(project=project, dimension=command.dimension, exception=context.subject)
    return [report, On(TOLERANCE, project, breach)]


def _consequences(report: ExceptionReport, command: ApplyExceptionDecision, context: Context) -> list[On]:
    project = running(context)
    assert project.current is not None, "a project that has not ended is in a phase"
    settled = BreachSettled(
        project=report.project,
        dimension=report.dimension,
        exception=context.subject,
        outcome=command.outcome,
        tolerance=command.tolerance,
    )
    following = [On(TOLERANCE, report.project, settled)]
    ahead = project.current.gate.id
    if command.outcome == "stop":
        return [*following, On(PROJECT, report.project, ProjectTerminated(gate=ahead))]
    under = conditions.set_by(ahead, command.conditions, project.conditions)
    return [*following, *(On(PROJECT, report.project, each) for each in under)]


def evolve(report: ExceptionReport | None, event: Event, record: Recorded[Any]) -> ExceptionReport:
    match event, report:
        case ExceptionReported(), _:
            return opened(ExceptionReport, event, record)
        case DecisionApplied() | DecisionNotApplied(), ExceptionReport():
            return replace(report, outcome=outcome_of(event), answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an exception report")


EXCEPTION: Aggregate[ExceptionReport] = request_aggregate(
    "exception", decide, evolve, events=EVENTS, opened_by=ReportException
)
