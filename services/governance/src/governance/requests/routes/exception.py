"""Routes of exceptions: reported by the PM, decided by the PMO."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.exception import EXCEPTION, DecideException, Dimension, ExceptionReport
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["exceptions"])


class OptionPage(BaseModel):
    """A way out, and what would come of it."""

    title: str = Field(examples=["Leave out the outfall"])
    consequence: str


class ExceptionPage(RequestPage):
    """An exception: from the report to the project's answer."""

    dimension: Dimension
    cause: str
    options: list[OptionPage]
    recommendation: str
    text: str | None = Field(description="What was decided, in words")
    tolerance: str | None = Field(description="The new tolerance, where one was set", examples=["12.5%"])


@router.get(
    "/v1/exceptions/{id}", operation_id="getException", responses=shows(ExceptionPage), **reads("read-governance")
)
async def get_exception(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One exception: what was reported, what was decided, and what the project answered."""
    fold = await things.find(EXCEPTION, id, seen=lambda report: who.sees(report.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, report: ExceptionReport) -> dict[str, Any]:
    """An exception as it is told."""
    return {
        **shown_request(id_, report),
        "dimension": report.dimension,
        "cause": report.cause,
        "options": msgspec.to_builtins(report.options),
        "recommendation": report.recommendation,
        "text": report.text,
        "tolerance": report.tolerance,
    }


@router.post("/v1/exceptions/{id}/decisions", operation_id="decideException", **decides(DecideException))
async def decide_exception(id: Id, command: DecideException, desk: OpenDesk) -> Response:  # noqa: A002
    """Accept it, set a new tolerance, ask for a new plan, or stop the project. Never by who reported it."""
    return await desk.decide(EXCEPTION, id, command, location=f"/v1/exceptions/{id}")
