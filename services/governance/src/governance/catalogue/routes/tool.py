"""Routes of tools: approved and withdrawn by the PMO."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.catalogue.routes.catalogue import Id, UsePage, used_by
from governance.catalogue.tool import TOOL, ApproveTool, Status, Tool, WithdrawTool
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["catalogue"])


@router.post("/v1/tools/{id}/approvals", operation_id="approveTool", **decides(ApproveTool))
async def approve(id: Id, command: ApproveTool, desk: OpenDesk) -> Response:  # noqa: A002
    """Let projects use a tool."""
    return await desk.decide(TOOL, id, command, location=f"/v1/tools/{id}")


@router.post("/v1/tools/{id}/withdrawals", operation_id="withdrawTool", **decides(WithdrawTool))
async def withdraw(id: Id, command: WithdrawTool, desk: OpenDesk) -> Response:  # noqa: A002
    """Let no further project use a tool."""
    return await desk.decide(TOOL, id, command, location=f"/v1/tools/{id}")


class ToolPage(BaseModel):
    """A tool, and the projects that use it."""

    id: str = Field(examples=["scheduling-workbench"])
    status: Status = Field(description="`unapproved`: it was never approved, and is used under a waiver")
    title: str | None = Field(examples=["Scheduling workbench"])
    purpose: str | None = Field(examples=["Schedules with dependencies and baselines"])
    uri: str | None
    used_by: list[UsePage] = Field(description="Those that you may see, at most 500; `GET /v1/uses` lists all")


@router.get("/v1/tools/{id}", operation_id="getTool", responses=shows(ToolPage), **reads("read-framework"))
async def get_tool(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A tool, and the projects that use it."""
    fold = await things.find(TOOL, id)
    return await things.answer(fold, shown(id, fold.state, replace(who, query="read-governance")))


def shown(id_: str, tool: Tool, who: Viewer | None = None) -> dict[str, Any]:
    """A tool as it is told: to a viewer, or with all that use it."""
    return {
        "id": id_,
        "status": tool.status,
        "title": tool.title,
        "purpose": tool.purpose,
        "uri": tool.uri,
        "used_by": used_by(tool.users, who),
    }
