"""Allocations: the PM asks the PMO for hours of a resource, or of anybody with a skill, and gives them back."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Refused,
    Slug,
    SystemCommand,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import UUID_PATTERN, ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.hours import Hours, HoursPerWeek, spelled
from mandate_events.values.periods import InPeriod
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


class AllocationRequested(Requested, frozen=True, kw_only=True):
    """The PM asks for so many hours a week, for this role: of one resource, or of anybody with a skill."""

    resource: Uuid | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: Hours


class AllocationRecognised(Event, frozen=True, kw_only=True):
    """The PMO gave the project these hours, and from here on work may be assigned within them."""

    project: ProjectId
    resource: Uuid
    starts_on: date
    until: date
    hours_per_week: Hours
    origin: Origin


class AllocationReleased(Event, frozen=True, kw_only=True):
    """The PM gives the hours back: from this day on the project no longer needs them."""

    project: ProjectId
    free_from: date


class AllocationEnded(Event, frozen=True, kw_only=True):
    """The PMO took the hours back: from this day on they are no longer the project's."""

    project: ProjectId
    free_from: date
    origin: Origin


EVENTS = (
    AllocationRequested,
    DecisionApplied,
    DecisionNotApplied,
    AllocationRecognised,
    AllocationReleased,
    AllocationEnded,
)


class RequestAllocation(InPeriod, RequestCommand):
    """Ask the PMO for hours of a resource, or of anybody with a skill."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "skill": "hydraulics",
                "role": "Designs the pumping station",
                "starts_on": "2026-03-02",
                "until": "2026-06-26",
                "hours_per_week": "16",
                "reason": "The design begins in March",
            }
        }
    )

    resource: str | None = Field(default=None, pattern=f"^{UUID_PATTERN}$", description="Id of a resource of the pool")
    skill: Slug | None = Field(default=None, description="In place of a resource: anybody who has it")
    role: Title = Field(description="What they will do in the project")
    hours_per_week: HoursPerWeek

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if (self.resource is None) == (self.skill is None):
            raise PydanticCustomError("resource-or-skill", "ask for a resource or for a skill")
        if not self.hours_per_week:
            raise PydanticCustomError("no-hours", "ask for more than no hours")
        return self


class ReleaseAllocation(Decision):
    """Give hours back that the project no longer needs."""

    free_from: date = Field(description="First day on which they are not needed", examples=["2026-05-04"])


class ApplyAllocationDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on an allocation take effect where it can, and answer it."""

    resource: str | None = None


class EndAllocation(SystemCommand, frozen=True, kw_only=True):
    """End an allocation whose hours the PMO took back."""

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
    def in_force(self) -> bool:
        return self.granted is not None and self.ended is None


def decide(allocation: Allocation | None, command: Instruction, context: Context) -> Decided:
    match command, allocation:
        case RequestAllocation(), None:
            return [
                AllocationRequested(
                    **asked(command, context),
                    **command.model_dump(include={"resource", "skill", "role", "starts_on", "until"}),
                    hours_per_week=spelled(command.hours_per_week),
                )
            ]
        case RequestAllocation(), _:
            raise Refused("already-requested")
        case ApplyAllocationDecision(), Allocation():
            return applied(allocation, command, context, *_recognised(allocation, command))
        case ReleaseAllocation(free_from=day), Allocation(in_force=True):
            if day > allocation.until:
                raise Invalid("/free_from", "release-after-end", until=allocation.until.isoformat())
            return [AllocationReleased(project=allocation.project, free_from=day)]
        case ReleaseAllocation(), _:
            raise Refused("no-allocation-in-force")
        case EndAllocation(free_from=day, origin=origin), Allocation(in_force=True):
            return [AllocationEnded(project=allocation.project, free_from=day, origin=origin)]
        case EndAllocation(), _:
            return []
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an allocation")


def _recognised(allocation: Allocation, command: ApplyAllocationDecision) -> list[Event]:
    if command.resource is None:
        return []
    return [
        AllocationRecognised(
            project=allocation.project,
            resource=command.resource,
            starts_on=allocation.starts_on,
            until=allocation.until,
            hours_per_week=allocation.hours_per_week,
            origin=command.origin,
        )
    ]


def evolve(allocation: Allocation | None, event: Event, record: Recorded[Any]) -> Allocation:
    match event, allocation:
        case AllocationRequested(), _:
            return opened(Allocation, event, record)
        case DecisionApplied() | DecisionNotApplied(), Allocation():
            return replace(allocation, outcome=outcome_of(event), answered=True)
        case AllocationRecognised(resource=resource), Allocation():
            return replace(allocation, granted=resource)
        case AllocationReleased(free_from=day), Allocation():
            return replace(allocation, ended="released", free_from=day)
        case AllocationEnded(free_from=day), Allocation():
            return replace(allocation, ended="withdrawn", free_from=day)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an allocation")


ALLOCATION: Aggregate[Allocation] = request_aggregate(
    "allocation", decide, evolve, events=EVENTS, opened_by=RequestAllocation
)
