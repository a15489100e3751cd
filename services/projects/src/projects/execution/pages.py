"""Pages of execution: a project as it is told, and what it has taken up of the PMO's catalogue."""

from datetime import date
from typing import Any

import msgspec
from pydantic import BaseModel, Field

from mandate_events.values.text import Hash, Slug
from mandate_events.values.told import Amount, Edition, Id, Reference
from mandate_web.chapters.pages import copied
from projects.execution import conditions
from projects.execution.adoption import Adoption
from projects.execution.state import Project, Status


class GatePage(BaseModel):
    """Where the PMO decides whether, and how, the project goes on."""

    id: Slug = Field(examples=["gate-1"])
    title: str = Field(max_length=200, examples=["Investment decision"])


class PhasePage(BaseModel):
    """A stretch of work that ends at a gate."""

    id: Slug = Field(examples=["business-case"])
    title: str = Field(max_length=200, examples=["Business case"])
    gate: GatePage


class ConditionPage(BaseModel):
    """What the project must do after a conditional go."""

    number: int = Field(examples=[1])
    gate: Slug = Field(examples=["gate-1"])
    text: str = Field(max_length=500, examples=["Confirm the supplier's guarantee"])
    owner: str = Field(max_length=100, examples=["The manager"])
    due_on: date = Field(description="Last day, in the time zone of the charter", examples=["2026-09-30"])
    status: conditions.Status


class BaselineInForce(BaseModel):
    """What the project is measured by."""

    id: Id = Field(description="Read it at `GET /v1/baselines/{id}`")
    number: int = Field(examples=[1])
    starts_on: date
    finishes_on: date
    budget: Amount


class ProjectPage(BaseModel):
    """A project: its envelope, its phases, where it stands."""

    id: Id
    portfolio: Slug = Field(examples=["capital-delivery"])
    reference: Reference
    title: str = Field(max_length=400, examples=["Harbour pumping station"])
    status: Status
    standard: Edition
    gate_path: Slug = Field(examples=["two-gate"])
    budget: Amount | None
    phase: Slug | None = Field(description="The phase it is in", examples=["business-case"])
    gate: Slug | None = Field(description="The gate ahead", examples=["gate-1"])
    open_review: Id | None = Field(description="The gate review that was requested and is not answered")
    phases: list[PhasePage] = Field(description="All of them, in order")
    conditions: list[ConditionPage] = Field(description="Of the gates that it passed, by number")
    baseline: BaselineInForce | None = Field(description="Null before the first is approved")


def shown_project(id_: str, project: Project) -> dict[str, Any]:
    """A project as it is told."""
    current = project.current
    numbered = [{"number": number, **msgspec.to_builtins(each)} for number, each in sorted(project.conditions.items())]
    return copied(
        ProjectPage,
        id_,
        project,
        phase=current.id if current else None,
        gate=current.gate.id if current else None,
        conditions=numbered,
    )


class AdoptedTool(BaseModel):
    """A tool that the project works with."""

    tool: Slug = Field(examples=["scheduling-workbench"])
    waiver: Id | None = Field(description="What it rests on where the tool was not approved")


class UsedTemplate(BaseModel):
    """A template that the project uses, in the version it used last."""

    template: Slug = Field(examples=["risk-register"])
    version: int
    sha256: Hash


class AdoptionPage(BaseModel):
    """What a project has taken up of the PMO's catalogue."""

    project: Id
    tools: list[AdoptedTool]
    templates: list[UsedTemplate]


def shown_adoption(_id: str, adoption: Adoption) -> dict[str, Any]:
    """What a project has taken up, as it is told."""
    tools = [{"tool": tool, "waiver": adopted.waiver} for tool, adopted in sorted(adoption.tools.items())]
    templates = [{"template": each, **msgspec.to_builtins(used)} for each, used in sorted(adoption.templates.items())]
    return {"project": adoption.project, "tools": tools, "templates": templates}
