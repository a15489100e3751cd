"""Closures: a project asks to be ended in good order, also where gates are left; the PMO approves it or not."""

from typing import Any, Literal

from governance.requests.request import (
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
    request_aggregate,
)
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Sha256


class ClosureRequestReceived(RequestReceived, frozen=True, kw_only=True):
    """A project in this phase asks the PMO to close it. `lessons` is kept by projects under this SHA-256."""

    phase: str
    lessons: Sha256 | None = None


class ClosureApproved(Event, frozen=True, kw_only=True):
    """The project is to be closed."""

    project: ProjectId


class ClosureRejected(Event, frozen=True, kw_only=True):
    """The project goes on."""

    project: ProjectId


EVENTS = (ClosureRequestReceived, ClosureApproved, ClosureRejected, DecisionAnswered)


class ReceiveClosureRequest(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's request to be closed before the PMO."""

    phase: str
    lessons: str | None = None


class DecideClosure(Decision):
    """Let a project be closed, or have it go on."""

    outcome: Literal["approved", "rejected"]


class Closure(Request, frozen=True, kw_only=True):
    phase: str
    lessons: str | None


def decide(closure: Closure | None, command: Instruction, _context: Context) -> Decided:
    match command, closure:
        case ReceiveClosureRequest(), _:
            return receive(closure, command, ClosureRequestReceived)
        case DecideClosure(outcome=outcome), Closure():
            check_open(closure)
            decided = ClosureApproved if outcome == "approved" else ClosureRejected
            return [decided(project=closure.project)]
        case NoteAnswer(), Closure():
            return note_answer(closure, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a closure")


def evolve(closure: Closure | None, event: Event, record: Recorded[Any]) -> Closure:
    match event, closure:
        case ClosureRequestReceived(), _:
            return opened(Closure, event)
        case ClosureApproved(), Closure():
            return replace(closure, outcome="approved", decided_by=record.actor)
        case ClosureRejected(), Closure():
            return replace(closure, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Closure():
            return replace(closure, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a closure")


CLOSURE: Aggregate[Closure] = request_aggregate(
    "closure", decide, evolve, events=EVENTS, opened_by=ReceiveClosureRequest
)
