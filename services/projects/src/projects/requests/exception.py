"""Exceptions: the project is forecast to leave a tolerance. The PM reports it, the PMO decides how it goes on."""

from typing import Any

import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import (
    Context,
    Decided,
    Instruction,
    Looking,
    On,
    Part,
    Refused,
    Streams,
    Text,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from projects.control.tolerance import (
    TOLERANCE,
    BreachReported,
    BreachSettled,
    Dimension,
    Tolerances,
    tolerance_read,
)
from projects.execution import conditions
from projects.execution.conditions import GateConditionSet
from projects.execution.events import ProjectTerminated
from projects.execution.project import PROJECT, running
from projects.requests.kind import Kind
from projects.requests.page import RequestPage
from projects.requests.request import (
    ANSWERS,
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    DecisionOnConditions,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    outcome_of,
    request_aggregate,
    request_read,
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


class ExceptionDecided(DecisionOnConditions, frozen=True, kw_only=True):
    """What governance says."""

    outcome: str
    tolerance: str | None = None


class OptionInput(Part):
    title: Title = Field(examples=["Leave out the outfall"])
    consequence: Text = Field(min_length=1, max_length=500, examples=["Within the budget; benefits a year later"])

    def recorded(self) -> Option:
        return Option(self.title, self.consequence)


class ReportException(RequestCommand):
    """Report to the PMO that a tolerance will be left: why, the ways out, and the one to take."""

    dimension: Dimension
    cause: Text = Field(min_length=1, max_length=1000, examples=["Rock where the survey showed clay"])
    options: list[OptionInput] = Field(min_length=1, max_length=10)
    recommendation: Text = Field(min_length=1, max_length=1000)


class ExceptionReport(Request, frozen=True, kw_only=True):
    asked: ExceptionReported


class OptionPage(BaseModel):
    """A way out, and what would come of it."""

    title: str = Field(max_length=200, examples=["Leave out the outfall"])
    consequence: str = Field(max_length=500)


class ExceptionPage(RequestPage):
    """One exception report, as the project holds it."""

    dimension: Dimension
    cause: str = Field(max_length=1000)
    options: list[OptionPage]
    recommendation: str = Field(max_length=1000)


def decide(report: ExceptionReport | None, command: object, context: Context) -> Decided:
    match command, report:
        case ReportException(), None:
            return _reported(command, context)
        case ReportException(), _:
            raise Refused("already-requested")
        case ApplyDecision(), ExceptionReport():
            following = [] if why_not(report, context) else _consequences(report, command, context)
            return applied(report, command, context, *following)
        case _:
            raise Undecided(command)


def _reported(command: ReportException, context: Context) -> Decided:
    project = context.project or ""
    report = says(ExceptionReported, command, **asked(command, context))
    tolerances = context.read(TOLERANCE, project) or Tolerances()
    if command.dimension in tolerances.reported:
        raise Refused("exception-already-reported", dimension=command.dimension)
    breach = BreachReported(project=project, dimension=command.dimension, exception=context.subject)
    return [report, On(TOLERANCE, project, breach)]


def _consequences(report: ExceptionReport, command: ApplyDecision, context: Context) -> list[On]:
    project = running(context)
    assert project.current is not None, "a project that has not ended is in a phase"
    settled = BreachSettled(
        project=report.project,
        dimension=report.asked.dimension,
        exception=context.subject,
        outcome=command.outcome,
        tolerance=command.decision.tolerance,
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
            return ExceptionReport(asked=event, requested_by=record.actor)
        case DecisionApplied() | DecisionNotApplied(), ExceptionReport():
            return replace(report, outcome=outcome_of(event), answered=True)
        case _:
            raise Unfolded(event)


def reads(report: ExceptionReport | None, command: Instruction, looking: Looking) -> Streams:
    yield from request_read(report, command, looking)
    yield from tolerance_read(looking.project)


EXCEPTION = request_aggregate(
    "exception",
    decide,
    evolve,
    events=(ExceptionReported,),
    records={
        ReportException: (ExceptionReported, BreachReported),
        ApplyDecision: (*ANSWERS, BreachSettled, ProjectTerminated, GateConditionSet),
    },
    reads=reads,
    opened_by=ReportException,
)
KIND = Kind(
    aggregate=EXCEPTION,
    ask=ReportException,
    decisions={ExceptionDecided: None},
    page=ExceptionPage,
    at="/v1/exceptions/{id}",
    outcomes=("accept", "new_tolerance", "replan", "stop"),
    tag="exceptions",
    says="What is reported when a tolerance is left",
)
