"""Closures: a project asks to be ended in good order, also where gates are left; the PMO approves it or not."""

from typing import Any, Literal

import msgspec

from governance.requests.request import (
    DecisionAnswered,
    NoteAnswer,
    ReceiveRequest,
    Request,
    RequestReceived,
    answer_of,
    check_open,
    note_answer,
)
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, replace
from mandate_events.event import Event, Recorded
from mandate_events.formats import ProjectId, Sha256


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
    """Given by what was heard from the projects service."""

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
        case ReceiveClosureRequest(), None:
            return [msgspec.convert(command, ClosureRequestReceived, from_attributes=True)]
        case ReceiveClosureRequest(), _:
            return []
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
            return Closure(
                project=event.project,
                standard=event.standard,
                requested_by=event.requested_by,
                evidence=tuple(event.evidence),
                phase=event.phase,
                lessons=event.lessons,
            )
        case ClosureApproved(), Closure():
            return replace(closure, outcome="approved", decided_by=record.actor)
        case ClosureRejected(), Closure():
            return replace(closure, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Closure():
            return replace(closure, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a closure")


CLOSURE: Aggregate[Closure] = Aggregate(
    "closure",
    decide,
    evolve,
    events=EVENTS,
    opened_by=frozenset({ReceiveClosureRequest}),
    project=lambda _, closure: closure.project if closure else None,
    standard=lambda closure: closure.standard,
    one_story=True,
)
