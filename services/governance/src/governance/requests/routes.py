"""The PMO's inbox: one list of all that projects ask for, and each with what it is judged by."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.kind import ID_PATTERN
from governance.requests.kinds import KINDS, basis_of, deciders
from governance.requests.page import RequestPage
from governance.requests.request import Request, Status
from governance.requests.views.inbox import INBOX, INBOX_VIEW
from governance.standards.standard import STANDARD, Standard, parse
from mandate_events.deciding import PersonId
from mandate_events.values.text import Slug
from mandate_events.values.told import Edition, Following, Id, Instant, Word, instant
from mandate_web.chapters.pages import copied
from mandate_web.routes import moment
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import ProjectFilter, seen_by
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["inbox"])

InPath: TypeAlias = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, description="Id of the request")]

if TYPE_CHECKING:
    Kind: TypeAlias = str
else:
    Kind = Literal[tuple(KINDS)]
"""OpenAPI names them."""


class PointPage(BaseModel):
    """One point of a list."""

    id: Slug = Field(examples=["need-stated"])
    title: str = Field(max_length=200, examples=["The need is stated by who has it"])


class JudgedGatePage(BaseModel):
    """What a gate is judged by."""

    id: Slug = Field(examples=["gate-1"])
    title: str = Field(max_length=200, examples=["Investment decision"])
    criteria: list[PointPage]
    deliverables: list[PointPage]
    evidence: list[PointPage]


class ControlPage(BaseModel):
    """A control of the standard."""

    id: Slug = Field(examples=["independent-cost-review"])
    title: str = Field(max_length=200, examples=["Independent review of the cost estimate"])
    mandatory: bool


class BasisPage(BaseModel):
    """What the project's standard says about the request."""

    decider: Literal["pmo", "sponsor"] = Field(description="Whom the standard gives the decision to")
    gate: JudgedGatePage | None = Field(description="Of a gate review: by which criteria, on what")
    control: ControlPage | None = Field(description="Of a waiver or a tailoring")
    tolerances: dict[str, str] = Field(description="By dimension, of what may change them", examples=[{"cost": "10 %"}])


class RequestToDecide(RequestPage):
    """One request with all that a decision on it rests on."""

    kind: Kind
    about: str = Field(description="The gate, the control, the period ... that it is about", examples=["gate-1"])
    standard_says: BasisPage | None = Field(description="null where the version is not known here")


class InboxItem(BaseModel):
    """One request in the inbox."""

    id: Id
    kind: Kind
    project: Id
    about: str = Field(description="The gate, the control, the period ... that it is about", examples=["gate-1"])
    standard: Edition = Field(description="What the project runs to")
    requested_by: PersonId
    requested_at: Instant
    reason: str | None = Field(max_length=500, description="Why it is asked for")
    may_decide: list[Word] = Field(description="The roles that the table of rights lets decide it", examples=[["pmo"]])
    status: Status
    outcome: Word | None
    decided_by: PersonId | None
    decided_at: Instant | None
    answer: Word | None = Field(description="What the project said: `applied`, or why not")


class Inbox(BaseModel):
    """One page of the inbox."""

    items: list[InboxItem]
    next: Following | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/inbox", operation_id="listInbox", responses={200: {"model": Inbox}}, **reads("read-governance", waits=True)
)
async def list_inbox(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    kind: Kind | None = None,
    status: Status | None = None,
    project: ProjectFilter | None = None,
    requested_before: Annotated[
        moment.Instant | None, Query(description="Only what has waited since before this")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What projects ask for, the longest waiting first.

    With a role in projects only, a person sees those of them.
    """
    page = view.page_of(
        {"list": "inbox", "kind": kind, "status": status, "project": project, "before": requested_before}, limit, cursor
    )
    column = INBOX.c
    wanted = seen_by(who, INBOX, kind=kind, status=status, project=project)
    if requested_before:
        wanted = wanted.where(column.requested_at < requested_before)
    return await view.page(page, wanted, [(column.requested_at, False), (column.id, False)], shown_row, INBOX_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in InboxItem.model_fields if name in row}
    decided: datetime | None = row["decided_at"]
    told |= {"requested_at": instant(row["requested_at"]), "decided_at": instant(decided) if decided else None}
    return {**told, "may_decide": deciders(row["kind"])}


@router.get(
    "/v1/inbox/{kind}/{id}",
    operation_id="getInboxItem",
    responses=shows(RequestToDecide),
    **reads("read-governance"),
)
async def get_inbox_item(
    kind: Annotated[Kind, Path(description="The kind of request")],
    id: InPath,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
) -> Response:
    """One request with what it rests on, and what the project's standard says about it."""
    fold = await things.find(KINDS[kind].aggregate, id, seen=lambda request: who.sees(request.project))
    request: Request = fold.state
    name, number = parse(request.standard)
    standard: Standard | None = await things.peek(STANDARD, name)
    version = standard.versions.get(number) if standard else None
    says = msgspec.to_builtins(basis_of(kind, request, version.content)) if version else None
    about = str(KINDS[kind].about(request.asked))
    return await things.answer(fold, copied(RequestToDecide, id, request, kind=kind, about=about, standard_says=says))
