"""Routes of the ready standards: they belong to the program, and are the same for everybody."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.standards.content import Content
from governance.standards.ready import LANGUAGES, TEMPLATES, Language, Template, ready
from governance.standards.routes.pages import StandardContent
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.routing import Router

router = Router(tags=["standards"])


class StandardTemplateItem(BaseModel):
    """A ready standard in one of its languages."""

    id: Template
    language: Language
    title: str = Field(examples=["Light, two gates"])


class StandardTemplates(BaseModel):
    """All ready standards."""

    items: list[StandardTemplateItem]


class StandardTemplatePage(StandardContent):
    """A ready standard in full. Without `id` and `language` it is what a draft takes."""

    id: Template
    language: Language
    text: str = Field(description="Its prose, in Markdown")


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
