"""Changes beyond tolerance: the PM assessed what they would do to the project, and the PMO decides."""

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
    opened,
    receive,
    request_aggregate,
)
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, PersonId, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId


class Impact(msgspec.Struct, frozen=True):
    """What a change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = None
    cost: str | None = None
    quality: str | None = None
    scope: str | None = None
    risk: str | None = None
    benefits: str | None = None
    sustainability: str | None = None


class ChangeRequestReceived(RequestReceived, frozen=True, kw_only=True):
    """A change goes beyond what the project may decide itself."""

    title: str
    description: str
    impact: Impact
    assessed_by: PersonId


class ChangeApproved(Event, frozen=True, kw_only=True):
    """The project may make the change."""

    project: ProjectId


class ChangeRejected(Event, frozen=True, kw_only=True):
    """The project goes on without the change."""

    project: ProjectId


EVENTS = (ChangeRequestReceived, ChangeApproved, ChangeRejected, DecisionAnswered)


class ReceiveChangeRequest(ReceiveRequest, frozen=True, kw_only=True):
    """Put a change that goes beyond tolerance before the PMO."""

    title: str
    description: str
    impact: Impact
    assessed_by: str


class DecideChange(Decision):
    """Approve a change beyond tolerance or reject it."""

    outcome: Literal["approved", "rejected"]


class Change(Request, frozen=True, kw_only=True):
    title: str
    description: str
    impact: Impact
    assessed_by: str

    @property
    def asked_by(self) -> frozenset[str]:
        """Who wanted it, and who brought it before the PMO."""
        return frozenset({self.requested_by, self.assessed_by})


def decide(change: Change | None, command: Instruction, _context: Context) -> Decided:
    match command, change:
        case ReceiveChangeRequest(), _:
            return receive(change, command, ChangeRequestReceived)
        case DecideChange(), Change():
            check_open(change)
            return [_decided(change, command)]
        case NoteAnswer(), Change():
            return note_answer(change, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a change")


def _decided(change: Change, command: DecideChange) -> Event:
    if command.outcome == "approved":
        return ChangeApproved(project=change.project)
    return ChangeRejected(project=change.project)


def evolve(change: Change | None, event: Event, record: Recorded[Any]) -> Change:
    match event, change:
        case ChangeRequestReceived(), _:
            return opened(Change, event)
        case ChangeApproved(), Change():
            return replace(change, outcome="approved", decided_by=record.actor)
        case ChangeRejected(), Change():
            return replace(change, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Change():
            return replace(change, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a change")


CHANGE: Aggregate[Change] = request_aggregate("change", decide, evolve, events=EVENTS, opened_by=ReceiveChangeRequest)
