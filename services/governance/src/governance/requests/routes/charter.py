"""Routes of project charters: decided by the PMO."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from governance.requests.charter import CHARTER, Charter, DecideCharter
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["charters"])


class CharterPage(RequestPage):
    """A project's charter: from its submission to the project's answer."""

    number: int = Field(description="How many the project has submitted with it", examples=[1])
    purpose: str = Field(examples=["The harbour district no longer floods"])
    objectives: list[str] = Field(examples=[["A station that pumps 3 cubic metres a second, by June 2028"]])
    success_criteria: list[str] = Field(examples=[["No street is flooded by a ten-year storm"]])


@router.get("/v1/charters/{id}", operation_id="getCharter", responses=shows(CharterPage), **reads("read-governance"))
async def get_charter(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One project's charter: what it is for, and what was decided."""
    fold = await things.find(CHARTER, id, seen=lambda charter: who.sees(charter.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, charter: Charter) -> dict[str, Any]:
    """A charter as it is told."""
    own = {
        "number": charter.number,
        "purpose": charter.purpose,
        "objectives": list(charter.objectives),
        "success_criteria": list(charter.success_criteria),
    }
    return {**shown_request(id_, charter), **own}


@router.post("/v1/charters/{id}/decisions", operation_id="decideCharter", **decides(DecideCharter))
async def decide_charter(id: Id, command: DecideCharter, desk: OpenDesk) -> Response:  # noqa: A002
    """Approve a project's charter, with conditions or without, or reject it. Never by who submitted it."""
    return await desk.decide(CHARTER, id, command, location=f"/v1/charters/{id}")
