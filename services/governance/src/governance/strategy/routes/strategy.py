"""Routes of the strategy: objectives, and the models by which proposals are scored."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.strategy.objective import (
    OBJECTIVE,
    Objective,
    RetireObjective,
    ReviseObjective,
    SetObjective,
)
from governance.strategy.scoring_model import SCORING_MODEL, DefineScoringModel, ScoringModel
from governance.strategy.views.objectives import OBJECTIVES, OBJECTIVES_VIEW
from governance.strategy.views.scoring_models import SCORING_MODELS, SCORING_MODELS_VIEW
from mandate_events.deciding import Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.moment import Day
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["strategy"])

Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the objective")]
ModelId = Annotated[Slug, Path(description="The scoring model's name", examples=["alignment"])]
Status = Literal["set", "retired"]


@router.post("/v1/objectives", operation_id="setObjective", **decides(SetObjective))
async def set_objective(command: SetObjective, desk: OpenDesk) -> Response:
    """Set an objective: what it is, what it weighs, from when until when it holds."""
    return await desk.open(OBJECTIVE, command, location="/v1/objectives/{id}")


@router.post("/v1/objectives/{id}/revisions", operation_id="reviseObjective", **decides(ReviseObjective))
async def revise_objective(id: Id, command: ReviseObjective, desk: OpenDesk) -> Response:  # noqa: A002
    """Say the objective anew, as a whole."""
    return await desk.decide(OBJECTIVE, id, command, location=f"/v1/objectives/{id}")


@router.post("/v1/objectives/{id}/retirements", operation_id="retireObjective", **decides(RetireObjective))
async def retire_objective(id: Id, command: RetireObjective, desk: OpenDesk) -> Response:  # noqa: A002
    """Retire the objective: nothing new is aligned with it."""
    return await desk.decide(OBJECTIVE, id, command, location=f"/v1/objectives/{id}")


class ObjectivePage(BaseModel):
    """What the organisation wants to reach."""

    id: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    title: str = Field(examples=["No untreated discharge into the bay"])
    weight: str = Field(description="What it weighs beside the others", examples=["40"])
    starts_on: date
    until: date
    status: Status


class Objectives(BaseModel):
    """One page of objectives."""

    items: list[ObjectivePage]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/objectives",
    operation_id="listObjectives",
    responses={200: {"model": Objectives}},
    **reads("read-framework", waits=True),
)
async def list_objectives(
    *,
    _: Annotated[Viewer, viewer("read-framework")],
    view: OpenView,
    status: Status | None = None,
    on: Annotated[Day | None, Query(description="Only what holds on this day", examples=["2026-11-24"])] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Objectives, by the day from which they hold."""
    page = view.page_of({"list": "objectives", "status": status, "on": on}, limit, cursor)
    column = OBJECTIVES.c
    wanted = select(OBJECTIVES)
    if status:
        wanted = wanted.where(column.status == status)
    if on:
        wanted = wanted.where(column.starts_on <= on, column.until >= on)
    return await view.page(page, wanted, [(column.starts_on, False), (column.id, False)], shown_row, OBJECTIVES_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    days = {"starts_on": row["starts_on"].isoformat(), "until": row["until"].isoformat()}
    return {**{name: row[name] for name in ObjectivePage.model_fields}, **days}


@router.get(
    "/v1/objectives/{id}", operation_id="getObjective", responses=shows(ObjectivePage), **reads("read-framework")
)
async def get_objective(id: Id, _: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """One objective."""
    fold = await things.find(OBJECTIVE, id)
    return await things.answer(fold, shown_objective(id, fold.state))


def shown_objective(id_: str, objective: Objective) -> dict[str, Any]:
    """An objective as it is told."""
    return {
        "id": id_,
        "title": objective.title,
        "weight": objective.weight,
        "starts_on": objective.starts_on.isoformat(),
        "until": objective.until.isoformat(),
        "status": "retired" if objective.retired else "set",
    }


@router.post("/v1/scoring-models/{id}/versions", operation_id="defineScoringModel", **decides(DefineScoringModel))
async def define_scoring_model(id: ModelId, command: DefineScoringModel, desk: OpenDesk) -> Response:  # noqa: A002
    """Define a version; the first one makes the model. It never changes: another one is the next version."""
    return await desk.decide(SCORING_MODEL, id, command, location=f"/v1/scoring-models/{id}")


class CriterionPage(BaseModel):
    """What is judged, and what it weighs."""

    id: str = Field(examples=["environment"])
    title: str = Field(examples=["Effect on the environment"])
    weight: str = Field(examples=["40"])
    scale: int = Field(description="The highest score", examples=[5])
    objective: str | None = Field(description="The objective that it stands for")


class ModelVersionPage(BaseModel):
    """One version of a scoring model."""

    version: int
    title: str = Field(examples=["Strategic alignment"])
    criteria: list[CriterionPage]
    defined_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])


class ScoringModelPage(BaseModel):
    """A scoring model with all its versions."""

    id: str = Field(examples=["alignment"])
    versions: list[ModelVersionPage] = Field(description="Oldest first")


class ScoringModelItem(BaseModel):
    """A scoring model, and its latest version."""

    id: str = Field(examples=["alignment"])
    title: str = Field(examples=["Strategic alignment"])
    latest: int = Field(examples=[2])


class ScoringModels(BaseModel):
    """One page of scoring models."""

    items: list[ScoringModelItem]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/scoring-models",
    operation_id="listScoringModels",
    responses={200: {"model": ScoringModels}},
    **reads("read-framework", waits=True),
)
async def list_scoring_models(
    *,
    _: Annotated[Viewer, viewer("read-framework")],
    view: OpenView,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Scoring models by name."""
    page = view.page_of({"list": "scoring-models"}, limit, cursor)
    keys = [(SCORING_MODELS.c.id, False)]
    return await view.page(page, select(SCORING_MODELS), keys, shown_model_row, SCORING_MODELS_VIEW)


def shown_model_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ScoringModelItem.model_fields}


@router.get(
    "/v1/scoring-models/{id}",
    operation_id="getScoringModel",
    responses=shows(ScoringModelPage),
    **reads("read-framework"),
)
async def get_scoring_model(
    id: ModelId,  # noqa: A002
    _: Annotated[Viewer, viewer("read-framework")],
    things: OpenThings,
) -> Response:
    """A scoring model with all its versions."""
    fold = await things.find(SCORING_MODEL, id)
    return await things.answer(fold, shown_scoring_model(id, fold.state))


def shown_scoring_model(id_: str, model: ScoringModel) -> dict[str, Any]:
    """A scoring model as it is told."""
    versions: list[dict[str, Any]] = [
        {
            "version": number,
            "title": version.title,
            "criteria": msgspec.to_builtins(version.criteria),
            "defined_by": version.defined_by,
        }
        for number, version in sorted(model.versions.items())
    ]
    return {"id": id_, "versions": versions}
