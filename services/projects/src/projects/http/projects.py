"""Routes of projects."""

from typing import Annotated

import msgspec
from fastapi import Path, Request
from starlette.responses import Response

from mandate_events.deciding import Unknown
from mandate_web.access import Viewer, reads, viewer
from mandate_web.desk import OpenDesk, decides, single
from mandate_web.routing import Router
from projects.project import PROJECT, Project, RequestGateReview

router = Router(tags=["projects"])

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of the project")]


@router.get("/v1/projects/{id}", operation_id="getProject", **reads("read-projects"))
async def get_project(request: Request, id: Id, who: Annotated[Viewer, viewer("read-projects")]) -> Response:  # noqa: A002
    """One project: its envelope, its phases, where it stands."""
    fold = await request.app.state.store.reader.fold(PROJECT, id)
    project: Project | None = fold.state
    if project is None or not who.sees(id):
        raise Unknown(f"project/{id}")
    current = project.current
    body = {
        "id": id,
        "portfolio": project.portfolio,
        "reference": project.reference,
        "title": project.title,
        "status": project.status,
        "standard": project.standard,
        "gate_path": project.gate_path,
        "budget": msgspec.to_builtins(project.budget),
        "phase": current.id if current else None,
        "gate": current.gate.id if current else None,
        "open_review": project.open_review,
        "phases": msgspec.to_builtins(list(project.phases)),
    }
    return single(request, fold, body)


@router.post("/v1/projects/{id}/gate-reviews", operation_id="requestGateReview", **decides(RequestGateReview))
async def request_gate_review(id: Id, command: RequestGateReview, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to decide the gate at the end of the current phase. Only the project's PM can."""
    return await desk.decide(PROJECT, id, command, location=f"/v1/projects/{id}")
