"""Allocations: the PM asks the PMO for hours of a resource, or of anybody with a skill, and gives them back."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Context,
    Decided,
    Decision,
    Invalid,
    Refused,
    Slug,
    SystemCommand,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.hours import Hours, HoursPerWeek
from mandate_events.values.periods import InPeriod
from mandate_events.values.text import ThingId
from mandate_events.values.told import Digits, Id
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


class AllocationApproved(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""

    resource: str


class AllocationRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


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

    resource: ThingId | None = Field(default=None, description="Id of a resource of the pool")
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
    """Give hours back that the project no longer needs, from a day on."""

    free_from: date = Field(description="First day on which they are not needed", examples=["2026-05-04"])


class EndAllocation(SystemCommand, frozen=True, kw_only=True):
    """End an allocation whose hours the PMO took back."""

    free_from: date
    origin: Origin


class Allocation(Request, frozen=True, kw_only=True):
    asked: AllocationRequested
    granted: str | None = None
    """The resource whose hours the project was given."""
    ended: Literal["released", "withdrawn"] | None = None
    free_from: date | None = None

    @property
    def in_force(self) -> bool:
        return self.granted is not None and self.ended is None


class AllocationPage(RequestPage):
    """One allocation, as the project holds it."""

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
    free_from: date | None = Field(description="First day on which the hours are no longer the project's")


def decide(allocation: Allocation | None, command: object, context: Context) -> Decided:
    match command, allocation:
        case RequestAllocation(), None:
            return [says(AllocationRequested, command, **asked(command, context))]
        case RequestAllocation(), _:
            raise Refused("already-requested")
        case ApplyDecision(), Allocation():
            return applied(allocation, command, context, *_recognised(allocation.asked, command))
        case ReleaseAllocation(), Allocation(in_force=True):
            day, until = command.free_from, allocation.asked.until
            if day > until:
                raise Invalid("/free_from", "release-after-end", until=until.isoformat())
            return [AllocationReleased(project=allocation.project, free_from=day)]
        case ReleaseAllocation(), _:
            raise Refused("no-allocation-in-force")
        case EndAllocation(), Allocation(in_force=True):
            return [says(AllocationEnded, command, project=allocation.project)]
        case EndAllocation(), _:
            return []
        case _:
            raise Undecided(command)


def _recognised(hours: AllocationRequested, command: ApplyDecision) -> list[Event]:
    if not isinstance(command.decision, AllocationApproved):
        return []
    return [
        AllocationRecognised(
            project=hours.project,
            resource=command.decision.resource,
            starts_on=hours.starts_on,
            until=hours.until,
            hours_per_week=hours.hours_per_week,
            origin=command.origin,
        )
    ]


def evolve(allocation: Allocation | None, event: Event, record: Recorded[Any]) -> Allocation:
    match event, allocation:
        case AllocationRequested(), _:
            return Allocation(asked=event, requested_by=record.actor)
        case DecisionApplied() | DecisionNotApplied(), Allocation():
            return replace(allocation, outcome=outcome_of(event), answered=True)
        case AllocationRecognised(resource=resource), Allocation():
            return replace(allocation, granted=resource)
        case AllocationReleased(free_from=day), Allocation():
            return replace(allocation, ended="released", free_from=day)
        case AllocationEnded(free_from=day), Allocation():
            return replace(allocation, ended="withdrawn", free_from=day)
        case _:
            raise Unfolded(event)


ALLOCATION = request_aggregate(
    "allocation",
    decide,
    evolve,
    events=(AllocationRequested, AllocationRecognised, AllocationReleased, AllocationEnded),
    records={
        RequestAllocation: (AllocationRequested,),
        ApplyDecision: (*ANSWERS, AllocationRecognised),
        ReleaseAllocation: (AllocationReleased,),
        EndAllocation: (AllocationEnded,),
    },
    opened_by=RequestAllocation,
)
KIND = Kind(
    aggregate=ALLOCATION,
    ask=RequestAllocation,
    decisions={AllocationApproved: "approved", AllocationRejected: "rejected"},
    page=AllocationPage,
    at="/v1/allocations/{id}",
    tag="allocations",
    says="Hours of the resource pool for a project",
    takes={"/v1/allocations/{id}/releases": ReleaseAllocation},
)
