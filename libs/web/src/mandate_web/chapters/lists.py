"""The routes of lists: rows of a view, filtered and sorted by its columns, page by page, now or in the past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model
from sqlalchemy import JSON, Boolean, Select, Table
from starlette.responses import Response

from mandate_events.deciding import Aggregate
from mandate_events.values.told import Following
from mandate_events.views.folded import CHANGED_AT, RECORDED_AT, TITLES
from mandate_events.views.view import View
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.ids import PROJECT
from mandate_web.chapters.pages import plain
from mandate_web.chapters.signing import signed
from mandate_web.routes import filters, sorting
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import SEARCH, ProjectFilter, Search, choices, having, seen_by
from mandate_web.routes.lists import OpenList, OpenListOfThings, each_is
from mandate_web.routes.lists import View as Lists
from mandate_web.routes.offering import with_allowed
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list, and how it is asked for."""

    at: str
    query: str
    view: View
    item: type[BaseModel]
    tell: Callable[[Row], Row]
    operation: str
    says: str
    tag: str
    sort: Sequence[str]
    """The order where none is asked for, `-` for downwards."""
    sorts: Sequence[str]
    """The columns that it can be sorted by."""
    filters: Mapping[str, Any] = field(default_factory=dict)
    of: Aggregate[Any] | None = None
    """What its rows are, where each is one thing."""
    also_without: bool = False
    """Whether who may read it sees what belongs to no project."""

    @property
    def beneath_the_project(self) -> bool:
        return "{id}" in self.at

    @property
    def title(self) -> str | None:
        """The column that is searched."""
        return next((each for each in TITLES if each in self.sorts), None)

    @property
    def table(self) -> Table:
        return self.view.table

    def keys(self, sort: str) -> sorting.Keys:
        """The order that is asked for; the key of a row comes last, so that no two are equal."""
        named = sorting.asked_keys(sort)
        keys = [key for name, down in named for key in sorting.key(self.table.c[name], down=down)]
        rest = [name for name in self.view.key_columns if name not in {name for name, _ in named}]
        return [*keys, *((self.table.c[name], named[-1][1]) for name in rest)]


def add_list(router: Router, chapter: Chapter, listed: Listed) -> None:
    """A list with a view of its own."""
    assert listed.at is not None
    assert listed.item is not None, f"{listed.at}: name the item of the list"
    shown = {column.name for column in listed.view.table.c if not isinstance(column.type, JSON | Boolean)}
    named = [each.lstrip("-") for each in listed.sort]
    sorts = [each for each in dict.fromkeys([*named, *listed.item.model_fields]) if each in shown]
    _add(
        router,
        Asked(
            at=listed.at,
            query=listed.reads or chapter.reads,
            view=listed.view,
            item=with_allowed(listed.item) if listed.of else listed.item,
            tell=row_teller(listed),
            operation=operation_of(listed.at),
            says=listed.says,
            tag=listed.tag or chapter.tag,
            sort=listed.sort or listed.view.key_columns,
            sorts=sorts,
            filters=listed.filters,
            of=listed.of,
        ),
    )


def add_things(router: Router, chapter: Chapter, served: Served, things: Things) -> None:
    """All things of a kind: of the project in the path, or all that a person sees."""
    assert served.view is not None
    columns = served.columns
    by_project = {"project": ProjectFilter} if served.aggregate.in_a_project and "{id}" not in things.at else {}
    by_word = {name: kind for name, kind in columns.items() if choices(kind)}
    _add(
        router,
        Asked(
            at=things.at,
            query=served.reads or chapter.reads,
            view=served.view,
            item=with_allowed(served.page),
            tell=served.listing.tell,
            operation=operation_of(things.at, beside_others=len(served.lists) > 1),
            says=things.says or f"{_plural(things.at)}, each as its own page tells it.",
            tag=served.tag or chapter.tag,
            sort=things.sort,
            sorts=[*columns, RECORDED_AT, CHANGED_AT],
            filters={**by_word, **by_project, **things.filters},
            of=served.aggregate,
            also_without=True,
        ),
    )


def _wanted(who: Viewer, asked: Asked, project: str | None, given: Mapping[str, Any]) -> Select[Any]:
    """The rows that are asked for, as far as the person sees them."""
    named = filters.asked(asked.filters, given)
    if project is not None:
        named["project"] = project
    wanted = seen_by(who, asked.table, also_without=asked.also_without, **named)
    if asked.title and given.get(SEARCH):
        wanted = wanted.where(having(asked.table.c[asked.title], given[SEARCH]))
    return wanted


def page_model(item: type[BaseModel], at: str) -> type[BaseModel]:
    """One page of a list, named after its address: `GateReviews` of `/v1/gate-reviews`."""
    return _page_model(item, _name(at))


@cache
def _page_model(item: type[BaseModel], name: str) -> type[BaseModel]:
    following: Any = Annotated[Following | None, Field(description="Cursor of the next page")]
    total = Field(default=None, description="How many there are in all, where `count=true` asks for it")
    members: dict[str, Any] = {
        "items": (list[item], ...),  # type: ignore[valid-type]  # a value that is a type
        "next": (following, ...),
        "total": (int | None, total),
    }
    return create_model(name, __doc__=f"One page of {name[0].lower() + name[1:]}.", **members)


def operation_of(at: str, *, beside_others: bool = False) -> str:
    """What clients call a list: `listGateReviews`; where it is one of several of a kind, `listProjectGateReviews`."""
    return f"list{'Project' if beside_others and '{id}' in at else ''}{_name(at)}"


def _name(at: str) -> str:
    return "".join(part.capitalize() for part in at.rpartition("/")[2].split("-"))


def _plural(at: str) -> str:
    return at.rpartition("/")[2].replace("-", " ").capitalize()


def _add(router: Router, asked: Asked) -> None:
    default = ",".join(asked.sort)

    async def answer(*, who: Viewer, lists: Lists, sort: str, limit: int, cursor: str | None, **given: Any) -> Response:
        project = given.pop("id", None)
        if project is not None:
            await lists.check_project(who, project)
        page = lists.page_of({"list": asked.view.name, "in": project, "sort": sort, **given}, limit, cursor)
        wanted = _wanted(who, asked, project, given)
        of = each_is(asked.of) if asked.of else None
        return await lists.page(page, wanted, asked.keys(sort), asked.tell, asked.view, of=of)

    endpoint = signed(
        answer,
        **({"id": PROJECT.annotation} if asked.beneath_the_project else {}),
        who=Annotated[Viewer, viewer(asked.query)],
        lists=OpenListOfThings if asked.of else OpenList,
        **{name: (filters.parameter(kind), None) for name, kind in asked.filters.items()},
        **({SEARCH: (Search, None)} if asked.title else {}),
        sort=(Annotated[str, sorting.sort_by(asked.sorts, asked.sort)], default),
        limit=(Limit, 50),
        cursor=(Cursor, None),
    )
    router.add_api_route(
        asked.at,
        endpoint,
        operation_id=asked.operation,
        description=asked.says,
        responses={200: {"model": page_model(asked.item, asked.at)}},
        tags=[asked.tag],
        **reads(asked.query, waits=True),
    )
