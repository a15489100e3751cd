"""Waivers: a project asks to be let off a mandatory control for a time. Granted, it has an end: a day, or sooner."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from governance.office.office import today
from governance.requests.basis import the_control
from governance.requests.kind import Kind, Outcomes, Requested, settled
from governance.requests.page import RequestPage
from governance.requests.request import (
    DecisionAnswered,
    NoteAnswer,
    ReceiveRequest,
    Request,
    answer_of,
    check_open,
    note_answer,
    receive,
    request_aggregate,
)
from mandate_events.deciding import (
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    PersonId,
    Refused,
    SystemCommand,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from mandate_events.values.text import Slug


class WaiverRequested(Requested, frozen=True, kw_only=True):
    """What projects says."""

    control: str
    until: date


class WaiverRequestReceived(WaiverRequested, frozen=True, kw_only=True):
    """A project asks the PMO to be let off this control until this day."""

    requested_by: PersonId
    origin: Origin


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


class DecideWaiver(Decision):
    """Grant a waiver, for as long as was asked for or shorter, or reject it."""

    outcome: Literal["granted", "rejected"]
    until: date | None = Field(default=None, description="Last day, where it is to be another than was asked for")


class RevokeWaiver(Decision):
    """Take a granted waiver back: the control holds again."""


class ExpireWaiver(SystemCommand, frozen=True, kw_only=True):
    """Given by the clock when the waiver's last day is over."""

    until: date


class Waiver(Request, frozen=True, kw_only=True):
    asked: WaiverRequestReceived
    until: date
    """Last day that was asked for, and then granted."""
    ended: Literal["revoked", "expired"] | None = None

    @property
    def in_force(self) -> bool:
        return self.outcome == "granted" and self.ended is None


class WaiverPage(RequestPage):
    """One waiver: what was asked for, what was decided, and whether it still holds."""

    control: Slug = Field(examples=["independent-cost-review"])
    until: date = Field(description="Last day that was asked for, and then granted")
    ended: Literal["revoked", "expired"] | None


OUTCOMES: Outcomes = {WaiverGranted: "granted", WaiverRejected: "rejected"}


def decide(waiver: Waiver | None, command: Command | SystemCommand, context: Context) -> Decided:
    match command, waiver:
        case ReceiveRequest(), _:
            return receive(waiver, command)
        case DecideWaiver(), Waiver():
            check_open(waiver)
            return [_decided(waiver, command, context)]
        case RevokeWaiver(), Waiver(in_force=True):
            return [WaiverRevoked(project=waiver.project, control=waiver.asked.control)]
        case RevokeWaiver(), _:
            raise Refused("no-waiver-in-force")
        case ExpireWaiver(until=until), Waiver():
            due = waiver.in_force and waiver.until == until
            return [WaiverExpired(project=waiver.project, control=waiver.asked.control)] if due else []
        case NoteAnswer(), Waiver():
            return note_answer(waiver, command)
        case _:
            raise Undecided(command)


def _decided(waiver: Waiver, command: DecideWaiver, context: Context) -> Event:
    project, control = waiver.project, waiver.asked.control
    if command.outcome == "rejected":
        return WaiverRejected(project=project, control=control)
    until = command.until or waiver.until
    if until < today(context):
        raise Invalid("/until", "waiver-ends-in-the-past", until=until.isoformat())
    if until > waiver.until:
        raise Invalid("/until", "waiver-longer-than-asked", until=waiver.until.isoformat())
    return WaiverGranted(project=project, control=control, until=until)


def evolve(waiver: Waiver | None, event: Event, record: Recorded[Any]) -> Waiver:
    match event, waiver:
        case WaiverRequestReceived(), _:
            return Waiver(asked=event, until=event.until)
        case WaiverGranted(until=until), Waiver():
            return replace(settled(waiver, event, OUTCOMES, record), until=until)
        case WaiverRejected(), Waiver():
            return settled(waiver, event, OUTCOMES, record)
        case WaiverRevoked(), Waiver():
            return replace(waiver, ended="revoked")
        case WaiverExpired(), Waiver():
            return replace(waiver, ended="expired")
        case DecisionAnswered(), Waiver():
            return replace(waiver, answer=answer_of(event))
        case _:
            raise Unfolded(event)


WAIVER = request_aggregate(
    "waiver",
    decide,
    evolve,
    events=(WaiverRequestReceived, *OUTCOMES, WaiverRevoked, WaiverExpired),
    records={
        ReceiveRequest: (WaiverRequestReceived,),
        DecideWaiver: tuple(OUTCOMES),
        RevokeWaiver: (WaiverRevoked,),
        ExpireWaiver: (WaiverExpired,),
    },
)
KIND = Kind(
    aggregate=WAIVER,
    hears=WaiverRequested,
    received=WaiverRequestReceived,
    about=lambda waiver: waiver.control,
    decide=DecideWaiver,
    outcomes=OUTCOMES,
    page=WaiverPage,
    at="/v1/waivers/{id}",
    takes={"/v1/waivers/{id}/revocations": RevokeWaiver},
    tag="waivers",
    says="Being let off a control for a time",
    judged_by=lambda waiver, content: the_control(waiver.control, content),
)
