"""The routes of a chapter: a command is handed to its thing, one thing is read. What is special has a route of its own.

A route is declared like those that are written out: who may is in its signature, and what it says is the docstring of
its command, or of its page.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from starlette.responses import Response

from mandate_events.deciding import Command
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import PROJECT
from mandate_web.chapters.lists import add_list, add_things
from mandate_web.chapters.signing import named, signed, spoken
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

Endpoint = Callable[..., Any]


def router_of(chapter: Chapter) -> Router:
    """All routes that follow from what a chapter says."""
    router = Router()
    for served in chapter.served:
        _serve(router, chapter, served)
    for listed in chapter.lists:
        if listed.at:
            add_list(router, chapter, listed)
    return router


def _serve(router: Router, chapter: Chapter, served: Served) -> None:
    tags: list[Any] = [served.tag or chapter.tag]
    for path, command in served.opens.items():
        _post(router, path, command, _opening(served, path, command), tags)
    for path, command in served.takes.items():
        _post(router, path, command, _taking(served, path, command), tags)
    if not served.special:
        query = served.reads or chapter.reads
        router.add_api_route(
            served.at,
            _reading(served, query),
            operation_id=f"get{named(served.page)}",
            description=spoken(served.page),
            responses=shows(served.page),
            tags=tags,
            **reads(query),
        )
    for things in served.lists:
        add_things(router, chapter, served, things)


def _post(router: Router, path: str, command: type[Command], endpoint: Endpoint, tags: list[Any]) -> None:
    operation = command.__name__[0].lower() + command.__name__[1:]
    router.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        operation_id=operation,
        description=spoken(command),
        tags=tags,
        **decides(command),
    )


def _opening(served: Served, path: str, command: type[Command]) -> Endpoint:
    """Begins a thing: of the project in the path, or of none. Its id is the one that the command names, if any."""

    async def give(command: Any, desk: OpenDesk, id: str | None = None) -> Response:  # noqa: A002
        if served.names:
            new = served.names(command)
            return await desk.decide(served.aggregate, new, command, location=_at(served, new), project=id)
        return await desk.open(served.aggregate, command, location=served.at, project=id)

    ids = {"id": PROJECT.annotation} if "{id}" in path else {}
    return signed(give, **ids, command=command, desk=OpenDesk)


def _taking(served: Served, path: str, command: type[Command]) -> Endpoint:
    async def give(command: Any, desk: OpenDesk, id: str | None = None) -> Response:  # noqa: A002
        known = served.id.of(id)
        return await desk.decide(served.aggregate, known, command, location=_at(served, known))

    ids = {"id": served.id.annotation} if "{id}" in path else {}
    return signed(give, **ids, command=command, desk=OpenDesk)


def _reading(served: Served, query: str) -> Endpoint:
    aggregate, tell = served.aggregate, served.tell

    async def read(who: Viewer, things: OpenThings, id: str | None = None) -> Response:  # noqa: A002
        known = served.id.of(id)
        fold = await things.find(aggregate, known, seen=lambda state: sees(served, who, known, state))
        beside = {name: await look(things, fold.state) for name, look in served.beside.items()}
        return await things.answer(fold, {**tell(known, fold.state), **beside})

    ids = {"id": served.id.annotation} if "{id}" in served.at else {}
    return signed(read, **ids, who=Annotated[Viewer, viewer(query)], things=OpenThings)


def sees(served: Served, who: Viewer, id_: str, state: Any) -> bool:
    """Whether a person sees a thing: with its project, or as the chapter says."""
    if served.seen:
        return served.seen(who, id_, state)
    project = served.aggregate.project(id_, state)
    return project is None or who.sees(project)


def _at(served: Served, id_: str) -> str:
    return served.at.format(id=id_)


def addresses(chapter: Chapter) -> Iterator[tuple[str, str, str]]:
    """(method, address, what it is for) of each route, for those who want to look it up."""
    for router in (router_of(chapter), *chapter.routers):
        for route in router.routes:
            for method in sorted(getattr(route, "methods", None) or ()):
                if method != "HEAD":
                    yield method, getattr(route, "path", ""), getattr(route, "operation_id", "") or ""
