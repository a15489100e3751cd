"""Read your writes: a receipt's token, sent with a read, makes it wait until the view has seen that event."""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from mandate_web.access import Authenticated
from mandate_web.problems import Problem, invalid

TOKEN: Final = re.compile(r"([a-z]+):([0-9]{1,18})")
MAX_WAIT: Final = 30.0
DEFAULT_WAIT: Final = 2.0
POLL: Final = 0.02


class View:
    """The state of this service's views, waited for as far as the request asks."""

    def __init__(self, engine: AsyncEngine, seen: dict[str, int]) -> None:
        self.engine = engine
        self.seen = seen

    def mark(self, response: Response) -> Response:
        """Every read states its position."""
        response.headers["Mandate-Position"] = _listed(self.seen)
        return response


async def _open_view(
    request: Request,
    _: Authenticated,  # first: who may not ask must not make us wait
) -> View:
    mandate_consistency = request.headers.get("mandate-consistency")
    prefer = request.headers.get("prefer")
    engine: AsyncEngine = request.app.state.engine
    wanted = _tokens(mandate_consistency) if mandate_consistency else {}
    deadline = time.monotonic() + (_wait(prefer) if prefer else DEFAULT_WAIT)
    own = request.app.state.domain.service if request.app.state.views_own_ledger else None
    target = {own: request.app.state.store.appender.position, **wanted} if own else wanted
    while True:
        seen = await _seen(engine)
        if all(seen.get(source, 0) >= position for source, position in target.items()):
            return View(engine, seen)
        if time.monotonic() >= deadline:
            if all(seen.get(source, 0) >= position for source, position in wanted.items()):
                return View(engine, seen)
            facts = {"seen": _listed(seen), "wanted": _listed(wanted)}
            raise Problem("projection-behind", "view-behind", facts, headers={"Retry-After": "1"})
        await asyncio.sleep(POLL)


OpenView: TypeAlias = Annotated[View, Depends(_open_view)]


def _listed(positions: Mapping[str, int]) -> str:
    return ", ".join(f"{name}:{at}" for name, at in sorted(positions.items()))


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
