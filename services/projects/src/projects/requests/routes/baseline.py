"""Routes of baselines: the PM submits one."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_events.values.told import Amount, amount_of
from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.baseline import BASELINE, Baseline, SubmitBaseline
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["baselines"])


class BaselinePage(RequestPage):
    """A baseline, as the project holds it."""

    number: int = Field(description="Its number in the project", examples=[1])
    scope: str = Field(examples=["The pumping station, without the outfall"])
    starts_on: date
    finishes_on: date
    budget: Amount
    change: str | None = Field(description="The approved change that a later baseline rests on")


@router.post("/v1/projects/{id}/baselines", operation_id="submitBaseline", **decides(SubmitBaseline))
async def submit_baseline(id: Id, command: SubmitBaseline, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to let this be what the project is measured by."""
    return await desk.open(BASELINE, command, project=id, location="/v1/baselines/{id}")


@router.get("/v1/baselines/{id}", operation_id="getBaseline", responses=shows(BaselinePage), **reads("read-projects"))
async def get_baseline(id: RequestId, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """One baseline, as the project holds it."""
    fold = await things.find(BASELINE, id, seen=lambda baseline: who.sees(baseline.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, baseline: Baseline) -> dict[str, Any]:
    """A baseline as it is told."""
    return {
        **shown_request(id_, baseline),
        "number": baseline.number,
        "scope": baseline.scope,
        "starts_on": baseline.starts_on.isoformat(),
        "finishes_on": baseline.finishes_on.isoformat(),
        "budget": amount_of(baseline.budget),
        "change": baseline.change,
    }
