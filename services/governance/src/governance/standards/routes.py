"""Routes of standards that are special: one version of several, what differs between two, what stands ready, and the
migration of a project."""

from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request
from starlette.responses import Response

from governance.requests.kind import ID_PATTERN
from governance.standards.content import Content
from governance.standards.difference import differences
from governance.standards.pages import (
    StandardComparison,
    StandardTemplatePage,
    StandardTemplates,
    StandardVersionPage,
    shown_difference,
    shown_version,
)
from governance.standards.ready import LANGUAGES, TEMPLATES, Language, Template, ready
from governance.standards.standard import STANDARD, Standard, Version
from mandate_events.deciding import Slug, Unknown
from mandate_web.problems.wording import language_of
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["standards"])

Id = Annotated[Slug, Path(description="The standard's name", examples=["capital-delivery"])]
Number = Annotated[int, Path(ge=1, le=999_999, description="Number of the version", examples=[1])]
Project = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, description="Id of the project")]


# --- versions ---


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
    responses=shows(StandardComparison),
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


# --- ready standards: they belong to the program, and are the same for everybody ---


@router.get(
    "/v1/standard-templates",
    operation_id="listStandardTemplates",
    responses={200: {"model": StandardTemplates}},
    **reads("read-framework"),
)
async def list_templates(_: Annotated[Viewer, viewer("read-framework")]) -> Response:
    """The ready standards that a PMO can adopt, in each of their languages."""
    items = [
        {"id": template, "language": language, "title": ready(template, language).title}
        for template in TEMPLATES
        for language in LANGUAGES
    ]
    return _answer({"items": items})


@router.get(
    "/v1/standard-templates/{id}",
    operation_id="getStandardTemplate",
    responses={200: {"model": StandardTemplatePage}},
    **reads("read-framework"),
)
async def get_template(
    id: Template,  # noqa: A002
    _: Annotated[Viewer, viewer("read-framework")],
    language: Annotated[Language, Query(description="English or French")] = "en",
) -> Response:
    """A ready standard in full."""
    document = ready(id, language).model_dump(mode="json", include=set(Content.__struct_fields__))
    return _answer({"id": id, "language": language, **document}, **{"Content-Language": language})


def _answer(body: dict[str, Any], **headers: str) -> Response:
    sent = {"Cache-Control": "private, no-cache", **headers}
    return Response(orjson.dumps(body), headers=sent, media_type="application/json")
