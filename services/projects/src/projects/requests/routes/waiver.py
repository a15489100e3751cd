"""Routes of waivers: the PM asks for one."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.routes.pages import RequestId, RequestPage, shown_request
from projects.requests.waiver import WAIVER, RequestWaiver, Waiver

router = Router(tags=["waivers"])


class WaiverPage(RequestPage):
    """A waiver, as the project holds it."""

    control: str = Field(examples=["independent-cost-review"])
    until: date
    in_force: bool


@router.post("/v1/projects/{id}/waivers", operation_id="requestWaiver", **decides(RequestWaiver))
async def request_waiver(id: Id, command: RequestWaiver, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to let the project off a control of its standard, until a day."""
    return await desk.open(WAIVER, command, project=id, location="/v1/waivers/{id}")


@router.get("/v1/waivers/{id}", operation_id="getWaiver", responses=shows(WaiverPage), **reads("read-projects"))
async def get_waiver(id: RequestId, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """One waiver, as the project holds it."""
    fold = await things.find(WAIVER, id, seen=lambda waiver: who.sees(waiver.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, waiver: Waiver) -> dict[str, Any]:
    """A waiver as it is told."""
    own = {"control": waiver.control, "until": waiver.until.isoformat(), "in_force": waiver.in_force}
    return {**shown_request(id_, waiver), **own}
