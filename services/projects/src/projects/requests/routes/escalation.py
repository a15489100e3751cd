"""Routes of escalations: the PMOfficer relays what is beyond the project."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.escalation import ESCALATION, Escalation, Matter, RelayEscalation
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["escalations"])


class EscalationPage(RequestPage):
    """An escalation, as the project holds it."""

    of: Matter
    matter: str | None = Field(description="What it is called in the project", examples=["Risk 7: easement"])
    text: str = Field(examples=["The easement depends on another ministry"])
    options: list[str] = Field(examples=[["Wait", "Reroute the main"]])
    bypass_reason: str | None = Field(description="Why the PM went past the PMOfficer")
    answer: str | None = Field(description="What the PMO said")


@router.post("/v1/projects/{id}/escalations", operation_id="relayEscalation", **decides(RelayEscalation))
async def relay_escalation(id: Id, command: RelayEscalation, desk: OpenDesk) -> Response:  # noqa: A002
    """Put a matter before the PMO that the project cannot settle. By its PMOfficer.

    The PM relays it directly while the post is vacant, or with `bypass_reason`.
    """
    return await desk.open(ESCALATION, command, project=id, location="/v1/escalations/{id}")


@router.get(
    "/v1/escalations/{id}", operation_id="getEscalation", responses=shows(EscalationPage), **reads("read-projects")
)
async def get_escalation(
    id: RequestId,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """One escalation, as the project holds it."""
    fold = await things.find(ESCALATION, id, seen=lambda escalation: who.sees(escalation.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, escalation: Escalation) -> dict[str, Any]:
    """An escalation as it is told."""
    own = {
        "of": escalation.of,
        "matter": escalation.matter,
        "text": escalation.text,
        "options": list(escalation.options),
        "bypass_reason": escalation.bypass_reason,
        "answer": escalation.answer,
    }
    return {**shown_request(id_, escalation), **own}
