"""Waivers: a project asks to be let off a mandatory control for a time. Granted, it has an end: a day, or sooner."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from governance.office.office import today
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
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Refused,
    SystemCommand,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId


class WaiverRequestReceived(RequestReceived, frozen=True, kw_only=True):
    """A project asks the PMO to be let off this control until this day."""

    control: str
    until: date


class WaiverGranted(Event, frozen=True, kw_only=True):
    """The project is let off the control up to the end of this day, in the time zone of the charter."""

    project: ProjectId
    control: str
    until: date


class WaiverRejected(Event, frozen=True, kw_only=True):
    """The control holds for the project."""

    project: ProjectId
    control: str


class WaiverRevoked(Event, frozen=True, kw_only=True):
    """The PMO took the waiver back before its end."""

    project: ProjectId
    control: str


class WaiverExpired(Event, frozen=True, kw_only=True):
    """The last day of the waiver is over: the control holds again."""

    project: ProjectId
    control: str


EVENTS = (WaiverRequestReceived, WaiverGranted, WaiverRejected, WaiverRevoked, WaiverExpired, DecisionAnswered)


class ReceiveWaiverRequest(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's request for a waiver before the PMO."""

    control: str
    until: date


class DecideWaiver(Decision):
    """Grant a waiver, for as long as was asked for or shorter, or reject it."""

    outcome: Literal["granted", "rejected"]
    until: date | None = Field(default=None, description="Last day, where it is to be another than was asked for")


class RevokeWaiver(Decision):
    """Take a granted waiver back."""


class ExpireWaiver(SystemCommand, frozen=True, kw_only=True):
    """Given by the clock when the waiver's last day is over."""

    until: date


class Waiver(Request, frozen=True, kw_only=True):
    control: str
    until: date
    ended: Literal["revoked", "expired"] | None = None

    @property
    def in_force(self) -> bool:
        return self.outcome == "granted" and self.ended is None


def decide(waiver: Waiver | None, command: Instruction, context: Context) -> Decided:
    match command, waiver:
        case ReceiveWaiverRequest(), _:
            return receive(waiver, command, WaiverRequestReceived)
        case DecideWaiver(), Waiver():
            check_open(waiver)
            return [_decided(waiver, command, context)]
        case RevokeWaiver(), Waiver(in_force=True):
            return [WaiverRevoked(project=waiver.project, control=waiver.control)]
        case RevokeWaiver(), _:
            raise Refused("no-waiver-in-force")
        case ExpireWaiver(until=until), Waiver():
            due = waiver.in_force and waiver.until == until
            return [WaiverExpired(project=waiver.project, control=waiver.control)] if due else []
        case NoteAnswer(), Waiver():
            return note_answer(waiver, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a waiver")


def _decided(waiver: Waiver, command: DecideWaiver, context: Context) -> Event:
    if command.outcome == "rejected":
        return WaiverRejected(project=waiver.project, control=waiver.control)
    until = command.until or waiver.until
    if until < today(context):
        raise Invalid("/until", "waiver-ends-in-the-past", until=until.isoformat())
    if until > waiver.until:
        raise Invalid("/until", "waiver-longer-than-asked", until=waiver.until.isoformat())
    return WaiverGranted(project=waiver.project, control=waiver.control, until=until)


def evolve(waiver: Waiver | None, event: Event, record: Recorded[Any]) -> Waiver:
    match event, waiver:
        case WaiverRequestReceived(), _:
            return opened(Waiver, event)
        case WaiverGranted(until=until), Waiver():
            return replace(waiver, outcome="granted", until=until, decided_by=record.actor)
        case WaiverRejected(), Waiver():
            return replace(waiver, outcome="rejected", decided_by=record.actor)
        case WaiverRevoked(), Waiver():
            return replace(waiver, ended="revoked")
        case WaiverExpired(), Waiver():
            return replace(waiver, ended="expired")
        case DecisionAnswered(), Waiver():
            return replace(waiver, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a waiver")


WAIVER: Aggregate[Waiver] = request_aggregate("waiver", decide, evolve, events=EVENTS, opened_by=ReceiveWaiverRequest)
