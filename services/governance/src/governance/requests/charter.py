"""Project charters: a project says what it is for and by what its success is known; the PMO approves it or not."""

from typing import Any, Literal

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
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Invalid, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId


class CharterReceived(RequestReceived, frozen=True, kw_only=True):
    """A project asks the PMO to approve what it is for."""

    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class CharterApproved(Event, frozen=True, kw_only=True):
    """This is what the project is for."""

    project: ProjectId
    number: int
    conditions: list[Condition] = msgspec.field(default_factory=list)


class CharterRejected(Event, frozen=True, kw_only=True):
    """The project has no charter yet; its PM may submit another."""

    project: ProjectId
    number: int


EVENTS = (CharterReceived, CharterApproved, CharterRejected, DecisionAnswered)


class ReceiveCharter(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's charter before the PMO."""

    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class DecideCharter(Decision):
    """Approve a project's charter, with conditions or without, or reject it."""

    outcome: Literal["approved", "rejected"]
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class Charter(Request, frozen=True, kw_only=True):
    number: int
    purpose: str
    objectives: tuple[str, ...]
    success_criteria: tuple[str, ...]


def decide(charter: Charter | None, command: Instruction, context: Context) -> Decided:
    match command, charter:
        case ReceiveCharter(), _:
            return receive(charter, command, CharterReceived)
        case DecideCharter(), Charter():
            check_open(charter)
            return [_decided(charter, command, context)]
        case NoteAnswer(), Charter():
            return note_answer(charter, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a charter")


def _decided(charter: Charter, command: DecideCharter, context: Context) -> Event:
    if command.outcome == "approved":
        conditions = recorded_conditions(command.conditions, context)
        return CharterApproved(project=charter.project, number=charter.number, conditions=conditions)
    if command.conditions:
        raise Invalid("/conditions", "conditions-of-an-approval")
    return CharterRejected(project=charter.project, number=charter.number)


def evolve(charter: Charter | None, event: Event, record: Recorded[Any]) -> Charter:
    match event, charter:
        case CharterReceived(), _:
            return opened(Charter, event)
        case CharterApproved(conditions=conditions), Charter():
            return replace(charter, outcome="approved", conditions=tuple(conditions), decided_by=record.actor)
        case CharterRejected(), Charter():
            return replace(charter, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Charter():
            return replace(charter, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a charter")


CHARTER: Aggregate[Charter] = request_aggregate("charter", decide, evolve, events=EVENTS, opened_by=ReceiveCharter)
