"""Routes of corrective actions: what a compliance review requires, and the PM's report that it is done."""

from datetime import date
from typing import Annotated, Any, TypeAlias

import msgspec
from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_events.document.formats import UUID_PATTERN
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.control.corrective_action import CORRECTIVE_ACTION, CorrectiveAction, ReportCorrectiveAction, Status

router = Router(tags=["compliance"])

Id: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the corrective action")]


class EvidencePage(BaseModel):
    """A document that the report rests on."""

    title: str = Field(examples=["Second estimate"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    uri: str | None


class CorrectiveActionPage(BaseModel):
    """What the PMO requires of the project, and what was reported."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    review: str = Field(description="Id of the compliance review, in governance")
    finding: int = Field(description="Its number in the review")
    action: str = Field(examples=["Have the estimate reviewed by another estimator"])
    owner: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    due_on: date
    status: Status
    reported_by: str | None = Field(description="Person id")
    evidence: list[EvidencePage]


@router.post(
    "/v1/corrective-actions/{id}/reports", operation_id="reportCorrectiveAction", **decides(ReportCorrectiveAction)
)
async def report(id: Id, command: ReportCorrectiveAction, desk: OpenDesk) -> Response:  # noqa: A002
    """Say that a corrective action is done, and how. Only the project's PM can."""
    return await desk.decide(CORRECTIVE_ACTION, id, command, location=f"/v1/corrective-actions/{id}")


@router.get(
    "/v1/corrective-actions/{id}",
    operation_id="getCorrectiveAction",
    responses=shows(CorrectiveActionPage),
    **reads("read-projects"),
)
async def get_corrective_action(
    id: Id,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """What the PMO requires of the project, and what was reported."""
    fold = await things.find(CORRECTIVE_ACTION, id, seen=lambda action: who.sees(action.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, action: CorrectiveAction) -> dict[str, Any]:
    """A corrective action as it is told."""
    return {
        "id": id_,
        "project": action.project,
        "review": action.review,
        "finding": action.finding,
        "action": action.action,
        "owner": action.owner,
        "due_on": action.due_on.isoformat(),
        "status": action.status,
        "reported_by": action.reported_by,
        "evidence": msgspec.to_builtins(list(action.evidence)),
    }
