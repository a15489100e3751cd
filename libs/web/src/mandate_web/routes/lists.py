"""Lists: read your writes, or read the past.

A receipt's token, sent with a read, makes it wait until the view has seen that event. With `known_at` the same query is
asked of what had been recorded by then.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import JSONResponse, Response

from mandate_events.deciding import Aggregate, Unknown
from mandate_events.ledger.following import swapped
from mandate_events.ledger.store import Store
from mandate_events.views.past import Pasts
from mandate_events.views.view import View as Described
from mandate_web.problems.problem import Problem, invalid
from mandate_web.routes.access import Authenticated, Viewer
from mandate_web.routes.including import Including, including
from mandate_web.routes.moment import KnownAt, listed, mark, positions
from mandate_web.routes.offering import ALLOWED, Thing, allowed
from mandate_web.routes.paging import Page
from mandate_web.routes.sorting import Keys

TOKEN: Final = re.compile(r"([a-z]+):([0-9]{1,18})")
MAX_WAIT: Final = 30.0
DEFAULT_WAIT: Final = 2.0
POLL: Final = 0.02


Of: TypeAlias = Callable[[Mapping[str, Any]], tuple[Aggregate[Any], str]]
"""Which thing a row is."""


def each_is(kind: Aggregate[Any]) -> Of:
    """Each row is a thing of this kind, by its id."""
    return lambda row: (kind, row["id"])


class View:
    """This service's views, waited for as far as the request asks, or as they were at `known_at`."""

    def __init__(self, request: Request, seen: dict[str, int], known_at: datetime | None, including: Including) -> None:
        self.engine: AsyncEngine = request.app.state.engine
        self.seen = seen
        self.known_at = known_at
        self.including = including
        self.counts = False
        """Whether a page tells how many there are in all."""
        self._request = request

    async def check_project(self, who: Viewer, project: str) -> None:
        """Raises `Unknown` where there is no such project, and likewise where the person may not see it."""
        kind: Aggregate[Any] = self._request.app.state.project
        store: Store = self._request.app.state.store
        if not who.sees(project) or not (await store.reader.fold(kind, project)).version:
            raise Unknown(f"project/{project}")

    async def ask(self, statement: Select[Any], *views: Described) -> Sequence[Row[Any]]:
        """The rows of a query over the tables of these views."""
        try:
            return await self._ask(statement, *views)
        except DBAPIError as error:
            if not swapped(error):
                raise
        return await self._ask(statement, *views)

    async def _ask(self, statement: Select[Any], *views: Described) -> Sequence[Row[Any]]:
        if self.known_at is not None:
            pasts: Pasts = self._request.app.state.pasts
            return await pasts.ask(statement, views, self.seen)
        async with self.engine.connect() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(statement)).all()
            return rows

    def page_of(self, query: Mapping[str, Any], limit: int, cursor: str | None) -> Page:
        """A page of a query at the moment that is asked for: its cursors fit no other."""
        return Page({**query, "known_at": self.known_at}, limit, cursor)

    async def page(
        self,
        page: Page,
        statement: Select[Any],
        keys: Keys,
        item: Callable[[dict[str, Any]], dict[str, Any]],
        *views: Described,
        of: Of | None = None,
    ) -> Response:
        """One page of a query, in order of the keys; `item` makes of a row what is sent. Where each is one thing, `of`
        tells which, so that it can be told what may be done with it."""
        names = [f"_key{number}" for number in range(len(keys))]
        labelled = [key.label(name) for name, (key, _) in zip(names, keys, strict=True)]
        rows = await self.ask(page.apply(statement.add_columns(*labelled), keys), *views)
        found, following = page.answer(rows, names)
        body: dict[str, Any] = {"items": [item(row) for row in found], "next": following}
        if of and ALLOWED in self.including.asked:
            await self._offer(body["items"], [of(row) for row in found])
        if self.counts:
            [[body["total"]]] = await self.ask(select(func.count()).select_from(statement.subquery()), *views)
        return await self.answer(body)

    async def answer(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
        """What was found, with what is to be included."""
        return self.mark(JSONResponse(await self.including.complete(body), headers=headers))

    async def _offer(self, items: Sequence[dict[str, Any]], things: Sequence[tuple[Aggregate[Any], str]]) -> None:
        """Tell of each thing what the person who asks may do with it now."""
        if self.known_at is not None:
            raise invalid("?include", "allowed-is-of-now")
        store: Store = self._request.app.state.store
        folds = await store.reader.folds({kind.stream(id_): kind for kind, id_ in things})
        offered = await allowed(self._request, [Thing(id_, folds[kind.stream(id_)]) for kind, id_ in things])
        for item, may in zip(items, offered, strict=True):
            item[ALLOWED] = may

    def mark(self, response: Response) -> Response:
        """Every read states its position."""
        return mark(self._request, response, self.seen, self.known_at)


async def _look(request: Request, known_at: datetime | None, including: Including) -> View:
    """The views, when they include what the request asks for: of this service's ledger, and what followed here from
    what was heard of another's."""
    mandate_consistency = request.headers.get("mandate-consistency")
    prefer = request.headers.get("prefer")
    engine: AsyncEngine = request.app.state.engine
    store: Store = request.app.state.store
    wanted = _tokens(mandate_consistency) if mandate_consistency else {}
    deadline = time.monotonic() + (_wait(prefer) if prefer else DEFAULT_WAIT)
    own = request.app.state.domain.service if request.app.state.views_own_ledger and known_at is None else None
    target = {own: store.appender.position, **wanted} if own else wanted
    others = sorted(wanted.keys() - {own}) if own else []
    heard = not others
    while True:
        seen = await _seen(engine, others)
        if own and not heard and _has(seen, {source: wanted[source] for source in others}):
            heard, target = True, {**target, own: max(target[own], await store.reader.end())}
            wanted = target  # what followed from it is to be seen, too
        if heard and _has(seen, target):
            cuts = seen if known_at is None else await positions(request, known_at)
            return View(request, cuts, known_at, including)
        if time.monotonic() >= deadline:
            if _has(seen, wanted):
                return View(request, seen, known_at, including)
            facts = {"seen": listed(seen), "wanted": listed(wanted)}
            raise Problem("projection-behind", "view-behind", facts, headers={"Retry-After": "1"})
        await asyncio.sleep(POLL)


def _has(seen: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    return all(seen.get(source, 0) >= position for source, position in wanted.items())


def _opens(*values: str) -> Any:
    """The dependency of a route that answers from views, and can include these."""

    async def _open_view(
        request: Request,
        _: Authenticated,  # first: who may not ask must not make us wait
        known_at: KnownAt,
        including: Annotated[Including, including(*values)],
    ) -> View:
        return await _look(request, known_at, including)

    return Depends(_open_view)


OpenView: TypeAlias = Annotated[View, _opens("people")]


def _truth(value: Any) -> Any:
    """As OpenAPI has it: `yes` and `1` are no booleans."""
    if value not in {"true", "false"}:
        raise PydanticCustomError("boolean-form", "true or false")
    return value == "true"


Count: TypeAlias = Annotated[
    bool, BeforeValidator(_truth), Query(description="Tell how many there are in all, as `total`", examples=[True])
]


def _opens_pages(*values: str) -> Any:
    """The same of a route that answers page by page."""

    async def _open_pages(view: Annotated[View, _opens(*values)], count: Count = False) -> View:
        view.counts = count
        return view

    return Depends(_open_pages)


OpenList: TypeAlias = Annotated[View, _opens_pages("people")]
"""A view that is told page by page."""

OpenListOfThings: TypeAlias = Annotated[View, _opens_pages("people", ALLOWED)]
"""A view that is told page by page, of things that something may be done with."""


async def view_of_now(request: Request) -> View:
    """For what is decided: the present, whatever the request asks of it."""
    return await _look(request, None, Including(request))


def _tokens(header: str) -> dict[str, int]:
    tokens = {}
    for part in header.split(","):
        match = TOKEN.fullmatch(part.strip())
        if match is None:
            raise invalid("?mandate-consistency", "consistency-form")
        tokens[match[1]] = int(match[2])
    return tokens


def _wait(prefer: str) -> float:
    match = re.search(r"(?:^|[,;\s])wait=([0-9]{1,9})(?:$|[,;\s])", prefer, re.IGNORECASE)
    return min(float(match[1]), MAX_WAIT) if match else DEFAULT_WAIT


_SEEN: Final = text(
    "select source, sequence from ledger.cursors"
    " where consumer = 'views' or (consumer = 'policies' and source = any(:others))"
)


async def _seen(engine: AsyncEngine, others: Sequence[str]) -> dict[str, int]:
    """How far the views are; and how far what others recorded was heard here."""
    async with engine.connect() as connection:
        rows: Any = await connection.execute(_SEEN, {"others": list(others)})
        return {row[0]: row[1] for row in rows}
