"""The PMO's inbox: one list of all that projects ask for, and each with what it is judged by."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.basis import on_path
from governance.requests.kind import ID_PATTERN, Kind
from governance.requests.kinds import KINDS, basis_of, deciders
from governance.requests.page import RequestPage
from governance.requests.request import Request, Status
from governance.requests.views.inbox import INBOX, INBOX_VIEW
from governance.standards.standard import STANDARD, Standard, parse
from governance.strategy.proposal import PROPOSAL, Proposal
from mandate_events.deciding import Aggregate, PersonId
from mandate_events.values.told import Answer, Edition, Id, Instant, Word, instant
from mandate_web.chapters.lists import page_model
from mandate_web.chapters.pages import copied
from mandate_web.routes import moment
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import ProjectFilter, seen_by, several, words
from mandate_web.routes.lists import OpenListOfThings
from mandate_web.routes.offering import with_allowed
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, Peeks, shows

router = Router(tags=["inbox"])

InPath: TypeAlias = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, description="Id of the request")]

if TYPE_CHECKING:
    KindName: TypeAlias = str
else:
    KindName = Literal[tuple(KINDS)]
"""OpenAPI names them."""


TELLS: Final[Mapping[str, Callable[[Kind, Request], Any]]] = {
    "kind": lambda kind, _: kind.name,
    "about": lambda kind, request: str(kind.about(request.asked)),
    "may_decide": lambda kind, _: deciders(kind.name),
}


def told(kind: Kind, request: Request) -> dict[str, Any]:
    """Those members of its page."""
    return {name: tell(kind, request) for name, tell in TELLS.items()}


async def standard_says(kind: Kind, others: Peeks, request: Request) -> Any:
    """What the version that the project runs to says about it; None where it is not known here."""
    name, number = parse(request.standard)
    standard: Standard | None = await others.peek(STANDARD, name)
    version = standard.versions.get(number) if standard else None
    if version is None:
        return None
    proposal: Proposal | None = await others.peek(PROPOSAL, request.project)
    content = on_path(version.content, proposal.gate_path if proposal else None)
    return msgspec.to_builtins(basis_of(kind.name, request, content))


class RequestToDecide(RequestPage):
    """One request with all that a decision on it rests on."""

    kind: KindName


class InboxItem(BaseModel):
    """One request in the inbox."""

    id: Id
    kind: KindName
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
    answer: Answer | None = Field(description="What the project said: `applied`, or why not")


@router.get(
    "/v1/inbox",
    operation_id="listInbox",
    responses={200: {"model": page_model(with_allowed(InboxItem), "/v1/inbox")}},
    **reads("read-governance", waits=True),
)
async def list_inbox(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenListOfThings,
    kind: Annotated[str | None, several(tuple(KINDS))] = None,
    status: Annotated[str | None, several(get_args(Status))] = None,
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
    wanted = seen_by(who, INBOX, kind=words(kind), status=words(status), project=project)
    if requested_before:
        wanted = wanted.where(column.requested_at < requested_before)
    return await view.page(
        page, wanted, [(column.requested_at, False), (column.id, False)], shown_row, INBOX_VIEW, of=_request
    )


def _request(row: Mapping[str, Any]) -> tuple[Aggregate[Any], str]:
    return KINDS[row["kind"]].aggregate, row["id"]


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
    kind: Annotated[KindName, Path(description="The kind of request")],
    id: InPath,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
) -> Response:
    """One request with what it rests on, and what the project's standard says about it."""
    known = KINDS[kind]
    fold = await things.find(known.aggregate, id, seen=lambda request: who.sees(request.project))
    says = await standard_says(known, things, fold.state)
    members = told(known, fold.state)
    return await things.answer(fold, copied(RequestToDecide, id, fold.state, **members, standard_says=says))
