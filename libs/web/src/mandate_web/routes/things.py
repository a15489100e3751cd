"""Single things: one of them with what may be done with it now, or as it had been recorded by an instant."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Protocol, TypeAlias

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from mandate_events.deciding import Aggregate, Unknown
from mandate_events.deciding.batch import Fold
from mandate_events.ledger.store import Store
from mandate_web.problems.wording import Language
from mandate_web.routes.including import Including, OpenIncluding
from mandate_web.routes.moment import KnownAt, mark, positions
from mandate_web.routes.offering import ALLOWED, Thing, allowed, with_allowed
from mandate_web.routes.tags import tagged

UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "You have it: it did not change"}}


def shows(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that shows one thing: `@router.get(..., responses=shows(ProposalPage))`."""
    return {200: {"model": with_allowed(model)}, **UNCHANGED}


class Peeks(Protocol):
    """What looks up other things that an answer tells of: of one request, or of an export."""

    async def peek(self, aggregate: Aggregate[Any], id_: str) -> Any:
        """The state of another thing at the same moment; None where there is none."""


class Things:
    """Reads the things of one request."""

    def __init__(self, request: Request, known_at: datetime | None, including: Including) -> None:
        self.known_at = known_at
        self._including = including
        self._request = request
        self._store: Store = request.app.state.store
        self._position = self._store.appender.position  # what is read from now on includes it
        self._of_now: Thing | None = None

    async def find(
        self,
        aggregate: Aggregate[Any],
        id_: str,
        *,
        seen: Callable[[Any], bool] = lambda _: True,
        before: datetime | None = None,
    ) -> Fold:
        """The thing, by what had been recorded by `known_at` and had happened `before`.

        Raises `Unknown` where there is none, and likewise where it may not be `seen`.
        """
        fold = await self._store.reader.fold_at(aggregate, id_, self.known_at, before)
        if fold.state is None or not seen(fold.state):
            raise Unknown(aggregate.stream(id_))
        self._of_now = None if self.known_at or before else Thing(id_, fold)
        return fold

    async def peek(self, aggregate: Aggregate[Any], id_: str) -> Any:
        """The state of another thing that the answer tells of, at the same moment; None where there is none."""
        return (await self._store.reader.fold_at(aggregate, id_, self.known_at)).state

    async def answer(self, fold: Fold, body: Mapping[str, Any], language: Language | None = None) -> Response:
        """The thing that was found, with what the person who asks may do with it now; 304 where the client has it."""
        if self._of_now:
            [offered] = await allowed(self._request, [self._of_now])
            body = {**body, ALLOWED: offered}
        response = tagged(self._request, orjson.dumps(await self._including.complete(body)), fold.version)
        if language:
            response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
        service = self._store.domain.service
        seen = {service: self._position} if self.known_at is None else await positions(self._request, self.known_at)
        return mark(self._request, response, seen, self.known_at)


async def _open_things(request: Request, known_at: KnownAt, including: OpenIncluding) -> Things:
    return Things(request, known_at, including)


OpenThings: TypeAlias = Annotated[Things, Depends(_open_things)]
