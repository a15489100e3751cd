"""Routes of projects."""

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_events.document.formats import UUID_PATTERN
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.amount import Amount, amount_of
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.execution import conditions
from projects.execution.conditions import MeetCondition
from projects.execution.project import PROJECT, Project, RequestGateReview, Status

router = Router(tags=["projects"])

Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the project")]


class GatePage(BaseModel):
    """Where the PMO decides whether, and how, the project goes on."""

    id: str = Field(examples=["gate-1"])
    title: str = Field(examples=["Investment decision"])


class PhasePage(BaseModel):
    """A stretch of work that ends at a gate."""

    id: str = Field(examples=["business-case"])
    title: str = Field(examples=["Business case"])
    gate: GatePage


class ConditionPage(BaseModel):
    """What the project must do after a conditional go."""

    number: int = Field(examples=[1])
    gate: str = Field(examples=["gate-1"])
    text: str = Field(examples=["Confirm the supplier's guarantee"])
    owner: str = Field(examples=["The manager"])
    due_on: date = Field(description="Last day, in the time zone of the charter", examples=["2026-09-30"])
    status: conditions.Status


class BaselineInForce(BaseModel):
    """What the project is measured by."""

    id: str = Field(description="Read it at `GET /v1/baselines/{id}`")
    number: int = Field(examples=[1])
    starts_on: date
    finishes_on: date
    budget: Amount


class ProjectPage(BaseModel):
    """A project: its envelope, its phases, where it stands."""

    id: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    portfolio: str = Field(examples=["capital-delivery"])
    reference: str = Field(examples=["D-001"])
    title: str = Field(examples=["Harbour pumping station"])
    status: Status
    standard: str = Field(examples=["capital-delivery@1"])
    gate_path: str = Field(examples=["two-gate"])
    budget: Amount | None
    phase: str | None = Field(description="The phase it is in", examples=["business-case"])
    gate: str | None = Field(description="The gate ahead", examples=["gate-1"])
    open_review: str | None = Field(description="The gate review that was requested and is not answered")
    phases: list[PhasePage] = Field(description="All of them, in order")
    conditions: list[ConditionPage] = Field(description="Of the gates that it passed, by number")
    baseline: BaselineInForce | None = Field(description="Null before the first is approved")


@router.get("/v1/projects/{id}", operation_id="getProject", responses=shows(ProjectPage), **reads("read-projects"))
async def get_project(id: Id, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """One project: its envelope, its phases, where it stands."""
    fold = await things.find(PROJECT, id, seen=lambda _: who.sees(id))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, project: Project) -> dict[str, Any]:
    """A project as it is told."""
    current = project.current
    return {
        "id": id_,
        "portfolio": project.portfolio,
        "reference": project.reference,
        "title": project.title,
        "status": project.status,
        "standard": project.standard,
        "gate_path": project.gate_path,
        "budget": amount_of(project.budget),
        "phase": current.id if current else None,
        "gate": current.gate.id if current else None,
        "open_review": project.open_review,
        "phases": msgspec.to_builtins(list(project.phases)),
        "conditions": [
            {"number": number, **msgspec.to_builtins(condition)}
            for number, condition in sorted(project.conditions.items())
        ],
        "baseline": msgspec.to_builtins(project.baseline),
    }


@router.post("/v1/projects/{id}/gate-reviews", operation_id="requestGateReview", **decides(RequestGateReview))
async def request_gate_review(id: Id, command: RequestGateReview, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to decide the gate at the end of the current phase. Only the project's PM can."""
    return await desk.decide(PROJECT, id, command, location=f"/v1/projects/{id}")


@router.post("/v1/projects/{id}/fulfilments", operation_id="meetCondition", **decides(MeetCondition))
async def meet_condition(id: Id, command: MeetCondition, desk: OpenDesk) -> Response:  # noqa: A002
    """Show that a condition of a gate is met, by the end of the day on which it is due."""
    return await desk.decide(PROJECT, id, command, location=f"/v1/projects/{id}")
