"""The routes of lists: rows of a view, filtered and sorted by its columns, page by page, now or in the past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model
from sqlalchemy import ColumnElement, Select, or_, select
from starlette.responses import Response

from mandate_events.deciding import Unknown
from mandate_events.values.told import Following
from mandate_events.views.view import View
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.ids import PROJECT
from mandate_web.chapters.pages import plain
from mandate_web.chapters.signing import signed
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import seen_by
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router

Row = dict[str, Any]


def row_teller(listed: Listed) -> Callable[[Row], Row]:
    """How a row is told."""
    if listed.shown:
        return listed.shown
    if listed.item is None:
        return lambda row: {name: plain(value) for name, value in row.items()}
    names = tuple(listed.item.model_fields)
    return lambda row: {name: plain(row[name]) for name in names}


def keys_of(view: View, sort: Sequence[str]) -> list[tuple[ColumnElement[Any], bool]]:
    """The columns to order by, `-` for downwards; the key of a row comes last, so that no two are equal."""
    names = [*sort, *(key for key in view.key_columns if key not in {each.lstrip("-") for each in sort})]
    return [(view.table.c[name.lstrip("-")], name.startswith("-")) for name in names]


def add_list(router: Router, chapter: Chapter, listed: Listed) -> None:
    assert listed.at is not None
    assert listed.item is not None, f"{listed.at}: name the item of the list"
    query, view, tell = listed.reads or chapter.reads, listed.view, row_teller(listed)
    keys = keys_of(view, listed.sort)

    async def answer(*, who: Viewer, lists: OpenView, limit: int, cursor: str | None, **asked: Any) -> Response:
        page = lists.page_of({"list": view.name, **asked}, limit, cursor)
        return await lists.page(page, seen_by(who, view.table, **asked), keys, tell, view)

    route = Asked(
        listed.at, query, page_model(listed.item, listed.at), operation_of(listed.at), listed.says, listed.filters
    )
    _add(router, route, answer, listed.tag or chapter.tag)


def add_things(router: Router, chapter: Chapter, served: Served, things: Things) -> None:
    """All things of a kind: of the project in the path, or all that a person sees."""
    query, view = served.reads or chapter.reads, served.view
    assert view is not None
    keys = keys_of(view, things.sort)
    of_project = "{id}" in things.at

    async def answer(*, who: Viewer, lists: OpenView, limit: int, cursor: str | None, **asked: Any) -> Response:
        project = asked.pop("id", None)
        if of_project:
            if not who.sees(project):
                raise Unknown(f"project/{project}")
            asked["project"] = project
        page = lists.page_of({"list": view.name, **asked}, limit, cursor)
        return await lists.page(page, _seen(who, view, asked), keys, served.listing.tell, view)

    model = page_model(served.page, things.at)
    says = things.says or f"{model.__name__}, each as its own page tells it."
    route = Asked(things.at, query, model, operation_of(things.at), says, things.filters)
    _add(router, route, answer, served.tag or chapter.tag)


def _seen(who: Viewer, view: View, asked: Mapping[str, Any]) -> Select[Any]:
    """As each is seen by itself: with its project, or by everybody who may read it where it has none."""
    column = view.table.c
    wanted = select(view.table)
    if not who.sees_all():
        wanted = wanted.where(or_(column.project.is_(None), column.project.in_(who.projects())))
    return wanted.where(*(column[name] == value for name, value in asked.items() if value is not None))


@cache
def page_model(item: type[BaseModel], at: str) -> type[BaseModel]:
    """One page of a list, named after its address: `GateReviews` of `/v1/gate-reviews`."""
    name = "".join(part.capitalize() for part in at.rpartition("/")[2].split("-"))
    says = f"One page of {name[0].lower() + name[1:]}."
    following: Any = Annotated[Following | None, Field(description="Cursor of the next page")]
    members: dict[str, Any] = {"items": (list[item], ...), "next": (following, ...)}  # type: ignore[valid-type]
    return create_model(name, __doc__=says, **members)


def operation_of(at: str) -> str:
    """What clients call a list: `listGateReviews`."""
    return "list" + "".join(part.capitalize() for part in at.rpartition("/")[2].split("-"))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a list is asked for."""

    at: str
    query: str
    model: type[BaseModel]
    operation: str
    says: str
    filters: Mapping[str, Any]


def _add(router: Router, asked: Asked, answer: Callable[..., Any], tag: str) -> None:
    endpoint = signed(
        answer,
        **({"id": PROJECT.annotation} if "{id}" in asked.at else {}),
        who=Annotated[Viewer, viewer(asked.query)],
        lists=OpenView,
        **{name: (kind | None, None) for name, kind in asked.filters.items()},
        limit=(Limit, 50),
        cursor=(Cursor, None),
    )
    router.add_api_route(
        asked.at,
        endpoint,
        operation_id=asked.operation,
        description=asked.says,
        responses={200: {"model": asked.model}},
        tags=[tag],
        **reads(asked.query, waits=True),
    )
