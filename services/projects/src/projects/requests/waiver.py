"""Waivers: the PM asks to be let off a mandatory control until a day. The PMO decides, and may end it sooner."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from mandate_events.deciding import (
    Context,
    Decided,
    Instruction,
    Looking,
    Refused,
    Slug,
    Streams,
    SystemCommand,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from projects.execution.project import standard_of_project_read
from projects.recognition.standard import check_control
from projects.requests.kind import Kind
from projects.requests.page import RequestPage
from projects.requests.request import (
    ANSWERS,
    ApplyDecision,
    DecisionApplied,
    DecisionHeard,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    outcome_of,
    request_aggregate,
    request_read,
)


class WaiverRequested(Requested, frozen=True, kw_only=True):
    """The PM asks to be let off a control of the project's standard until this day."""

    control: str
    until: date


class WaiverShortened(Event, frozen=True, kw_only=True):
    """It was granted up to an earlier day than was asked for."""

    project: ProjectId
    control: str
    until: date


class WaiverEnded(Event, frozen=True, kw_only=True):
    """The control holds for the project again."""

    project: ProjectId
    control: str
    how: Literal["revoked", "expired"]
    origin: Origin


class WaiverGranted(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""

    until: date


class WaiverRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class RequestWaiver(RequestCommand):
    """Ask the PMO to let the project off a control of its standard, until a day."""

    control: Slug = Field(examples=["independent-cost-review"])
    until: date = Field(description="Last day; a waiver without an end is not to be had", examples=["2026-09-30"])


class EndWaiver(SystemCommand, frozen=True, kw_only=True):
    """End a waiver that the PMO revoked, or whose last day is over."""

    how: Literal["revoked", "expired"]
    origin: Origin


class Waiver(Request, frozen=True, kw_only=True):
    asked: WaiverRequested
    until: date
    ended: str | None = None

    @property
    def in_force(self) -> bool:
        return self.answered and self.outcome == "granted" and self.ended is None


class WaiverPage(RequestPage):
    """One waiver, as the project holds it."""

    control: Slug = Field(examples=["independent-cost-review"])
    until: date
    in_force: bool


def decide(waiver: Waiver | None, command: object, context: Context) -> Decided:
    match command, waiver:
        case RequestWaiver(), None:
            members = asked(command, context)
            check_control(context, members["standard"], command.control)
            return [says(WaiverRequested, command, **members)]
        case RequestWaiver(), _:
            raise Refused("already-requested")
        case ApplyDecision(), Waiver():
            return applied(waiver, command, context, *_shortened(waiver, command.decision))
        case EndWaiver(), Waiver(ended=None, outcome="granted"):
            return [says(WaiverEnded, command, project=waiver.project, control=waiver.asked.control)]
        case EndWaiver(), _:
            return []
        case _:
            raise Undecided(command)


def _shortened(waiver: Waiver, decision: WaiverGranted | WaiverRejected) -> list[Event]:
    if isinstance(decision, WaiverRejected) or decision.until == waiver.until:
        return []
    return [WaiverShortened(project=waiver.project, control=waiver.asked.control, until=decision.until)]


def evolve(waiver: Waiver | None, event: Event, record: Recorded[Any]) -> Waiver:
    match event, waiver:
        case WaiverRequested(), _:
            return Waiver(asked=event, requested_by=record.actor, until=event.until)
        case DecisionApplied() | DecisionNotApplied(), Waiver():
            return replace(waiver, outcome=outcome_of(event), answered=True)
        case WaiverShortened(until=until), Waiver():
            return replace(waiver, until=until)
        case WaiverEnded(), Waiver():
            return replace(waiver, ended=event.how)
        case _:
            raise Unfolded(event)


def reads(waiver: Waiver | None, command: Instruction, looking: Looking) -> Streams:
    match command:
        case RequestWaiver():
            yield from request_read(waiver, command, looking)
            yield from standard_of_project_read(looking)
        case ApplyDecision():
            yield from request_read(waiver, command, looking)


WAIVER = request_aggregate(
    "waiver",
    decide,
    evolve,
    events=(WaiverRequested, WaiverShortened, WaiverEnded),
    records={
        RequestWaiver: (WaiverRequested,),
        ApplyDecision: (*ANSWERS, WaiverShortened),
        EndWaiver: (WaiverEnded,),
    },
    reads=reads,
    opened_by=RequestWaiver,
)
KIND = Kind(
    aggregate=WAIVER,
    ask=RequestWaiver,
    decisions={WaiverGranted: "granted", WaiverRejected: "rejected"},
    page=WaiverPage,
    at="/v1/waivers/{id}",
    tag="waivers",
    says="Being let off a control for a time",
)
