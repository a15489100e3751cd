"""Routes of escalations: answered by the PMO."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from governance.requests.escalation import ESCALATION, DecideEscalation, Escalation, Matter
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["escalations"])


class EscalationPage(RequestPage):
    """An escalation: from the project's matter to what became of the PMO's answer."""

    of: Matter
    matter: str | None = Field(description="What it is called in the project", examples=["Risk 7: easement"])
    text: str = Field(examples=["The easement depends on another ministry"])
    options: list[str] = Field(examples=[["Wait", "Reroute the main"]])
    bypass_reason: str | None = Field(description="Why the PM went past the PMOfficer")
    decision: str | None = Field(description="What was decided, in words")


@router.get(
    "/v1/escalations/{id}", operation_id="getEscalation", responses=shows(EscalationPage), **reads("read-governance")
)
async def get_escalation(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One escalation: what a project cannot settle, and what was decided."""
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
        "decision": escalation.decision,
    }
    return {**shown_request(id_, escalation), **own}


@router.post("/v1/escalations/{id}/decisions", operation_id="decideEscalation", **decides(DecideEscalation))
async def decide_escalation(id: Id, command: DecideEscalation, desk: OpenDesk) -> Response:  # noqa: A002
    """Instruct the project, accept the matter, return it, or take no action. Never by who relayed it."""
    return await desk.decide(ESCALATION, id, command, location=f"/v1/escalations/{id}")
