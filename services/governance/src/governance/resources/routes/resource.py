"""Routes of the resource pool: who is in it, when they can do how much, and what of it is committed."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.resources.load import Commitment, Period
from governance.resources.resource import (
    RESOURCE,
    RecordLeave,
    RegisterResource,
    Resource,
    RetireResource,
    SetCapacity,
)
from governance.resources.views import RESOURCES, RESOURCES_VIEW
from mandate_events.deciding import Command, Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.values.hours import spelled
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["resources"])

Id: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the resource")]

Kind: TypeAlias = Literal["person", "team"]

Status: TypeAlias = Literal["active", "retired"]


@router.post("/v1/resources", operation_id="registerResource", **decides(RegisterResource))
async def register(command: RegisterResource, desk: OpenDesk) -> Response:
    """Put a person or a team into the pool. Its id comes from the person or the title: nobody is in it twice."""
    return await _give(desk, command.id, command)


@router.post("/v1/resources/{id}/capacities", operation_id="setCapacity", **decides(SetCapacity))
async def set_capacity(id: Id, command: SetCapacity, desk: OpenDesk) -> Response:  # noqa: A002
    """Say how many hours a week the resource has in a period.

    Less than what is committed is refused unless the command says why it is accepted.
    """
    return await _give(desk, id, command)


@router.post("/v1/resources/{id}/leaves", operation_id="recordLeave", **decides(RecordLeave))
async def record_leave(id: Id, command: RecordLeave, desk: OpenDesk) -> Response:  # noqa: A002
    """Say when the resource is away.

    Days on which hours are committed are refused unless the command says why it is accepted.
    """
    return await _give(desk, id, command)


@router.post("/v1/resources/{id}/retirements", operation_id="retireResource", **decides(RetireResource))
async def retire(id: Id, command: RetireResource, desk: OpenDesk) -> Response:  # noqa: A002
    """Take the resource out of the pool. Refused while hours are committed from today on."""
    return await _give(desk, id, command)


async def _give(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(RESOURCE, id_, command, location=f"/v1/resources/{id_}")


class ResourceItem(BaseModel):
    """A person or a team of the pool."""

    id: str
    kind: Kind
    person: str | None = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    title: str | None = Field(description="Of a team", examples=["Hydraulic modellers"])
    skills: list[str] = Field(examples=[["hydraulics"]])
    status: Status


class Resources(BaseModel):
    """One page of the pool."""

    items: list[ResourceItem]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/resources",
    operation_id="listResources",
    responses={200: {"model": Resources}},
    **reads("read-framework", waits=True),
)
async def list_resources(
    *,
    _: Annotated[Viewer, viewer("read-framework")],
    view: OpenView,
    skill: Slug | None = None,
    kind: Kind | None = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The resource pool."""
    filters = {"skill": skill, "kind": kind, "status": status}
    page = view.page_of({"list": "resources", **filters}, limit, cursor)
    wanted = select(RESOURCES)
    if skill:
        wanted = wanted.where(RESOURCES.c.skills.contains([skill]))
    for name in ("kind", "status"):
        if filters[name]:
            wanted = wanted.where(RESOURCES.c[name] == filters[name])
    return await view.page(page, wanted, [(RESOURCES.c.id, False)], shown_row, RESOURCES_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ResourceItem.model_fields}


class PeriodPage(BaseModel):
    """From one day to another, both included."""

    starts_on: date
    until: date


class CapacityPage(PeriodPage):
    """How many hours a week there are; what comes later in the list replaces what came before."""

    hours_per_week: str = Field(examples=["37.5"])


class CommitmentPage(CapacityPage):
    """What an allocation takes."""

    allocation: str
    project: str


class ResourcePage(ResourceItem):
    """A resource with its capacity, its leave and what is committed of it."""

    capacity: list[CapacityPage]
    leave: list[PeriodPage]
    commitments: list[CommitmentPage] = Field(description="Those to projects that you may see")


@router.get("/v1/resources/{id}", operation_id="getResource", responses=shows(ResourcePage), **reads("read-framework"))
async def get_resource(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """One resource: its capacity, its leave, and what is committed of it to projects that you may see."""
    fold = await things.find(RESOURCE, id)
    return await things.answer(fold, shown(id, fold.state, replace(who, query="read-governance")))


def shown(id_: str, resource: Resource, who: Viewer | None = None) -> dict[str, Any]:
    """A resource as it is told: to a viewer, or with all that is committed of it."""
    plan = resource.plan
    return {
        "id": id_,
        "kind": resource.kind,
        "person": resource.person,
        "title": resource.title,
        "skills": sorted(resource.skills),
        "status": resource.status,
        "capacity": [{**_days(each), "hours_per_week": spelled(each.hours)} for each in plan.capacity],
        "leave": [_days(each) for each in plan.leave],
        "commitments": [
            {"allocation": id_, "project": each.project, **_days(each), "hours_per_week": spelled(each.hours)}
            for id_, each in sorted(plan.commitments.items())
            if who is None or who.sees(each.project)
        ],
    }


def _days(period: Period | Commitment) -> dict[str, str]:
    return {"starts_on": period.starts_on.isoformat(), "until": period.until.isoformat()}
