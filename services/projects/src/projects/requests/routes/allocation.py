"""Routes of allocations: the PM asks for hours of the pool, and gives them back."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.allocation import ALLOCATION, Allocation, ReleaseAllocation, RequestAllocation
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["allocations"])


class AllocationPage(RequestPage):
    """An allocation, as the project holds it."""

    resource: str | None = Field(description="Whose hours were asked for")
    skill: str | None = Field(description="Or the skill that was asked for", examples=["hydraulics"])
    role: str = Field(description="What they do in the project", examples=["Designs the pumping station"])
    starts_on: date
    until: date
    hours_per_week: str = Field(examples=["16"])
    granted: str | None = Field(description="The resource whose hours the project was given")
    in_force: bool
    ended: Literal["released", "withdrawn"] | None = Field(description="By the project, or by the PMO")
    free_from: date | None = Field(description="First day on which the hours are no longer the project's")


@router.post("/v1/projects/{id}/allocations", operation_id="requestAllocation", **decides(RequestAllocation))
async def request_allocation(id: Id, command: RequestAllocation, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO for hours of a resource, or of anybody with a skill."""
    return await desk.open(ALLOCATION, command, project=id, location="/v1/allocations/{id}")


@router.get(
    "/v1/allocations/{id}", operation_id="getAllocation", responses=shows(AllocationPage), **reads("read-projects")
)
async def get_allocation(
    id: RequestId,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """One allocation, as the project holds it."""
    fold = await things.find(ALLOCATION, id, seen=lambda allocation: who.sees(allocation.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, allocation: Allocation) -> dict[str, Any]:
    """An allocation as it is told."""
    own = {
        "resource": allocation.resource,
        "skill": allocation.skill,
        "role": allocation.role,
        "starts_on": allocation.starts_on.isoformat(),
        "until": allocation.until.isoformat(),
        "hours_per_week": allocation.hours_per_week,
        "granted": allocation.granted,
        "in_force": allocation.in_force,
        "ended": allocation.ended,
        "free_from": allocation.free_from.isoformat() if allocation.free_from else None,
    }
    return {**shown_request(id_, allocation), **own}


@router.post("/v1/allocations/{id}/releases", operation_id="releaseAllocation", **decides(ReleaseAllocation))
async def release_allocation(id: RequestId, command: ReleaseAllocation, desk: OpenDesk) -> Response:  # noqa: A002
    """Give hours back that the project no longer needs, from a day on."""
    return await desk.decide(ALLOCATION, id, command, location=f"/v1/allocations/{id}")
