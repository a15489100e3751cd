"""Routes of changes beyond tolerance: assessed in the project, decided by the PMO."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.change import CHANGE, Change, DecideChange
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

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
    """A change beyond tolerance: from the assessment to the project's answer."""

    title: str = Field(examples=["A second intake"])
    description: str
    impact: ImpactPage
    assessed_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])


@router.get("/v1/changes/{id}", operation_id="getChange", responses=shows(ChangePage), **reads("read-governance"))
async def get_change(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One change beyond tolerance: what was asked for, what it would do, what was decided."""
    fold = await things.find(CHANGE, id, seen=lambda change: who.sees(change.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, change: Change) -> dict[str, Any]:
    """A change as it is told."""
    return {
        **shown_request(id_, change),
        "title": change.title,
        "description": change.description,
        "impact": msgspec.to_builtins(change.impact),
        "assessed_by": change.assessed_by,
    }


@router.post("/v1/changes/{id}/decisions", operation_id="decideChange", **decides(DecideChange))
async def decide_change(id: Id, command: DecideChange, desk: OpenDesk) -> Response:  # noqa: A002
    """Approve the change or reject it. Never by who asked for it, assessed it or runs the project."""
    return await desk.decide(CHANGE, id, command, location=f"/v1/changes/{id}")
