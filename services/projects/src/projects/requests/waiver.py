"""Waivers: the PM asks to be let off a mandatory control until a day. The PMO decides, and may end it sooner."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, Refused, Slug, SystemCommand, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from projects.recognition.standard import check_control
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    opened,
    outcome_of,
    request_aggregate,
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


EVENTS = (WaiverRequested, DecisionApplied, DecisionNotApplied, WaiverShortened, WaiverEnded)


class RequestWaiver(RequestCommand):
    """Ask the PMO to let the project off a control of its standard, until a day."""

    control: Slug = Field(examples=["independent-cost-review"])
    until: date = Field(description="Last day; a waiver without an end is not to be had", examples=["2026-09-30"])


class ApplyWaiverDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on a waiver take effect where it can, and answer it."""

    until: date | None = None


class EndWaiver(SystemCommand, frozen=True, kw_only=True):
    """End a waiver that the PMO revoked, or whose last day is over."""

    how: Literal["revoked", "expired"]
    origin: Origin


class Waiver(Request, frozen=True, kw_only=True):
    control: str
    until: date
    ended: str | None = None

    @property
    def in_force(self) -> bool:
        return self.answered and self.outcome == "granted" and self.ended is None


def decide(waiver: Waiver | None, command: Instruction, context: Context) -> Decided:
    match command, waiver:
        case RequestWaiver(), None:
            members = asked(command, context)
            check_control(context, members["standard"], command.control)
            return [WaiverRequested(**members, control=command.control, until=command.until)]
        case RequestWaiver(), _:
            raise Refused("already-requested")
        case ApplyWaiverDecision(), Waiver():
            return applied(waiver, command, context, *_shortened(waiver, command))
        case EndWaiver(), Waiver(ended=None, outcome="granted"):
            return [WaiverEnded(project=waiver.project, control=waiver.control, how=command.how, origin=command.origin)]
        case EndWaiver(), _:
            return []
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a waiver")


def _shortened(waiver: Waiver, command: ApplyWaiverDecision) -> list[Event]:
    if command.until in (None, waiver.until):
        return []
    return [WaiverShortened(project=waiver.project, control=waiver.control, until=command.until)]


def evolve(waiver: Waiver | None, event: Event, record: Recorded[Any]) -> Waiver:
    match event, waiver:
        case WaiverRequested(), _:
            return opened(Waiver, event, record)
        case DecisionApplied() | DecisionNotApplied(), Waiver():
            return replace(waiver, outcome=outcome_of(event), answered=True)
        case WaiverShortened(until=until), Waiver():
            return replace(waiver, until=until)
        case WaiverEnded(), Waiver():
            return replace(waiver, ended=event.how)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a waiver")


WAIVER: Aggregate[Waiver] = request_aggregate("waiver", decide, evolve, events=EVENTS, opened_by=RequestWaiver)
