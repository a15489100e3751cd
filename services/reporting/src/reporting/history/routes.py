"""Routes of the history: every document that any service recorded."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Header, Query, Request
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from mandate_web.live.streaming import Streamed
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.lists import OpenView, View
from mandate_web.routes.moment import mark
from mandate_web.routes.paging import Cursor, Limit, Page
from mandate_web.routes.routing import Router
from mandate_web.routes.streamed import event, items
from reporting.history.archive import ARCHIVE, cuts
from reporting.history.denials import DENIED, denials_of
from reporting.history.documents import Conditions, Entries, entries, shown, stream
from reporting.history.filters import Filters, Part

router = Router(tags=["history"])

NDJSON: Final = "application/x-ndjson"


def visible(reader: Viewer) -> ColumnElement[bool] | None:
    """What a person may see of the history; None where that is everything.

    With a role in a project: its documents. A refusal concerns the person refused: only they see it then, whatever
    project it was in.
    """
    if reader.sees_all():
        return None
    mine = and_(~DENIED, ARCHIVE.c.project.in_(reader.projects()))
    return or_(mine, and_(DENIED, denials_of(reader.person.id)))


_LISTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": Entries,
        "description": "One page; or, as NDJSON, all the documents themselves",
        "content": items(NDJSON, event(), "One `EventDocument` a line, byte for byte"),
        "headers": {
            "Mandate-Count": {
                "description": "How many documents an export has",
                "schema": {"type": "integer"},
                "example": 200000,
            },
            "Mandate-Last": {
                "description": "The document that the last line of an export is; none where nothing matches",
                "schema": {"type": "string"},
                "example": "governance:17",
            },
        },
    }
}


@router.get("/v1/history", operation_id="listHistory", responses=_LISTED, **reads("read-history", waits=True))
async def list_history(
    *,
    request: Request,
    view: OpenView,  # first: the mandates are a view, too
    reader: Annotated[Viewer, viewer("read-history")],
    filters: Annotated[Filters, Depends()],
    part: Annotated[Part, Depends()],
    sort: Annotated[Literal["-entry", "entry"], Query(description="Newest first, or oldest first")] = "-entry",
    limit: Limit = 50,
    cursor: Cursor = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Who decided what, in which role, on whose authority, when and why.

    With `Accept: application/x-ndjson` the answer is the documents themselves, all that match, oldest first, one a
    line, byte for byte as their service recorded them; `sort`, `limit`, `cursor` and `include` have no meaning then.
    `Mandate-Count` says how many, and `Mandate-Last` which document the last line is, so that a whole export can be
    told from a part. One that broke off goes on with `after` (the last document received) and the same `last`.
    `Mandate-Position` says how much of each ledger lies before that end.
    """
    conditions = [*filters.conditions(), *_recorded_by(view.known_at)]
    if (seen := visible(reader)) is not None:
        conditions.append(seen)
    async with view.engine.connect() as connection:
        conditions += await part.conditions(connection)
        if NDJSON in accept:
            answer, positions = await _export(view.engine, connection, conditions)
            return mark(request, answer, positions, view.known_at)
    page = view.page_of({"list": "history", "sort": sort, **asdict(filters), **asdict(part)}, limit, cursor)
    return await _page(view, page, conditions, newest_first=sort == "-entry")


_NEGOTIATED: Final = {"Vary": "Accept"}


def _recorded_by(known_at: datetime | None) -> list[ColumnElement[bool]]:
    return [] if known_at is None else [ARCHIVE.c.recorded_at <= known_at]


async def _export(
    engine: AsyncEngine, connection: AsyncConnection, conditions: Conditions
) -> tuple[Response, dict[str, int]]:
    """All documents that match now, and how much of each ledger lies before the last of them."""
    matching = select(func.count(), func.coalesce(func.max(ARCHIVE.c.entry), 0)).where(*conditions)
    count, end = (await connection.execute(matching)).one()
    at_end = select(ARCHIVE.c.source, ARCHIVE.c.sequence).where(ARCHIVE.c.entry == end)
    last = (await connection.execute(at_end)).first()
    named = {"Mandate-Last": f"{last.source}:{last.sequence}"} if last else {}
    answer = Streamed(
        lambda reading: stream(engine, reading, conditions, end),
        media_type=NDJSON,
        whole=True,
        headers={**_NEGOTIATED, **named, "Mandate-Count": str(count)},
    )
    return answer, await cuts(connection, entry=end)


async def _page(view: View, page: Page, conditions: Conditions, *, newest_first: bool) -> Response:
    rows = await view.ask(page.apply(entries.where(*conditions), [(ARCHIVE.c.entry, newest_first)]))
    items, following = page.answer(rows, ["entry"])
    return await view.answer({"items": [shown(item) for item in items], "next": following}, _NEGOTIATED)
