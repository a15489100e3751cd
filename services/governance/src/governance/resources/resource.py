"""Resources: people and teams, what they can do, when they are away, and what of them is committed to which project.

What is committed stands on the resource's own stream, so that two decisions for the last free hours meet there: the
first takes them, the second is refused or accepts, with a reason, that it is too much.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, Self, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from governance.office.office import office_read, today
from governance.resources.events import (
    EVENTS,
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    LeaveRecorded,
    OverallocationAccepted,
    OverloadedWeek,
    ResourceRegistered,
    ResourceRetired,
)
from governance.resources.load import Commitment, Period, Plan, Week, overloaded, released
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    On,
    PersonId,
    Reason,
    Refused,
    Slug,
    State,
    Streams,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.values.figures import spelled
from mandate_events.values.hours import HoursPerWeek
from mandate_events.values.periods import InPeriod

Kind: TypeAlias = Literal["person", "team"]
Status: TypeAlias = Literal["active", "retired"]

TOLD_WEEKS: Final = 10
"""A refusal names so many of the weeks that it is about."""


class RegisterResource(Command):
    """Put a person or a team into the pool, with what they are skilled in.

    Its id comes from the person or the title: nobody is in it twice.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"title": "Hydraulic modellers", "skills": ["hydraulics"]}})

    person: PersonId | None = Field(default=None, description="For a person; names are kept elsewhere")
    title: Title | None = Field(default=None, description="For a team: its name, once in the pool")
    skills: list[Slug] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.person is None) == (self.title is None):
            raise PydanticCustomError("person-or-team", "a resource is a person or, with a title, a team")
        return self

    @property
    def id(self) -> str:
        """The id of the resource: nobody is in the pool twice."""
        return derived("resource", self.person or "", self.title or "")


class MayOverallocate(BaseModel):
    """What a command says that can take a resource beyond its capacity."""

    overallocation_reason: Reason | None = Field(
        default=None, description="Why more than the capacity is accepted; without it that is refused"
    )


class SetCapacity(InPeriod, MayOverallocate, Command):
    """Say how many hours a week the resource has, in a period; it takes the place of what was said before.

    Less than what is committed is refused unless the command says why it is accepted.
    """

    hours_per_week: HoursPerWeek


class RecordLeave(InPeriod, MayOverallocate, Command):
    """Say when the resource is away.

    Days on which hours are committed are refused unless the command says why it is accepted.
    """


class RetireResource(Decision):
    """Take the resource out of the pool. Nothing of it may be committed from today on.

    Refused while hours are committed from today on.
    """


class Resource(State, frozen=True):
    kind: Kind
    person: str | None
    title: str | None
    skills: frozenset[str]
    plan: Plan = msgspec.field(default_factory=Plan)
    retired: bool = False

    @property
    def status(self) -> Status:
        return "retired" if self.retired else "active"


def decide(resource: Resource | None, command: Instruction, context: Context) -> Decided:
    match command, resource:
        case RegisterResource(), None | Resource(retired=True):
            kind = "person" if command.person else "team"
            return [says(ResourceRegistered, command, kind=kind, skills=sorted(set(command.skills)))]
        case RegisterResource(), _:
            raise Refused("already-registered")
        case _, Resource(retired=True):
            raise Refused("resource-retired")
        case SetCapacity(), Resource():
            return _changed(resource.plan, says(CapacitySet, command), command)
        case RecordLeave(), Resource():
            return _changed(resource.plan, says(LeaveRecorded, command), command)
        case RetireResource(), Resource():
            if any(each.until >= today(context) for each in resource.plan.commitments.values()):
                raise Refused("resource-committed")
            return [ResourceRetired()]
        case _:
            raise Undecided(command)


def reads(_resource: Resource | None, command: Instruction, _looking: Looking) -> Streams:
    """The office's day, from which on nothing may be committed of what retires."""
    match command:
        case RetireResource():
            return office_read()
        case _:
            return ()


def _changed(plan: Plan, event: CapacitySet | LeaveRecorded, command: SetCapacity | RecordLeave) -> Decided:
    weeks = list(overloaded(plan, _planned(plan, event), command.starts_on, command.until))
    return [event, *_accepted(weeks, command.overallocation_reason)]


def _accepted(weeks: Sequence[Week], why: str | None, **of: str) -> list[OverallocationAccepted]:
    """On record that it is too much; refused where nobody says why."""
    if not weeks:
        return []
    if why is None:
        told = [f"{week.name} (+{spelled(week.over)} h)" for week in weeks[:TOLD_WEEKS]]
        most = spelled(max(week.over for week in weeks))
        raise Refused("above-capacity", weeks=told, count=len(weeks), most=most)
    over = [OverloadedWeek(week.name, spelled(week.over)) for week in weeks]
    return [OverallocationAccepted(weeks=over, why=why, **of)]


# --- what allocations do to a resource ---


def commit(context: Context, id_: str, event: CapacityCommitted, skill: str | None, why: str | None) -> list[On]:
    """What follows on a resource from an allocation. Refuses what it has not got the skill or the hours for."""
    resource = context.read(RESOURCE, id_)
    if resource is None:
        raise Invalid("/resource", "no-such-resource")
    if skill and skill not in resource.skills:
        raise Invalid("/resource", "resource-lacks-skill", skill=skill)
    if resource.retired:
        raise Refused("resource-retired")
    weeks = list(overloaded(resource.plan, _planned(resource.plan, event), event.starts_on, event.until))
    accepted = _accepted(weeks, why, allocation=event.allocation, project=event.project)
    return [*(On(RESOURCE, id_, each) for each in accepted), On(RESOURCE, id_, event)]


def release(context: Context, id_: str, allocation: str, free_from: date) -> list[On]:
    """What follows on a resource when an allocation ends before its time."""
    resource = context.read(RESOURCE, id_)
    commitment = resource.plan.commitments.get(allocation) if resource else None
    if commitment is None or commitment.until < free_from:
        return []
    return [On(RESOURCE, id_, CapacityReleased(allocation=allocation, project=commitment.project, free_from=free_from))]


def evolve(resource: Resource | None, event: Event, _record: Recorded[Any]) -> Resource:
    match event, resource:
        case ResourceRegistered(), _:
            plan = resource.plan if resource else Plan()
            return Resource(event.kind, event.person, event.title, frozenset(event.skills), plan)
        case ResourceRetired(), Resource():
            return replace(resource, retired=True)
        case OverallocationAccepted(), Resource():
            return resource
        case CapacitySet() | LeaveRecorded() | CapacityCommitted() | CapacityReleased(), Resource():
            return replace(resource, plan=_planned(resource.plan, event))
        case _:
            raise Unfolded(event)


def _planned(plan: Plan, event: CapacitySet | LeaveRecorded | CapacityCommitted | CapacityReleased) -> Plan:
    match event:
        case CapacitySet():
            period = Period(event.starts_on, event.until, Decimal(event.hours_per_week))
            return replace(plan, capacity=(*plan.capacity, period))
        case LeaveRecorded():
            return replace(plan, leave=(*plan.leave, Period(event.starts_on, event.until, Decimal(0))))
        case CapacityCommitted():
            taken = Commitment(event.project, event.starts_on, event.until, Decimal(event.hours_per_week))
            return replace(plan, commitments=plan.commitments.set(event.allocation, taken))
        case CapacityReleased(allocation=allocation):
            left = released(plan.commitments[allocation], event.free_from)
            others = plan.commitments.delete(allocation)
            return replace(plan, commitments=others.set(allocation, left) if left else others)


RESOURCE: Aggregate[Resource] = Aggregate(
    "resource",
    decide,
    evolve,
    events=EVENTS,
    records={
        RegisterResource: (ResourceRegistered,),
        SetCapacity: (CapacitySet, OverallocationAccepted),
        RecordLeave: (LeaveRecorded, OverallocationAccepted),
        RetireResource: (ResourceRetired,),
    },
    reads=reads,
    opened_by=frozenset({RegisterResource}),
)
