"""The refusals on record: who was refused which command on which thing, by which rule, how often, and when."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from starlette.responses import Response

from mandate_events.deciding import PersonId, Text
from mandate_events.values.told import CommandName, Following, Instant, Stream, Word, instant
from mandate_web.routes.access import Authenticated, anyone, no_right
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from reporting.history.archive import ARCHIVE
from reporting.history.documents import Entry, entries, shown

router = Router(tags=["history"])

DENIED: Final[ColumnElement[bool]] = ARCHIVE.c.name == "command-denied"


def denials_of(person: str) -> ColumnElement[bool]:
    """Whatever recorded them: repeats are counted by the service itself."""
    return ARCHIVE.c.subject == f"denial/{person}"


class Denial(Entry):
    """A refusal, or so many of one kind within a minute; then the service that counted them is the `actor`."""

    person: PersonId = Field(description="Who was refused")
    command: CommandName | None = Field(
        description="What they tried; null where a later version tells it in another way", examples=["DecideGate"]
    )
    on: Stream | None = Field(
        description="On which thing; where it would have been opened by this, in which project",
        examples=["gate-review/ce25ad4a-5edf-59aa-983a-c33342cd72ca"],
    )
    person_role: Word = Field(description="The role that they held there, or `none`", examples=["project_manager"])
    count: int = Field(description="How often")
    first_at: Instant | None = Field(
        description="When the first of them was refused; not told by refusals of earlier versions"
    )
    last_at: Instant | None = Field(description="When the last of them was refused")


class Denials(BaseModel):
    """One page of refusals."""

    items: list[Denial]
    next: Following | None = Field(description="Cursor of the next page")


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """What the document of a refusal says. Nothing is required: the archive holds whatever was heard."""

    command: str | None = None
    on: str | None = None
    role: str = "none"
    count: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None


class Refused(msgspec.Struct, frozen=True, gc=False):
    data: Refusal = Refusal()


_read = msgspec.json.Decoder(Refused).decode


@router.get(
    "/v1/denials", operation_id="listDenials", responses={200: {"model": Denials}, 403: {}}, **anyone(waits=True)
)
async def list_denials(
    *,
    request: Request,
    person: Authenticated,
    view: OpenView,
    actor: Annotated[PersonId | None, Query(description="Whose; your own by default, unless you may read all")] = None,
    project: Annotated[Text | None, Query(max_length=64, description="Id of a project")] = None,
    rule: Annotated[
        Text | None, Query(max_length=200, description="By which rule refused", examples=["authoriser-is-proposer"])
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Refusals on record, newest first: all of them for the PMO and auditors, their own for everybody else.

    The first of its kind is on record at once; what is tried again within a minute is counted, and on record a minute
    later as one more. All that was tried is the sum of the counts.
    """
    held = await request.app.state.find_held(person.id)
    if request.app.state.domain.rights.may_read("read-denials", held):
        whose = actor
    elif actor in {None, person.id}:
        whose = person.id
    else:
        raise no_right("read-denials", request.app.state.domain.rights)
    asked = {"list": "denials", "actor": whose, "project": project, "rule": rule}
    page = view.page_of(asked, limit, cursor)
    conditions = [DENIED]
    if view.known_at is not None:
        conditions.append(ARCHIVE.c.recorded_at <= view.known_at)
    if whose is not None:
        conditions.append(denials_of(whose))
    if project is not None:
        conditions.append(ARCHIVE.c.project == project)
    if rule is not None:
        conditions.append(ARCHIVE.c.rule == rule)
    wanted = entries.add_columns(ARCHIVE.c.document).where(*conditions)
    rows = await view.ask(page.apply(wanted, [(ARCHIVE.c.entry, True)]))
    items, following = page.answer(rows, ["entry"])
    return await view.answer({"items": [_denial(item) for item in items], "next": following})


def _denial(row: dict[str, Any]) -> dict[str, Any]:
    document = row.pop("document")
    try:
        said = _read(document).data
    except msgspec.ValidationError:  # said in a way that this version does not know
        said = Refusal()
    return {
        **shown(row),
        "person": row["subject"].partition("/")[2],
        "command": said.command,
        "on": said.on,
        "person_role": said.role,
        "count": said.count,
        "first_at": said.first_at and instant(said.first_at),
        "last_at": said.last_at and instant(said.last_at),
    }
