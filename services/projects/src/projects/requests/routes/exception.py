"""Routes of exception reports."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.control.tolerance import Dimension
from projects.requests.exception import EXCEPTION, ExceptionReport, ReportException
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["exceptions"])


class OptionPage(BaseModel):
    """A way out, and what would come of it."""

    title: str = Field(examples=["Leave out the outfall"])
    consequence: str


class ExceptionPage(RequestPage):
    """An exception report, as the project holds it."""

    dimension: Dimension
    cause: str
    options: list[OptionPage]
    recommendation: str


@router.post("/v1/projects/{id}/exceptions", operation_id="reportException", **decides(ReportException))
async def report_exception(id: Id, command: ReportException, desk: OpenDesk) -> Response:  # noqa: A002
    """Report to the PMO that a tolerance will be left: why, the ways out, and the one to take."""
    return await desk.open(EXCEPTION, command, project=id, location="/v1/exceptions/{id}")


@router.get(
    "/v1/exceptions/{id}", operation_id="getException", responses=shows(ExceptionPage), **reads("read-projects")
)
async def get_exception(id: RequestId, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """One exception report, as the project holds it."""
    fold = await things.find(EXCEPTION, id, seen=lambda report: who.sees(report.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, report: ExceptionReport) -> dict[str, Any]:
    """An exception report as it is told."""
    return {
        **shown_request(id_, report),
        "dimension": report.dimension,
        "cause": report.cause,
        "options": msgspec.to_builtins(report.options),
        "recommendation": report.recommendation,
    }
