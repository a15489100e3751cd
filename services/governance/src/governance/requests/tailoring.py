"""Tailorings: a project asks to leave out, combine or replace a part of its standard; the PMO approves it or not.

What the standard makes mandatory cannot be tailored out: that takes a waiver, which ends.
"""

from typing import Any, Final, Literal, TypeAlias

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
from governance.standards.standard import version_of
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Invalid, Refused, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId

Element: TypeAlias = Literal["phase", "gate", "deliverable", "control", "checklist", "role"]

Departure: TypeAlias = Literal["omit", "combine", "replace"]

TAILORED_OUT: Final = frozenset({"omit", "replace"})
"""What is combined with another is still done."""


class TailoringRequestReceived(RequestReceived, frozen=True, kw_only=True):
    """A project asks the PMO to do a part of its standard in another way, or not at all."""

    element: Element
    name: str
    change: Departure
    instead: str | None = None


class TailoringApproved(Event, frozen=True, kw_only=True):
    """The project may depart from this part of its standard, for as long as it runs."""

    project: ProjectId
    element: Element
    name: str
    change: Departure
    conditions: list[Condition] = msgspec.field(default_factory=list)


class TailoringRejected(Event, frozen=True, kw_only=True):
    """The standard holds for the project as it is."""

    project: ProjectId
    element: Element
    name: str


EVENTS = (TailoringRequestReceived, TailoringApproved, TailoringRejected, DecisionAnswered)


class ReceiveTailoringRequest(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's request to tailor its standard before the PMO."""

    element: Element
    name: str
    change: Departure
    instead: str | None = None


class DecideTailoring(Decision):
    """Approve a tailoring, with conditions or without, or reject it."""

    outcome: Literal["approved", "rejected"]
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class Tailoring(Request, frozen=True, kw_only=True):
    element: Element
    name: str
    change: Departure
    instead: str | None


def decide(tailoring: Tailoring | None, command: Instruction, context: Context) -> Decided:
    match command, tailoring:
        case ReceiveTailoringRequest(), _:
            return receive(tailoring, command, TailoringRequestReceived)
        case DecideTailoring(), Tailoring():
            check_open(tailoring)
            return [_decided(tailoring, command, context)]
        case NoteAnswer(), Tailoring():
            return note_answer(tailoring, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a tailoring")


def _decided(tailoring: Tailoring, command: DecideTailoring, context: Context) -> Event:
    project, element, name = tailoring.project, tailoring.element, tailoring.name
    if command.outcome == "approved":
        if tailors_out_a_mandatory_control(tailoring, context):
            raise Refused("mandatory-control", control=name, standard=tailoring.standard)
        conditions = recorded_conditions(command.conditions, context)
        return TailoringApproved(
            project=project, element=element, name=name, change=tailoring.change, conditions=conditions
        )
    if command.conditions:
        raise Invalid("/conditions", "conditions-of-an-approval")
    return TailoringRejected(project=project, element=element, name=name)


def tailors_out_a_mandatory_control(tailoring: Tailoring, context: Context) -> bool:
    """By the version of the standard that the project runs to."""
    if tailoring.element != "control" or tailoring.change not in TAILORED_OUT:
        return False
    version = version_of(context, tailoring.standard)
    controls = version.content.controls if version else []
    return any(control.id == tailoring.name and control.mandatory for control in controls)


def evolve(tailoring: Tailoring | None, event: Event, record: Recorded[Any]) -> Tailoring:
    match event, tailoring:
        case TailoringRequestReceived(), _:
            return opened(Tailoring, event)
        case TailoringApproved(conditions=conditions), Tailoring():
            return replace(tailoring, outcome="approved", conditions=tuple(conditions), decided_by=record.actor)
        case TailoringRejected(), Tailoring():
            return replace(tailoring, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Tailoring():
            return replace(tailoring, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a tailoring")


TAILORING: Aggregate[Tailoring] = request_aggregate(
    "tailoring", decide, evolve, events=EVENTS, opened_by=ReceiveTailoringRequest
)
