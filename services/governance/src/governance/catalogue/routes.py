"""Routes of the catalogue that are special: who uses a thing is told as far as the viewer sees the projects, and one
list holds things of three kinds."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.catalogue.process import PROCESS
from governance.catalogue.template import TEMPLATE, Template, TemplatePage
from governance.catalogue.tool import TOOL, Tool, ToolPage
from governance.catalogue.use import UsePage, Users
from governance.catalogue.views import CATALOGUE, CATALOGUE_VIEW, USES, USES_VIEW
from mandate_events.deciding import Aggregate, Slug
from mandate_events.values.told import Instant, Word
from mandate_web.chapters.lists import page_model
from mandate_web.chapters.pages import copied, plain
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import ProjectFilter, seen_by
from mandate_web.routes.lists import OpenList, OpenListOfThings, View, each_is
from mandate_web.routes.offering import with_allowed
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["catalogue"])

Id: TypeAlias = Annotated[Slug, Path(description="Its name in the catalogue", examples=["scheduling-workbench"])]

ThingFilter: TypeAlias = Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9-]+$", description="By its name")]


# --- one thing, and who uses it ---


USERS: Final = 500
"""How many projects that use a thing are told with it; all of them are listed."""


def used_by(users: Users, who: Viewer | None) -> list[dict[str, Any]]:
    """The projects that use a thing: of a viewer, those that they may see."""
    seen = ((project, use) for project, use in sorted(users.items()) if who is None or who.sees(project))
    return [copied(UsePage, project, use) for project, use in islice(seen, USERS)]


def shown_tool(id_: str, tool: Tool, who: Viewer | None = None) -> dict[str, Any]:
    """A tool as it is told: to a viewer, or with all that use it."""
    return copied(ToolPage, id_, tool, used_by=used_by(tool.users, who))


def shown_template(id_: str, template: Template, who: Viewer | None = None) -> dict[str, Any]:
    """A template as it is told: to a viewer, or with all that use it."""
    return copied(TemplatePage, id_, template, used_by=used_by(template.users, who))


@router.get("/v1/tools/{id}", operation_id="getTool", responses=shows(ToolPage), **reads("read-framework"))
async def get_tool(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A tool, and the projects that use it."""
    fold = await things.find(TOOL, id)
    return await things.answer(fold, shown_tool(id, fold.state, replace(who, query="read-governance")))


@router.get("/v1/templates/{id}", operation_id="getTemplate", responses=shows(TemplatePage), **reads("read-framework"))
async def get_template(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A template in its latest version, and the projects that use it."""
    fold = await things.find(TEMPLATE, id)
    return await things.answer(fold, shown_template(id, fold.state, replace(who, query="read-governance")))


# --- all of a kind ---


class CatalogueItem(BaseModel):
    """A process, a tool or a template, in a list."""

    id: Slug = Field(examples=["scheduling-workbench"])
    title: str = Field(max_length=200, examples=["Scheduling workbench"])
    status: Word = Field(description="Whether it is in force", examples=["approved"])
    version: int | None = Field(description="Of processes and templates")
    makes: Slug | None = Field(description="The kind of document that a template makes", examples=["risk-register"])
    changed_at: Instant


def shown_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is in the catalogue, in a list."""
    return {name: plain(row[name]) for name in CatalogueItem.model_fields}


async def _list(kind: Aggregate[Any], view: View, limit: int, cursor: str | None) -> Response:
    page = view.page_of({"list": kind.name}, limit, cursor)
    wanted = select(CATALOGUE).where(CATALOGUE.c.kind == kind.name)
    return await view.page(page, wanted, [(CATALOGUE.c.id, False)], shown_item, CATALOGUE_VIEW, of=each_is(kind))


@router.get(
    "/v1/processes",
    operation_id="listProcesses",
    responses={200: {"model": page_model(with_allowed(CatalogueItem), "/v1/processes")}},
    **reads("read-framework", waits=True),
)
async def list_processes(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenListOfThings, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All processes, by name."""
    return await _list(PROCESS, view, limit, cursor)


@router.get(
    "/v1/tools",
    operation_id="listTools",
    responses={200: {"model": page_model(with_allowed(CatalogueItem), "/v1/tools")}},
    **reads("read-framework", waits=True),
)
async def list_tools(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenListOfThings, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All tools, by name: approved, withdrawn, and those that are used under a waiver alone."""
    return await _list(TOOL, view, limit, cursor)


@router.get(
    "/v1/templates",
    operation_id="listTemplates",
    responses={200: {"model": page_model(with_allowed(CatalogueItem), "/v1/templates")}},
    **reads("read-framework", waits=True),
)
async def list_templates(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenListOfThings, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All templates, by name."""
    return await _list(TEMPLATE, view, limit, cursor)


# --- who uses what ---


class ListedUse(UsePage):
    """Which project uses what, since when."""

    tool: Slug | None = Field(examples=["scheduling-workbench"])
    template: Slug | None
    since: Instant


@router.get(
    "/v1/uses",
    operation_id="listUses",
    responses={200: {"model": page_model(ListedUse, "/v1/uses")}},
    **reads("read-governance", waits=True),
)
async def list_uses(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenList,
    tool: ThingFilter = None,
    template: ThingFilter = None,
    project: ProjectFilter | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Which projects use which tools and templates, by project.

    With a role in projects only, a person sees those of them. With both names given, nothing is both.
    """
    query = {"list": "uses", "tool": tool, "template": template, "project": project}
    page = view.page_of(query, limit, cursor)
    column = USES.c
    wanted = seen_by(who, USES, project=project)
    for kind, thing in (("tool", tool), ("template", template)):
        if thing:
            wanted = wanted.where(column.kind == kind, column.thing == thing)
    keys = [(column.project, False), (column.kind, False), (column.thing, False)]
    return await view.page(page, wanted, keys, shown_use, USES_VIEW)


def shown_use(row: Mapping[str, Any]) -> dict[str, Any]:
    """Which project uses what: a tool, or a template."""
    told = {**row, "tool": None, "template": None, row["kind"]: row["thing"]}
    return {name: plain(told[name]) for name in ListedUse.model_fields}
