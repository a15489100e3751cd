"""Exceptions: a project is forecast to leave its tolerances. The PM reports it, the PMO decides how it goes on."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from governance.requests.request import (
    Condition,
    ConditionInput,
    DecisionAnswered,
    NoteAnswer,
    ReceiveRequest,
    Request,
    RequestReceived,
    answer_of,
    check_open,
    note_answer,
    opened,
    receive,
    recorded_conditions,
    request_aggregate,
)
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Invalid, Text, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId

Dimension = Literal["time", "cost", "quality", "scope", "risk", "benefits", "sustainability"]

Outcome = Literal["accept", "new_tolerance", "replan", "stop"]

ToleranceInput = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?%?$",
        description="A decimal (cost in the project's currency, time in working days), or a part of the plan: `10%`",
        examples=["12.5%"],
    ),
]


class Option(msgspec.Struct, frozen=True):
    """A way out, and what would come of it."""

    title: str
    consequence: str


class ExceptionReceived(RequestReceived, frozen=True, kw_only=True):
    """A project reports that it is forecast to leave this tolerance, and what could be done."""

    dimension: Dimension
    cause: str
    options: list[Option]
    recommendation: str


class ExceptionDecided(Event, frozen=True, kw_only=True):
    """The PMO decided how the project goes on: it accepts, sets another tolerance, asks for a new plan or stops it."""

    project: ProjectId
    dimension: Dimension
    outcome: Outcome
    text: str
    tolerance: str | None = None
    conditions: list[Condition] = msgspec.field(default_factory=list)


EVENTS = (ExceptionReceived, ExceptionDecided, DecisionAnswered)


class ReceiveException(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's exception report before the PMO."""

    dimension: Dimension
    cause: str
    options: list[Option]
    recommendation: str


class DecideException(Decision):
    """Decide an exception: accept it, set a new tolerance, ask for a new plan, or stop the project."""

    outcome: Outcome
    text: Text = Field(min_length=1, max_length=1000, examples=["The second option, within the reserve"])
    tolerance: ToleranceInput | None = Field(default=None, description="With `new_tolerance` only")
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class ExceptionReport(Request, frozen=True, kw_only=True):
    dimension: Dimension
    cause: str
    options: tuple[Option, ...]
    recommendation: str
    text: str | None = None
    tolerance: str | None = None


def decide(report: ExceptionReport | None, command: Instruction, context: Context) -> Decided:
    match command, report:
        case ReceiveException(), _:
            return receive(report, command, ExceptionReceived)
        case DecideException(), ExceptionReport():
            check_open(report)
            return [_decided(report, command, context)]
        case NoteAnswer(), ExceptionReport():
            return note_answer(report, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an exception report")


def _decided(report: ExceptionReport, command: DecideException, context: Context) -> ExceptionDecided:
    if (command.outcome == "new_tolerance") != (command.tolerance is not None):
        raise Invalid("/tolerance", "tolerance-of-a-new-tolerance")
    if command.outcome == "stop" and command.conditions:
        raise Invalid("/conditions", "no-conditions-of-a-stop")
    return ExceptionDecided(
        project=report.project,
        dimension=report.dimension,
        outcome=command.outcome,
        text=command.text,
        tolerance=command.tolerance,
        conditions=recorded_conditions(command.conditions, context),
    )


def evolve(report: ExceptionReport | None, event: Event, record: Recorded[Any]) -> ExceptionReport:
    match event, report:
        case ExceptionReceived(), _:
            return opened(ExceptionReport, event)
        case ExceptionDecided(), ExceptionReport():
            return replace(
                report,
                outcome=event.outcome,
                text=event.text,
                tolerance=event.tolerance,
                conditions=tuple(event.conditions),
                decided_by=record.actor,
            )
        case DecisionAnswered(), ExceptionReport():
            return replace(report, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an exception report")


EXCEPTION: Aggregate[ExceptionReport] = request_aggregate(
    "exception", decide, evolve, events=EVENTS, opened_by=ReceiveException
)
