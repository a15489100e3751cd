"""Routes of allocations: decided, and taken back before their end."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from governance.requests.allocation import ALLOCATION, Allocation, DecideAllocation, WithdrawAllocation
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["allocations"])


class AllocationPage(RequestPage):
    """An allocation: from the request to its end."""

    resource: str | None = Field(description="Whose hours were asked for")
    skill: str | None = Field(description="Or the skill that was asked for", examples=["hydraulics"])
    role: str = Field(description="What they do in the project", examples=["Designs the pumping station"])
    starts_on: date
    until: date
    hours_per_week: str = Field(examples=["16"])
    granted: str | None = Field(description="The resource whose hours the project was given")
    in_force: bool
    ended: Literal["released", "withdrawn"] | None = Field(description="By the project, or by the PMO")
    free_from: date | None = Field(description="First day on which the hours are free again")


@router.get(
    "/v1/allocations/{id}", operation_id="getAllocation", responses=shows(AllocationPage), **reads("read-governance")
)
async def get_allocation(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One allocation: what was asked for, what was decided, and whether it still holds."""
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


@router.post("/v1/allocations/{id}/decisions", operation_id="decideAllocation", **decides(DecideAllocation))
async def decide_allocation(id: Id, command: DecideAllocation, desk: OpenDesk) -> Response:  # noqa: A002
    """Commit the hours, or reject the request.

    What takes a resource beyond its capacity in any week is refused unless the command says why it is accepted.
    """
    return await desk.decide(ALLOCATION, id, command, location=f"/v1/allocations/{id}")


@router.post("/v1/allocations/{id}/withdrawals", operation_id="withdrawAllocation", **decides(WithdrawAllocation))
async def withdraw_allocation(id: Id, command: WithdrawAllocation, desk: OpenDesk) -> Response:  # noqa: A002
    """Take committed hours back, from a day on."""
    return await desk.decide(ALLOCATION, id, command, location=f"/v1/allocations/{id}")
