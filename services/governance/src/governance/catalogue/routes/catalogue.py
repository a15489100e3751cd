"""The PMO's catalogue as lists: processes, tools, templates, and which projects use what."""

from itertools import islice
from typing import Annotated, Any, TypeAlias

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.catalogue.use import Users
from governance.catalogue.views import CATALOGUE, CATALOGUE_VIEW, USES, USES_VIEW
from mandate_events.deciding import Slug
from mandate_events.values.told import instant
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import ProjectFilter, seen_by
from mandate_web.routes.lists import OpenView, View
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router

router = Router(tags=["catalogue"])

Id: TypeAlias = Annotated[Slug, Path(description="Its name in the catalogue", examples=["scheduling-workbench"])]

ThingFilter: TypeAlias = Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9-]+$", description="By its name")]


class CatalogueItem(BaseModel):
    """A process, a tool or a template, in a list."""

    id: str = Field(examples=["scheduling-workbench"])
    title: str = Field(examples=["Scheduling workbench"])
    status: str = Field(description="Whether it is in force", examples=["approved"])
    version: int | None = Field(description="Of processes and templates")
    makes: str | None = Field(description="The kind of document that a template makes", examples=["risk-register"])
    changed_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])


class Catalogue(BaseModel):
    """One page of the catalogue."""

    items: list[CatalogueItem]
    next: str | None = Field(description="Cursor of the next page")


class UsePage(BaseModel):
    """A project that uses a tool or a template."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    version: int | None = Field(description="The version of the template")
    waiver: str | None = Field(description="What it rests on where the tool was not approved")
    used_by: str = Field(description="Person id of who took it up", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])


class ListedUse(UsePage):
    """Which project uses what, since when."""

    tool: str | None = Field(examples=["scheduling-workbench"])
    template: str | None
    since: str = Field(examples=["2026-03-02T12:00:00.000000Z"])


class Uses(BaseModel):
    """One page of what projects use."""

    items: list[ListedUse]
    next: str | None = Field(description="Cursor of the next page")


USERS = 500
"""How many projects that use a thing are told with it; all of them are listed."""


def used_by(users: Users, who: Viewer | None) -> list[dict[str, Any]]:
    """The projects that use a thing: of a viewer, those that they may see."""
    seen = ((project, use) for project, use in sorted(users.items()) if who is None or who.sees(project))
    return [
        {"project": project, "version": use.version, "waiver": use.waiver, "used_by": use.used_by}
        for project, use in islice(seen, USERS)
    ]


async def _list(kind: str, view: View, limit: int, cursor: str | None) -> Response:
    page = view.page_of({"list": kind}, limit, cursor)
    wanted = select(CATALOGUE).where(CATALOGUE.c.kind == kind)
    return await view.page(page, wanted, [(CATALOGUE.c.id, False)], shown_row, CATALOGUE_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in CatalogueItem.model_fields}, "changed_at": instant(row["changed_at"])}


@router.get(
    "/v1/processes",
    operation_id="listProcesses",
    responses={200: {"model": Catalogue}},
    **reads("read-framework", waits=True),
)
async def list_processes(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenView, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All processes, by name."""
    return await _list("process", view, limit, cursor)


@router.get(
    "/v1/tools", operation_id="listTools", responses={200: {"model": Catalogue}}, **reads("read-framework", waits=True)
)
async def list_tools(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenView, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All tools, by name: approved, withdrawn, and those that are used under a waiver alone."""
    return await _list("tool", view, limit, cursor)


@router.get(
    "/v1/templates",
    operation_id="listTemplates",
    responses={200: {"model": Catalogue}},
    **reads("read-framework", waits=True),
)
async def list_templates(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenView, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All templates, by name."""
    return await _list("template", view, limit, cursor)


@router.get(
    "/v1/uses", operation_id="listUses", responses={200: {"model": Uses}}, **reads("read-governance", waits=True)
)
async def list_uses(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
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


def shown_use(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in UsePage.model_fields}
    named = {"tool": None, "template": None, row["kind"]: row["thing"]}
    return {**told, **named, "since": instant(row["since"])}
