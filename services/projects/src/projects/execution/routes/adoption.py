"""Routes of adoption: the tools that a project takes up, and the templates that it uses."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.execution.adoption import ADOPTION, Adoption, AdoptTool, UseTemplate
from projects.execution.routes.projects import Id

router = Router(tags=["adoption"])


@router.post("/v1/projects/{id}/tool-adoptions", operation_id="adoptTool", **decides(AdoptTool))
async def adopt_tool(id: Id, command: AdoptTool, desk: OpenDesk) -> Response:  # noqa: A002
    """Take a tool up: one that the PMO has approved, or any other under a waiver in force.

    The waiver is of the control `tool-<id>`.
    """
    return await desk.decide(ADOPTION, id, command, location=f"/v1/projects/{id}/adoptions")


@router.post("/v1/projects/{id}/template-uses", operation_id="useTemplate", **decides(UseTemplate))
async def use_template(id: Id, command: UseTemplate, desk: OpenDesk) -> Response:  # noqa: A002
    """Make a document of the project from the latest version of a template."""
    return await desk.decide(ADOPTION, id, command, location=f"/v1/projects/{id}/adoptions")


class AdoptedTool(BaseModel):
    """A tool that the project works with."""

    tool: str = Field(examples=["scheduling-workbench"])
    waiver: str | None = Field(description="What it rests on where the tool was not approved")


class UsedTemplate(BaseModel):
    """A template that the project uses, in the version it used last."""

    template: str = Field(examples=["risk-register"])
    version: int
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


class AdoptionPage(BaseModel):
    """What a project has taken up of the PMO's catalogue."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    tools: list[AdoptedTool]
    templates: list[UsedTemplate]


@router.get(
    "/v1/projects/{id}/adoptions",
    operation_id="getAdoptions",
    responses=shows(AdoptionPage),
    **reads("read-projects"),
)
async def get_adoptions(id: Id, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """What a project has taken up of the PMO's catalogue."""
    fold = await things.find(ADOPTION, id, seen=lambda _: who.sees(id))
    return await things.answer(fold, shown(id, fold.state))


def shown(_id: str, adoption: Adoption) -> dict[str, Any]:
    """What a project has taken up, as it is told."""
    return {
        "project": adoption.project,
        "tools": [{"tool": tool, "waiver": adopted.waiver} for tool, adopted in sorted(adoption.tools.items())],
        "templates": [
            {"template": template, "version": used.version, "sha256": used.sha256}
            for template, used in sorted(adoption.templates.items())
        ],
    }
