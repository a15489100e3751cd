"""Routes of change control: anyone on the project asks, the PM assesses, decides inside tolerance, and implements."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.change import (
    CHANGE,
    AssessChange,
    Change,
    DecideChange,
    ImplementChange,
    RequestChange,
)
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["changes"])


class ImpactPage(BaseModel):
    """What the change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = Field(description="In working days, where it is a decimal", examples=["12"])
    cost: str | None = Field(description="In the project's currency, where it is a decimal", examples=["25000.00"])
    quality: str | None
    scope: str | None
    risk: str | None
    benefits: str | None
    sustainability: str | None


class ChangePage(RequestPage):
    """A change, from the request to its implementation."""

    status: str = Field(
        description="`requested`, `assessed`, `with_pmo` (beyond tolerance), what was decided, or `implemented`",
        examples=["with_pmo"],
    )
    title: str = Field(examples=["A second intake"])
    description: str
    impact: ImpactPage = Field(description="As it was asked for, and then as the PM assessed it")
    within_tolerance: bool | None = Field(description="Null until it is assessed")


@router.post("/v1/projects/{id}/changes", operation_id="requestChange", **decides(RequestChange))
async def request_change(id: Id, command: RequestChange, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask for a change to the project. Its PM, PMOfficer and sponsor can."""
    return await desk.open(CHANGE, command, project=id, location="/v1/changes/{id}")


@router.get("/v1/changes/{id}", operation_id="getChange", responses=shows(ChangePage), **reads("read-projects"))
async def get_change(id: RequestId, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """One change, from the request to its implementation."""
    fold = await things.find(CHANGE, id, seen=lambda change: who.sees(change.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, change: Change) -> dict[str, Any]:
    """A change as it is told."""
    return {
        **shown_request(id_, change),
        "title": change.title,
        "description": change.description,
        "impact": msgspec.to_builtins(change.impact),
        "within_tolerance": change.within_tolerance,
    }


@router.post("/v1/changes/{id}/assessments", operation_id="assessChange", **decides(AssessChange))
async def assess_change(id: RequestId, command: AssessChange, desk: OpenDesk) -> Response:  # noqa: A002
    """Say what the change would do. Beyond tolerance it goes to the PMO's inbox."""
    return await desk.decide(CHANGE, id, command, location=f"/v1/changes/{id}")


@router.post("/v1/changes/{id}/decisions", operation_id="decideChange", **decides(DecideChange))
async def decide_change(id: RequestId, command: DecideChange, desk: OpenDesk) -> Response:  # noqa: A002
    """Approve or reject a change that stays within tolerance. Beyond it the PMO decides."""
    return await desk.decide(CHANGE, id, command, location=f"/v1/changes/{id}")


@router.post("/v1/changes/{id}/implementations", operation_id="implementChange", **decides(ImplementChange))
async def implement_change(id: RequestId, command: ImplementChange, desk: OpenDesk) -> Response:  # noqa: A002
    """Say that an approved change was made."""
    return await desk.decide(CHANGE, id, command, location=f"/v1/changes/{id}")
