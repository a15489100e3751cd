"""Allocations: a project asks for hours of a resource, or of anybody with a skill; the PMO commits them or does not.

The project gives them back when it no longer needs them, and the PMO may take them back.
"""

from datetime import date
from typing import Any, Literal

import msgspec
from pydantic import Field

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
from governance.resources.resource import CapacityCommitted, MayOverallocate, commit, release
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
from mandate_events.document.formats import UUID_PATTERN, ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.hours import Hours


class AllocationRequestReceived(RequestReceived, frozen=True, kw_only=True):
    """A project asks the PMO for so many hours a week: of one resource, or of anybody with a skill."""

    resource: Uuid | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: Hours

    @property
    def about(self) -> str:
        return self.resource or self.skill or ""


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


EVENTS = (
    AllocationRequestReceived,
    AllocationApproved,
    AllocationRejected,
    AllocationWithdrawn,
    ReleaseRecognised,
    DecisionAnswered,
)


class ReceiveAllocationRequest(ReceiveRequest, frozen=True, kw_only=True):
    """Put a project's request for hours of the pool before the PMO."""

    resource: str | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: str


class DecideAllocation(MayOverallocate, Decision):
    """Commit the hours that were asked for, or reject the request."""

    outcome: Literal["approved", "rejected"]
    resource: str | None = Field(
        default=None,
        pattern=f"^{UUID_PATTERN}$",
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
    resource: str | None
    skill: str | None
    role: str
    starts_on: date
    until: date
    hours_per_week: str
    granted: str | None = None
    """The resource whose hours the project was given."""
    ended: Literal["released", "withdrawn"] | None = None
    free_from: date | None = None

    @property
    def about(self) -> str:
        return self.resource or self.skill or ""

    @property
    def in_force(self) -> bool:
        return self.granted is not None and self.ended is None and self.answer in {None, "applied"}


def decide(allocation: Allocation | None, command: Instruction, context: Context) -> Decided:
    match command, allocation:
        case ReceiveAllocationRequest(), _:
            return receive(allocation, command, AllocationRequestReceived)
        case DecideAllocation(outcome="rejected"), Allocation():
            check_open(allocation)
            return [AllocationRejected(project=allocation.project)]
        case DecideAllocation(), Allocation():
            check_open(allocation)
            return _approved(allocation, command, context)
        case WithdrawAllocation(free_from=day), Allocation(in_force=True, granted=str(resource)):
            if day > allocation.until:
                raise Invalid("/free_from", "release-after-end", until=allocation.until.isoformat())
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
            raise TypeError(f"{type(command).__name__} is not decided by an allocation")


def _approved(allocation: Allocation, command: DecideAllocation, context: Context) -> Decided:
    resource = command.resource or allocation.resource
    if resource is None:
        raise Invalid("/resource", "resource-needed", skill=allocation.skill)
    hours = {
        "project": allocation.project,
        "starts_on": allocation.starts_on,
        "until": allocation.until,
        "hours_per_week": allocation.hours_per_week,
    }
    approved = msgspec.convert({"resource": resource, **hours}, AllocationApproved)
    committed = msgspec.convert({"allocation": context.subject, **hours}, CapacityCommitted)
    return [approved, *commit(context, resource, committed, allocation.skill, command.overallocation_reason)]


def _unused(allocation: Allocation, command: NoteAnswer, context: Context) -> Decided:
    """What could not be applied is free for others from its first day."""
    if command.applied or not allocation.in_force or allocation.granted is None:
        return []
    return release(context, allocation.granted, context.subject, allocation.starts_on)


def evolve(allocation: Allocation | None, event: Event, record: Recorded[Any]) -> Allocation:
    match event, allocation:
        case AllocationRequestReceived(), _:
            return opened(Allocation, event)
        case AllocationApproved(), Allocation():
            return replace(allocation, outcome="approved", granted=event.resource, decided_by=record.actor)
        case AllocationRejected(), Allocation():
            return replace(allocation, outcome="rejected", decided_by=record.actor)
        case AllocationWithdrawn(), Allocation():
            return replace(allocation, ended="withdrawn", free_from=event.free_from)
        case ReleaseRecognised(), Allocation():
            return replace(allocation, ended="released", free_from=event.free_from)
        case DecisionAnswered(), Allocation():
            return replace(allocation, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an allocation")


ALLOCATION: Aggregate[Allocation] = request_aggregate(
    "allocation", decide, evolve, events=EVENTS, opened_by=ReceiveAllocationRequest
)
