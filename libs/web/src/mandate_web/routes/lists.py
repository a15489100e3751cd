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

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, Row, Select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import JSONResponse, Response

from mandate_events.ledger.following import swapped
from mandate_events.views.past import Pasts
from mandate_events.views.view import View as Described
from mandate_web.problems.problem import Problem, invalid
from mandate_web.routes.access import Authenticated, Person
from mandate_web.routes.including import Including, OpenIncluding
from mandate_web.routes.moment import KnownAt, listed, mark, positions
from mandate_web.routes.paging import Page

TOKEN: Final = re.compile(r"([a-z]+):([0-9]{1,18})")
MAX_WAIT: Final = 30.0
DEFAULT_WAIT: Final = 2.0
POLL: Final = 0.02


Keys: TypeAlias = Sequence[tuple[ColumnElement[Any], bool]]
"""What to order by, and whether downwards; the last one is unique."""


class View:
    """This service's views, waited for as far as the request asks, or as they were at `known_at`."""

    def __init__(self, request: Request, seen: dict[str, int], known_at: datetime | None, including: Including) -> None:
        self.engine: AsyncEngine = request.app.state.engine
        self.seen = seen
        self.known_at = known_at
        self.including = including
        self._request = request

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
    ) -> Response:
        """One page of a query, in order of the keys; `item` makes of a row what is sent."""
        names = [f"_key{number}" for number in range(len(keys))]
        labelled = [key.label(name) for name, (key, _) in zip(names, keys, strict=True)]
        rows = await self.ask(page.apply(statement.add_columns(*labelled), keys), *views)
        found, following = page.answer(rows, names)
        return await self.answer({"items": [item(row) for row in found], "next": following})

    async def answer(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
        """What was found, with what is to be included."""
        return self.mark(JSONResponse(await self.including.complete(body), headers=headers))

    def mark(self, response: Response) -> Response:
        """Every read states its position."""
        return mark(self._request, response, self.seen, self.known_at)


async def _open_view(
    request: Request,
    _: Authenticated,  # first: who may not ask must not make us wait
    known_at: KnownAt,
    including: OpenIncluding,
) -> View:
    mandate_consistency = request.headers.get("mandate-consistency")
    prefer = request.headers.get("prefer")
    engine: AsyncEngine = request.app.state.engine
    wanted = _tokens(mandate_consistency) if mandate_consistency else {}
    deadline = time.monotonic() + (_wait(prefer) if prefer else DEFAULT_WAIT)
    own = request.app.state.domain.service if request.app.state.views_own_ledger and known_at is None else None
    target = {own: request.app.state.store.appender.position, **wanted} if own else wanted
    while True:
        seen = await _seen(engine)
        if all(seen.get(source, 0) >= position for source, position in target.items()):
            cuts = seen if known_at is None else await positions(request, known_at)
            return View(request, cuts, known_at, including)
        if time.monotonic() >= deadline:
            if all(seen.get(source, 0) >= position for source, position in wanted.items()):
                return View(request, seen, known_at, including)
            facts = {"seen": listed(seen), "wanted": listed(wanted)}
            raise Problem("projection-behind", "view-behind", facts, headers={"Retry-After": "1"})
        await asyncio.sleep(POLL)


OpenView: TypeAlias = Annotated[View, Depends(_open_view)]


async def view_of_now(request: Request, person: Person) -> View:
    """For what is decided: the present, whatever the request asks of it."""
    return await _open_view(request, person, None, Including(request))


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


async def _seen(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        rows: Any = await connection.execute(
            text("select source, sequence from ledger.cursors where consumer = 'views'")
        )
        return {row[0]: row[1] for row in rows}
