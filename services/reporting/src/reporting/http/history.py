"""Routes of the history: every document that any service recorded, and the refusals among them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Header, Query, Request
from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, and_, or_
from starlette.responses import JSONResponse, Response, StreamingResponse

from mandate_events.deciding import PersonId, Text
from mandate_web.routing import Router
from mandate_web.access import Authenticated, Viewer, anyone, no_right, reads, viewer
from mandate_web.consistency import OpenView
from mandate_web.paging import Cursor, Limit, Page
from reporting.heard import HEARD
from reporting.http.documents import Entries, entries, shown, stream
from reporting.views.archive import ARCHIVE

router = Router(tags=["history"])

NDJSON: Final = "application/x-ndjson"
DENIAL: Final = "command-denied"


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant-range", "an instant between the years 1 and 9999") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Word = Annotated[Text, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents are asked for; a person's visibility is added to it."""

    project: Annotated[Text | None, Query(max_length=64, description="Id of a project")] = None
    actor: Annotated[Text | None, Query(max_length=200, description="Who decided: person id, or system/<policy>")] = (
        None
    )
    role: Annotated[Text | None, Query(max_length=64, description="In which role", examples=["pmo"])] = None
    type: Annotated[
        Text | None, Query(max_length=200, description="What happened", examples=["project-authorised"])
    ] = None
    source: Annotated[Text | None, Query(max_length=64, description=f"Which ledger: {', '.join(HEARD)}")] = None
    correlation: Annotated[Text | None, Query(max_length=200, description="The whole story of one request")] = None
    since: Annotated[Instant | None, Query(description="Recorded at or after this instant")] = None
    until: Annotated[Instant | None, Query(description="Recorded before this instant")] = None

    def conditions(self) -> list[ColumnElement[bool]]:
        column = ARCHIVE.c
        equal = {
            column.project: self.project,
            column.actor: self.actor,
            column.role: self.role,
            column.name: self.type,
            column.source: self.source,
            column.correlation: self.correlation,
        }
        found: list[ColumnElement[bool]] = [each == value for each, value in equal.items() if value is not None]
        if self.since is not None:
            found.append(column.recorded_at >= self.since)
        if self.until is not None:
            found.append(column.recorded_at < self.until)
        return found

    def fingerprint(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def visible(reader: Viewer) -> ColumnElement[bool] | None:
    """What a person may see of the history; None where that is everything.

    With a role in a project: its documents. A refusal concerns the person refused: only they see it then, whatever
    project it was in.
    """
    if reader.sees_all():
        return None
    denied = ARCHIVE.c.name == DENIAL
    mine = and_(~denied, ARCHIVE.c.project.in_(reader.projects()))
    return or_(mine, and_(denied, ARCHIVE.c.subject == _denials_of(reader.person.id)))


def _denials_of(person: str) -> str:
    return f"denial/{person}"


_LISTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": Entries,
        "description": "One page; or, as NDJSON, all the documents themselves",
        "content": {NDJSON: {"schema": {"type": "string", "description": "One document a line, byte for byte"}}},
    }
}


@router.get("/v1/history", operation_id="listHistory", responses=_LISTED, **reads("read-history", waits=True))
async def list_history(
    *,
    view: OpenView,  # first: the mandates are a view, too
    reader: Annotated[Viewer, viewer("read-history")],
    filters: Annotated[Filters, Depends()],
    sort: Annotated[Literal["-entry", "entry"], Query(description="Newest first, or oldest first")] = "-entry",
    limit: Limit = 50,
    cursor: Cursor = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Who decided what, in which role, on whose authority, when and why.

    With `Accept: application/x-ndjson` the answer is the documents themselves, all that match, oldest first, one a
    line, byte for byte as their service recorded them; `sort`, `limit` and `cursor` have no meaning then.
    """
    conditions = filters.conditions()
    seen = visible(reader)
    if seen is not None:
        conditions.append(seen)
    if NDJSON in accept:
        return view.mark(StreamingResponse(stream(view.engine, *conditions), media_type=NDJSON, headers=_NEGOTIATED))
    page = Page({"list": "history", "sort": sort, **filters.fingerprint()}, limit, cursor)
    return await _page(view, page, conditions, newest_first=sort == "-entry")


@router.get("/v1/denials", operation_id="listDenials", responses={200: {"model": Entries}}, **anyone(waits=True))
async def list_denials(
    *,
    request: Request,
    person: Authenticated,
    view: OpenView,
    actor: Annotated[PersonId | None, Query(description="Whose; your own by default, unless you may read all")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Refusals on record, newest first: all of them for the PMO and auditors, their own for everybody else."""
    held = await request.app.state.find_held(person.id)
    if request.app.state.domain.rights.may_read("read-denials", held):
        whose = actor
    elif actor in {None, person.id}:
        whose = person.id
    else:
        raise no_right("read-denials", request.app.state.domain.rights)
    page = Page({"list": "denials", "actor": whose}, limit, cursor)
    conditions = [ARCHIVE.c.name == DENIAL]
    if whose is not None:
        conditions.append(ARCHIVE.c.subject == _denials_of(whose))
    return await _page(view, page, conditions, newest_first=True)


_NEGOTIATED: Final = {"Vary": "Accept"}


async def _page(view: OpenView, page: Page, conditions: list[ColumnElement[bool]], *, newest_first: bool) -> Response:
    select = page.apply(entries.where(*conditions), [(ARCHIVE.c.entry, newest_first)])
    async with view.engine.connect() as connection:
        rows = (await connection.execute(select)).all()
    items, following = page.answer(rows, ["entry"])
    answer = JSONResponse({"items": [shown(item) for item in items], "next": following}, headers=_NEGOTIATED)
    return view.mark(answer)
