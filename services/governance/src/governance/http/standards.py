"""Routes of the standards."""

from typing import Annotated, Any

import msgspec
from fastapi import Path, Request
from starlette.responses import Response

from governance.standard import STANDARD, DraftStandard, PublishStandard, ReviseDraft, Standard
from mandate_events.deciding import Command, Slug, Unknown
from mandate_web.access import Viewer, reads, viewer
from mandate_web.desk import OpenDesk, decides, single
from mandate_web.routing import Router

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


@router.get("/v1/standards/{id}", operation_id="getStandard", **reads("read-framework"))
async def get_standard(request: Request, id: Id, _: Annotated[Viewer, viewer("read-framework")]) -> Response:  # noqa: A002
    """A standard with all its versions."""
    fold = await request.app.state.store.reader.fold(STANDARD, id)
    standard: Standard | None = fold.state
    if standard is None:
        raise Unknown(f"standard/{id}")
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
    return single(request, fold, {"id": id, "versions": versions})
