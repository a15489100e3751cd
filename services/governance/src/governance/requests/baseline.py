"""Baselines: the PM submits what the project will be measured by, and the PMO approves it or sends it back."""

from datetime import date
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
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.values.money import Money


class BaselineReceived(RequestReceived, frozen=True, kw_only=True):
    """A project asks the PMO to let this be what it is measured by."""

    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: Uuid | None = None


class BaselineApproved(Event, frozen=True, kw_only=True):
    """From here on the project is measured by this baseline."""

    project: ProjectId
    number: int


class BaselineRejected(Event, frozen=True, kw_only=True):
    """What the project was measured by before goes on."""

    project: ProjectId
    number: int


EVENTS = (BaselineReceived, BaselineApproved, BaselineRejected, DecisionAnswered)


class ReceiveBaseline(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's baseline before the PMO."""

    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: str | None = None


class DecideBaseline(Decision):
    """Approve a baseline or reject it."""

    outcome: Literal["approved", "rejected"]


class Baseline(Request, frozen=True, kw_only=True):
    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: str | None = None


def decide(baseline: Baseline | None, command: Instruction, _context: Context) -> Decided:
    match command, baseline:
        case ReceiveBaseline(), _:
            return receive(baseline, command, BaselineReceived)
        case DecideBaseline(), Baseline():
            check_open(baseline)
            return [_decided(baseline, command)]
        case NoteAnswer(), Baseline():
            return note_answer(baseline, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a baseline")


def _decided(baseline: Baseline, command: DecideBaseline) -> Event:
    if command.outcome == "approved":
        return BaselineApproved(project=baseline.project, number=baseline.number)
    return BaselineRejected(project=baseline.project, number=baseline.number)


def evolve(baseline: Baseline | None, event: Event, record: Recorded[Any]) -> Baseline:
    match event, baseline:
        case BaselineReceived(), _:
            return opened(Baseline, event)
        case BaselineApproved(), Baseline():
            return replace(baseline, outcome="approved", decided_by=record.actor)
        case BaselineRejected(), Baseline():
            return replace(baseline, outcome="rejected", decided_by=record.actor)
        case DecisionAnswered(), Baseline():
            return replace(baseline, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a baseline")


BASELINE: Aggregate[Baseline] = request_aggregate("baseline", decide, evolve, events=EVENTS, opened_by=ReceiveBaseline)
