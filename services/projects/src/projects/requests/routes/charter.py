"""Routes of project charters: the PM submits one."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.charter import CHARTER, Charter, SubmitCharter
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["charters"])


class CharterPage(RequestPage):
    """A charter, as the project holds it."""

    number: int = Field(description="How many the project has submitted with it", examples=[1])
    purpose: str = Field(examples=["The harbour district no longer floods"])
    objectives: list[str] = Field(examples=[["A station that pumps 3 cubic metres a second, by June 2028"]])
    success_criteria: list[str] = Field(examples=[["No street is flooded by a ten-year storm"]])
    in_force: bool


@router.post("/v1/projects/{id}/charters", operation_id="submitCharter", **decides(SubmitCharter))
async def submit_charter(id: Id, command: SubmitCharter, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to approve what the project is for. One at a time, until one is approved."""
    return await desk.open(CHARTER, command, project=id, location="/v1/charters/{id}")


@router.get("/v1/charters/{id}", operation_id="getCharter", responses=shows(CharterPage), **reads("read-projects"))
async def get_charter(
    id: RequestId,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """One charter, as the project holds it."""
    fold = await things.find(CHARTER, id, seen=lambda charter: who.sees(charter.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, charter: Charter) -> dict[str, Any]:
    """A charter as it is told."""
    own = {
        "number": charter.number,
        "purpose": charter.purpose,
        "objectives": list(charter.objectives),
        "success_criteria": list(charter.success_criteria),
        "in_force": charter.in_force,
    }
    return {**shown_request(id_, charter), **own}
