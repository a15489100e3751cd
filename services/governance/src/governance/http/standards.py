"""Routes of the standards."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.standards.standard import STANDARD, DraftStandard, PublishStandard, ReviseDraft, Standard
from mandate_events.deciding import Command, Slug
from mandate_web.access import Viewer, reads, viewer
from mandate_web.desk import OpenDesk, decides
from mandate_web.routing import Router
from mandate_web.things import OpenThings, shows

router = Router(tags=["standards"])

Id = Annotated[Slug, Path(description="The standard's name", examples=["capital-delivery"])]


@router.post("/v1/standards/{id}/versions", operation_id="draftStandard", **decides(DraftStandard))
async def draft(id: Id, command: DraftStandard, desk: OpenDesk) -> Response:  # noqa: A002
    """Begin a new version; the first one makes the standard."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/revisions", operation_id="reviseDraft", **decides(ReviseDraft))
async def revise(id: Id, command: ReviseDraft, desk: OpenDesk) -> Response:  # noqa: A002
    """Replace the content of the open draft."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/publications", operation_id="publishStandard", **decides(PublishStandard))
async def publish(id: Id, command: PublishStandard, desk: OpenDesk) -> Response:  # noqa: A002
    """Put the draft in force; by another than its sole author."""
    return await _give(desk, id, command)


async def _give(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(STANDARD, id_, command, location=f"/v1/standards/{id_}")


class GatePage(BaseModel):
    """Where the PMO decides whether, and how, a project goes on."""

    id: str = Field(examples=["gate-1"])
    title: str = Field(examples=["Investment decision"])


class PhasePage(BaseModel):
    """A stretch of work that ends at a gate."""

    id: str = Field(examples=["business-case"])
    title: str = Field(examples=["Business case"])
    gate: GatePage


class GatePathPage(BaseModel):
    """The phases that a kind of project goes through, in order."""

    id: str = Field(examples=["two-gate"])
    title: str = Field(examples=["Two gates"])
    phases: list[PhasePage]


class VersionPage(BaseModel):
    """One version of a standard."""

    version: int
    status: Literal["draft", "published"]
    title: str = Field(examples=["Capital delivery"])
    paths: list[GatePathPage]
    text: str | None
    authors: list[str] = Field(description="Person ids", examples=[["ce25ad4a-5edf-59aa-983a-c33342cd72ca"]])


class StandardPage(BaseModel):
    """A standard with all its versions."""

    id: str = Field(examples=["capital-delivery"])
    versions: list[VersionPage] = Field(description="Oldest first")


@router.get("/v1/standards/{id}", operation_id="getStandard", responses=shows(StandardPage), **reads("read-framework"))
async def get_standard(id: Id, _: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A standard with all its versions."""
    fold = await things.find(STANDARD, id)
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, standard: Standard) -> dict[str, Any]:
    """A standard as it is told."""
    versions: list[dict[str, Any]] = [
        {
            "version": number,
            "status": "published" if version.published else "draft",
            "title": version.title,
            "paths": msgspec.to_builtins(list(version.paths.values())),
            "text": version.text,
            "authors": sorted(version.authors),
        }
        for number, version in sorted(standard.versions.items())
    ]
    return {"id": id_, "versions": versions}
