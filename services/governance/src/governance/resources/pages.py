"""Pages of the resource pool: who is in it, what they can do, and their load week by week."""

from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from governance.resources.load import WEEK, Commitment, Period, Plan, Week
from governance.resources.resource import Kind, Resource, Status
from mandate_events.deciding import PersonId
from mandate_events.values.figures import spelled
from mandate_events.values.text import Slug
from mandate_events.values.told import Digits, Id
from mandate_web.chapters.pages import copied, plain

Sees = Callable[[str], bool]
"""Whether somebody sees what is of a project."""


class ResourceItem(BaseModel):
    """A person or a team of the pool."""

    id: Id
    kind: Kind
    person: PersonId | None
    title: str | None = Field(max_length=200, description="Of a team", examples=["Hydraulic modellers"])
    skills: list[Slug] = Field(examples=[["hydraulics"]])
    status: Status


class PeriodPage(BaseModel):
    """From one day to another, both included."""

    starts_on: date
    until: date


class CapacityPage(PeriodPage):
    """How many hours a week there are; what comes later in the list replaces what came before."""

    hours_per_week: Digits = Field(examples=["37.5"])


class CommitmentPage(CapacityPage):
    """What an allocation takes."""

    allocation: Id
    project: Id


class ResourcePage(ResourceItem):
    """A resource with its capacity, its leave and what is committed of it."""

    capacity: list[CapacityPage]
    leave: list[PeriodPage]
    commitments: list[CommitmentPage] = Field(description="Those to projects that you may see")


class TakenPage(BaseModel):
    """What an allocation takes of a week."""

    allocation: Id
    project: Id
    hours: Digits = Field(examples=["16"])


class WeekPage(BaseModel):
    """One week in hours: what there is, what is committed, and how much of that is too much."""

    week: str = Field(pattern=WEEK, examples=["2026-W10"])
    capacity: Digits = Field(examples=["37.5"])
    committed: Digits = Field(examples=["16"])
    over: Digits = Field(examples=["0"])
    allocations: list[TakenPage] = Field(description="Those of projects that you may see")


class LoadPage(BaseModel):
    """The load of a resource, week by week."""

    id: Id
    weeks: list[WeekPage]


class ResourceWeek(ResourceItem, WeekPage):
    """One resource in one week."""


def shown_resource(id_: str, resource: Resource, sees: Sees = lambda _: True) -> dict[str, Any]:
    """A resource as it is told to who sees these projects; to who sees all, unless somebody is named."""
    plan = resource.plan
    return copied(
        ResourcePage,
        id_,
        resource,
        capacity=[{**_days(each), **_hours(each)} for each in plan.capacity],
        leave=[_days(each) for each in plan.leave],
        commitments=[
            {"allocation": allocation, "project": each.project, **_days(each), **_hours(each)}
            for allocation, each in sorted(plan.commitments.items())
            if sees(each.project)
        ],
    )


def _days(period: Period | Commitment) -> dict[str, Any]:
    return {"starts_on": plain(period.starts_on), "until": plain(period.until)}


def _hours(period: Period | Commitment) -> dict[str, Any]:
    return {"hours_per_week": spelled(period.hours)}


def shown_item(row: dict[str, Any]) -> dict[str, Any]:
    """A resource as lists tell it."""
    return {name: row[name] for name in ResourceItem.model_fields}


def shown_week(plan: Plan, week: Week, sees: Sees) -> dict[str, Any]:
    """A week as it is told to who sees these projects: the load is of all, the allocations are theirs."""
    return {
        "week": week.name,
        "capacity": spelled(week.capacity),
        "committed": spelled(week.committed),
        "over": spelled(week.over),
        "allocations": [
            {"allocation": id_, "project": plan.commitments[id_].project, "hours": spelled(hours)}
            for id_, hours in week.allocations.items()
            if sees(plan.commitments[id_].project)
        ],
    }
