"""Closures: the PM asks the PMO to end the project in good order, also where gates are left. Approved, it is closed."""

from typing import Any, Final

from pydantic import Field

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, On, Refused, Text, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Sha256
from projects.execution.events import ProjectClosed
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT
from projects.requests.register import answered, enter
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

KIND: Final = "closure"


class ClosureRequested(Requested, frozen=True, kw_only=True):
    """The PM says that the project's work is done or over, and asks the PMO to close it.

    `lessons` is the SHA-256 of what was learnt, where that was given.
    """

    phase: str
    lessons: Sha256 | None = None


EVENTS = (ClosureRequested, DecisionApplied, DecisionNotApplied)


class RequestClosure(RequestCommand):
    """Ask the PMO to close the project."""

    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50, description="The closure report comes first")
    lessons: Text | None = Field(
        default=None, min_length=1, max_length=100_000, description="What was learnt, kept as a document"
    )


class ApplyClosureDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on a closure take effect where it can, and answer it."""


class Closure(Request, frozen=True, kw_only=True):
    phase: str
    lessons: str | None


def decide(closure: Closure | None, command: Instruction, context: Context) -> Decided:
    match command, closure:
        case RequestClosure(), None:
            return _requested(command, context)
        case RequestClosure(), _:
            raise Refused("already-requested")
        case ApplyClosureDecision(), Closure():
            closed = [On(PROJECT, closure.project, ProjectClosed())] if command.outcome == "approved" else []
            return answered(KIND, closure, command, context, *closed)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a closure")


def _requested(command: RequestClosure, context: Context) -> Decided:
    says = asked(command, context)
    phase = running(context).current
    assert phase is not None, "a project that has not ended is in a phase"
    waits = enter(context, says["project"], KIND)
    lessons = context.attach("text/markdown; charset=utf-8", command.lessons.encode()) if command.lessons else None
    return [ClosureRequested(**says, phase=phase.id, lessons=lessons), waits]


def evolve(closure: Closure | None, event: Event, record: Recorded[Any]) -> Closure:
    match event, closure:
        case ClosureRequested(), _:
            return opened(Closure, event, record)
        case DecisionApplied() | DecisionNotApplied(), Closure():
            return replace(closure, outcome=outcome_of(event), answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a closure")


CLOSURE: Aggregate[Closure] = request_aggregate("closure", decide, evolve, events=EVENTS, opened_by=RequestClosure)
