"""Routes of tailorings: the PM asks to depart from the standard."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.routes.pages import RequestId, RequestPage, shown_request
from projects.requests.tailoring import TAILORING, Departure, Element, RequestTailoring, Tailoring

router = Router(tags=["tailorings"])


class TailoringPage(RequestPage):
    """A tailoring, as the project holds it."""

    element: Element
    name: str = Field(description="Its id in the standard", examples=["site-diary"])
    change: Departure
    instead: str | None = Field(examples=["The contractor's daily log"])
    in_force: bool


@router.post("/v1/projects/{id}/tailorings", operation_id="requestTailoring", **decides(RequestTailoring))
async def request_tailoring(id: Id, command: RequestTailoring, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to let the project depart from a part of its standard."""
    return await desk.open(TAILORING, command, project=id, location="/v1/tailorings/{id}")


@router.get(
    "/v1/tailorings/{id}", operation_id="getTailoring", responses=shows(TailoringPage), **reads("read-projects")
)
async def get_tailoring(
    id: RequestId,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """One tailoring, as the project holds it."""
    fold = await things.find(TAILORING, id, seen=lambda tailoring: who.sees(tailoring.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, tailoring: Tailoring) -> dict[str, Any]:
    """A tailoring as it is told."""
    own = {
        "element": tailoring.element,
        "name": tailoring.name,
        "change": tailoring.change,
        "instead": tailoring.instead,
        "in_force": tailoring.in_force,
    }
    return {**shown_request(id_, tailoring), **own}
