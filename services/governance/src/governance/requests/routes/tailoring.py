"""Routes of tailorings: decided by the PMO."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from governance.requests.routes.pages import Id, RequestPage, shown_request
from governance.requests.tailoring import TAILORING, DecideTailoring, Departure, Element, Tailoring
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["tailorings"])


class TailoringPage(RequestPage):
    """A tailoring: from the request to the project's answer."""

    element: Element
    name: str = Field(description="Its id in the standard", examples=["site-diary"])
    change: Departure
    instead: str | None = Field(examples=["The contractor's daily log"])


@router.get(
    "/v1/tailorings/{id}", operation_id="getTailoring", responses=shows(TailoringPage), **reads("read-governance")
)
async def get_tailoring(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One tailoring: what was asked for, and what was decided."""
    fold = await things.find(TAILORING, id, seen=lambda tailoring: who.sees(tailoring.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, tailoring: Tailoring) -> dict[str, Any]:
    """A tailoring as it is told."""
    own = {
        "element": tailoring.element,
        "name": tailoring.name,
        "change": tailoring.change,
        "instead": tailoring.instead,
    }
    return {**shown_request(id_, tailoring), **own}


@router.post("/v1/tailorings/{id}/decisions", operation_id="decideTailoring", **decides(DecideTailoring))
async def decide_tailoring(id: Id, command: DecideTailoring, desk: OpenDesk) -> Response:  # noqa: A002
    """Approve a tailoring, with conditions or without, or reject it. Never by who asked for it."""
    return await desk.decide(TAILORING, id, command, location=f"/v1/tailorings/{id}")
