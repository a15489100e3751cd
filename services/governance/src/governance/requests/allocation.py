"""Allocations: a project asks for hours of a resource, or of anybody with a skill; the PMO commits them or does not.

The project gives them back when it no longer needs them, and the PMO may take them back.
"""

from datetime import date
from typing import Any, Literal

import msgspec
from pydantic import Field

from governance.office.office import OFFICE, THE_OFFICE
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
from governance.resources.events import CapacityCommitted, CapacityReleased, OverallocationAccepted
from governance.resources.resource import RESOURCE, MayOverallocate, commit, release
from mandate_events.deciding import (
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    PersonId,
    Refused,
    Streams,
    SystemCommand,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.hours import Hours
from mandate_events.values.text import Slug, ThingId
from mandate_events.values.told import Digits, Id


class AllocationRequested(Requested, frozen=True, kw_only=True):
    """What projects says."""

    resource: Uuid | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: Hours


class AllocationRequestReceived(AllocationRequested, frozen=True, kw_only=True):
    """A project asks the PMO for so many hours a week: of one resource, or of anybody with a skill."""

    requested_by: PersonId
    origin: Origin


class AllocationApproved(Event, frozen=True, kw_only=True):
    """The project has these hours of this resource."""

    project: ProjectId
    resource: Uuid
    starts_on: date
    until: date
    hours_per_week: Hours


class AllocationRejected(Event, frozen=True, kw_only=True):
    """The project does not get what it asked for."""

    project: ProjectId


class AllocationWithdrawn(Event, frozen=True, kw_only=True):
    """The PMO took the hours back: from this day on they are no longer the project's."""

    project: ProjectId
    resource: Uuid
    free_from: date


class ReleaseRecognised(Event, frozen=True, kw_only=True):
    """The project gave the hours back: from this day on they are no longer the project's."""

    project: ProjectId
    resource: Uuid
    free_from: date
    origin: Origin


class DecideAllocation(MayOverallocate, Decision):
    """Commit the hours that were asked for, or reject the request."""

    outcome: Literal["approved", "rejected"]
    resource: ThingId | None = Field(
        default=None,
        description="Whose hours; needed where a skill was asked for. Otherwise the one that was asked for, or another",
    )


class WithdrawAllocation(Decision):
    """Take hours back that were committed."""

    free_from: date = Field(description="First day on which the resource is free again", examples=["2026-05-04"])


class NoteRelease(SystemCommand, frozen=True, kw_only=True):
    """Note that a project gave hours back, and free them for others."""

    free_from: date
    origin: Origin


class Allocation(Request, frozen=True, kw_only=True):
    asked: AllocationRequestReceived
    granted: str | None = None
    """The resource whose hours the project was given."""
    ended: Literal["released", "withdrawn"] | None = None
    free_from: date | None = None

    @property
    def in_force(self) -> bool:
        return self.granted is not None and self.ended is None and self.answer in {None, "applied"}


class AllocationPage(RequestPage):
    """One allocation: what was asked for, what was decided, and whether it still holds."""

    resource: Id | None = Field(description="Whose hours were asked for")
    skill: Slug | None = Field(description="Or the skill that was asked for", examples=["hydraulics"])
    role: str = Field(
        max_length=200, description="What they do in the project", examples=["Designs the pumping station"]
    )
    starts_on: date
    until: date
    hours_per_week: Digits = Field(examples=["16"])
    granted: Id | None = Field(description="The resource whose hours the project was given")
    in_force: bool
    ended: Literal["released", "withdrawn"] | None = Field(description="By the project, or by the PMO")
    free_from: date | None = Field(description="First day on which the hours are free again")


OUTCOMES: Outcomes = {AllocationApproved: "approved", AllocationRejected: "rejected"}


def decide(allocation: Allocation | None, command: Instruction, context: Context) -> Decided:
    match command, allocation:
        case ReceiveRequest(), _:
            return receive(allocation, command)
        case DecideAllocation(), Allocation():
            check_open(allocation)
            if command.outcome == "rejected":
                return [AllocationRejected(project=allocation.project)]
            return _approved(allocation, command, context)
        case WithdrawAllocation(), Allocation(in_force=True, granted=str(resource)):
            day = command.free_from
            if day > allocation.asked.until:
                raise Invalid("/free_from", "release-after-end", until=allocation.asked.until.isoformat())
            withdrawn = AllocationWithdrawn(project=allocation.project, resource=resource, free_from=day)
            return [withdrawn, *release(context, resource, context.subject, day)]
        case WithdrawAllocation(), _:
            raise Refused("no-allocation-in-force")
        case NoteRelease(free_from=day, origin=origin), Allocation(in_force=True, granted=str(resource)):
            released = ReleaseRecognised(project=allocation.project, resource=resource, free_from=day, origin=origin)
            return [released, *release(context, resource, context.subject, day)]
        case NoteRelease(), _:
            return []
        case NoteAnswer(), Allocation():
            return [*note_answer(allocation, command), *_unused(allocation, command, context)]
        case _:
            raise Undecided(command)


def _approved(allocation: Allocation, command: DecideAllocation, context: Context) -> Decided:
    resource = command.resource or allocation.asked.resource
    if resource is None:
        raise Invalid("/resource", "resource-needed", skill=allocation.asked.skill)
    hours = {
        "project": allocation.project,
        "starts_on": allocation.asked.starts_on,
        "until": allocation.asked.until,
        "hours_per_week": allocation.asked.hours_per_week,
    }
    approved = msgspec.convert({"resource": resource, **hours}, AllocationApproved)
    committed = msgspec.convert({"allocation": context.subject, **hours}, CapacityCommitted)
    return [approved, *commit(context, resource, committed, allocation.asked.skill, command.overallocation_reason)]


def _unused(allocation: Allocation, command: NoteAnswer, context: Context) -> Decided:
    """What could not be applied is free for others from its first day."""
    if command.applied or not allocation.in_force or allocation.granted is None:
        return []
    return release(context, allocation.granted, context.subject, allocation.asked.starts_on)


def evolve(allocation: Allocation | None, event: Event, record: Recorded[Any]) -> Allocation:
    match event, allocation:
        case AllocationRequestReceived(), _:
            return Allocation(asked=event)
        case AllocationApproved(), Allocation():
            return replace(settled(allocation, event, OUTCOMES, record), granted=event.resource)
        case AllocationRejected(), Allocation():
            return settled(allocation, event, OUTCOMES, record)
        case AllocationWithdrawn(), Allocation():
            return replace(allocation, ended="withdrawn", free_from=event.free_from)
        case ReleaseRecognised(), Allocation():
            return replace(allocation, ended="released", free_from=event.free_from)
        case DecisionAnswered(), Allocation():
            return replace(allocation, answer=answer_of(event))
        case _:
            raise Unfolded(event)


def reads(allocation: Allocation | None, command: object, _looking: Looking) -> Streams:
    """The office's day, and the resource whose hours are meant."""
    yield OFFICE, THE_OFFICE
    named = command.resource if isinstance(command, DecideAllocation) else None
    if allocation and (resource := named or allocation.granted or allocation.asked.resource):
        yield RESOURCE, resource


ALLOCATION = request_aggregate(
    "allocation",
    decide,
    evolve,
    events=(AllocationRequestReceived, *OUTCOMES, AllocationWithdrawn, ReleaseRecognised),
    records={
        ReceiveRequest: (AllocationRequestReceived,),
        DecideAllocation: (*OUTCOMES, CapacityCommitted, OverallocationAccepted),
        WithdrawAllocation: (AllocationWithdrawn, CapacityReleased),
        NoteRelease: (ReleaseRecognised, CapacityReleased),
        NoteAnswer: (DecisionAnswered, CapacityReleased),
    },
    reads=reads,
)
KIND = Kind(
    aggregate=ALLOCATION,
    hears=AllocationRequested,
    received=AllocationRequestReceived,
    about=lambda asked: asked.resource or asked.skill or "",
    decide=DecideAllocation,
    outcomes=OUTCOMES,
    page=AllocationPage,
    at="/v1/allocations/{id}",
    takes={"/v1/allocations/{id}/withdrawals": WithdrawAllocation},
    tag="allocations",
    says="Hours of the resource pool for a project",
)
