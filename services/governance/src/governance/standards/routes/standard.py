"""Routes of the standards: drafted, reviewed, published, retired; and what differs between two versions."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.standards.difference import differences
from governance.standards.ready import AdoptTemplate
from governance.standards.routes.pages import (
    DifferencesPage,
    StandardPage,
    StandardVersionPage,
    shown,
    shown_difference,
    shown_version,
)
from governance.standards.standard import (
    STANDARD,
    DraftStandard,
    PublishStandard,
    RetireStandard,
    ReviewDraft,
    ReviseDraft,
    Standard,
    Status,
    Version,
)
from governance.standards.views import STANDARDS, STANDARDS_VIEW
from mandate_events.deciding import Command, Slug, Unknown
from mandate_web.problems.wording import language_of
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["standards"])

Id = Annotated[Slug, Path(description="The standard's name", examples=["capital-delivery"])]
Number = Annotated[int, Path(ge=1, le=999_999, description="Number of the version", examples=[1])]


@router.post("/v1/standards/{id}/versions", operation_id="draftStandard", **decides(DraftStandard))
async def draft(id: Id, command: DraftStandard, desk: OpenDesk) -> Response:  # noqa: A002
    """Begin a new version; the first one makes the standard."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/adoptions", operation_id="adoptTemplate", **decides(AdoptTemplate))
async def adopt(id: Id, command: AdoptTemplate, desk: OpenDesk) -> Response:  # noqa: A002
    """Begin a new version with a ready standard. It is a draft like others."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/revisions", operation_id="reviseDraft", **decides(ReviseDraft))
async def revise(id: Id, command: ReviseDraft, desk: OpenDesk) -> Response:  # noqa: A002
    """Replace the content of the open draft."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/reviews", operation_id="reviewDraft", **decides(ReviewDraft))
async def review(id: Id, command: ReviewDraft, desk: OpenDesk) -> Response:  # noqa: A002
    """Say whether the draft can be published; by another than its authors.

    A draft that a reviewer would have revised is not published until it was, or until they approve it.
    """
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/publications", operation_id="publishStandard", **decides(PublishStandard))
async def publish(id: Id, command: PublishStandard, desk: OpenDesk) -> Response:  # noqa: A002
    """Put the draft in force; by another than its sole author."""
    return await _give(desk, id, command)


@router.post("/v1/standards/{id}/retirements", operation_id="retireStandard", **decides(RetireStandard))
async def retire(id: Id, command: RetireStandard, desk: OpenDesk) -> Response:  # noqa: A002
    """Give a version to no project any more, but its successor. Those that run to it go on."""
    return await _give(desk, id, command)


async def _give(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(STANDARD, id_, command, location=f"/v1/standards/{id_}")


class StandardItem(BaseModel):
    """One version of a standard."""

    id: str = Field(description="How projects name it", examples=["capital-delivery@1"])
    standard: str = Field(examples=["capital-delivery"])
    version: int
    title: str = Field(examples=["Capital delivery"])
    status: Status
    successor: str | None = Field(examples=["capital-delivery@2"])


class Standards(BaseModel):
    """One page of versions of standards."""

    items: list[StandardItem]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/standards",
    operation_id="listStandards",
    responses={200: {"model": Standards}},
    **reads("read-framework", waits=True),
)
async def list_standards(
    *,
    _: Annotated[Viewer, viewer("read-framework")],
    view: OpenView,
    standard: Annotated[Slug | None, Query(description="Only its versions", examples=["capital-delivery"])] = None,
    status: Literal["draft", "published", "retired"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Versions of standards, by name and number. Projects are authorised under the published ones."""
    page = view.page_of({"list": "standards", "standard": standard, "status": status}, limit, cursor)
    column = STANDARDS.c
    wanted = select(STANDARDS)
    if standard:
        wanted = wanted.where(column.standard == standard)
    if status:
        wanted = wanted.where(column.status == status)
    return await view.page(page, wanted, [(column.standard, False), (column.version, False)], shown_row, STANDARDS_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    """A version as lists tell it."""
    return {name: row[name] for name in StandardItem.model_fields}


@router.get("/v1/standards/{id}", operation_id="getStandard", responses=shows(StandardPage), **reads("read-framework"))
async def get_standard(id: Id, _: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A standard with all its versions."""
    fold = await things.find(STANDARD, id)
    return await things.answer(fold, shown(id, fold.state))


@router.get(
    "/v1/standards/{id}/versions/{number}",
    operation_id="getStandardVersion",
    responses=shows(StandardVersionPage),
    **reads("read-framework"),
)
async def get_version(
    id: Id,  # noqa: A002
    number: Number,
    _: Annotated[Viewer, viewer("read-framework")],
    things: OpenThings,
) -> Response:
    """A version of a standard in full: all that projects under it are held to."""
    fold = await things.find(STANDARD, id)
    return await things.answer(fold, shown_version(id, number, _version(id, fold.state, number)))


@router.get(
    "/v1/standards/{id}/versions/{before}/diff/{after}",
    operation_id="compareStandardVersions",
    responses=shows(DifferencesPage),
    **reads("read-framework"),
)
async def compare(
    request: Request,
    id: Id,  # noqa: A002
    before: Number,
    after: Number,
    _: Annotated[Viewer, viewer("read-framework")],
    things: OpenThings,
) -> Response:
    """What changed from one version to another, in the words of the field.

    In the language of `Accept-Language`: English or French.
    """
    fold = await things.find(STANDARD, id)
    language = language_of(request.headers.get("accept-language", ""))
    old, new = (_version(id, fold.state, number).content for number in (before, after))
    found = [shown_difference(each, language) for each in differences(old, new, language)]
    body = {"id": id, "from": before, "to": after, "language": language, "differences": found}
    return await things.answer(fold, body, language)


def _version(id_: str, standard: Standard, number: int) -> Version:
    version = standard.versions.get(number)
    if version is None:
        raise Unknown(f"{STANDARD.stream(id_)}@{number}")
    return version
