"""What happens to a resource: it is in the pool, has capacity and leave, and hours of it are committed."""

from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from mandate_events.deciding import (
    PersonId,
)
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.values.hours import Hours

Kind: TypeAlias = Literal["person", "team"]
Status: TypeAlias = Literal["active", "retired"]

TOLD_WEEKS: Final = 10
"""A refusal names so many of the weeks that it is about."""


class ResourceRegistered(Event, frozen=True, kw_only=True):
    """The person or the team is in the pool, with these skills; one that was retired is back."""

    kind: Kind
    person: PersonId | None = None
    title: str | None = None
    skills: list[str]


class CapacitySet(Event, frozen=True, kw_only=True):
    """So many hours a week from one day to another, in place of what was set for these days before."""

    starts_on: date
    until: date
    hours_per_week: Hours


class LeaveRecorded(Event, frozen=True, kw_only=True):
    """On these days the resource does nothing for anybody."""

    starts_on: date
    until: date


class CapacityCommitted(Event, frozen=True, kw_only=True):
    """So many hours a week are a project's, by this allocation."""

    allocation: Uuid
    project: ProjectId
    starts_on: date
    until: date
    hours_per_week: Hours


class CapacityReleased(Event, frozen=True, kw_only=True):
    """From this day on the hours of the allocation are free again."""

    allocation: Uuid
    project: ProjectId
    free_from: date


class OverloadedWeek(msgspec.Struct, frozen=True):
    """A week of ISO 8601, and how many hours too much it has."""

    week: str
    hours: Hours


class OverallocationAccepted(Event, frozen=True, kw_only=True):
    """The PMO commits more than the capacity of these weeks, and says why."""

    weeks: list[OverloadedWeek]
    why: str
    allocation: Uuid | None = None
    project: ProjectId | None = None


class ResourceRetired(Event, frozen=True, kw_only=True):
    """Nothing of the resource can be committed any more."""


EVENTS = (
    ResourceRegistered,
    CapacitySet,
    LeaveRecorded,
    CapacityCommitted,
    CapacityReleased,
    OverallocationAccepted,
    ResourceRetired,
)
