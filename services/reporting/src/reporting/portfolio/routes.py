"""Routes of the portfolio: all projects at a glance, and the page of one."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal, get_args

import orjson
from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, func, select
from starlette.responses import Response

from mandate_events.deciding import PersonId, Slug, Text, Unknown
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.values.told import Amount, Edition, Id, Instant, Reference, amount_in
from mandate_web.chapters.lists import page_model
from mandate_web.chapters.pages import plain
from mandate_web.routes import sorting
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import SEARCH, Search, conditions, having, several, words
from mandate_web.routes.lists import OpenList, OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.tags import tagged
from mandate_web.routes.things import UNCHANGED
from reporting.history.archive import ARCHIVE
from reporting.history.denials import DENIED
from reporting.history.documents import Entry, entries, shown
from reporting.history.routes import visible
from reporting.portfolio.views import PORTFOLIO, PORTFOLIO_VIEW

router = Router(tags=["portfolio"])

Status = Literal[
    "proposed", "more_requested", "deferred", "rejected", "authorised", "active", "held", "closed", "terminated"
]
InPath = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of a project")]

LATEST: Final = 20


class ListedProject(BaseModel):
    """One row of the portfolio."""

    id: Id
    portfolio: Slug | None
    reference: Reference | None
    title: str | None = Field(max_length=400)
    status: Status
    phase: Slug | None = Field(description="The phase it is in, or was in when it ended")
    gate: Slug | None = Field(description="The gate ahead")
    gate_path: Slug | None
    standard: Edition | None
    budget: Amount | None
    forecast_cost: Amount | None
    manager: PersonId | None
    officer: PersonId | None
    sponsor: PersonId | None
    open_review: Id | None = Field(description="The gate review that was requested and is not answered")
    initiated_at: Instant | None
    last_changed_at: Instant


class ProjectPage(ListedProject):
    """One project, with what people decided on it last."""

    decisions: list[Entry] = Field(description="Newest first; empty for who may not read the project's history")


# --- sorting ---


def _amount(name: str, *, down: bool) -> sorting.Keys:
    """Amounts compare within their currency."""
    amount, currency = PORTFOLIO.c[f"{name}_amount"], PORTFOLIO.c[f"{name}_currency"]
    missing, *by_amount = sorting.key(amount, down=down)
    return [missing, (func.coalesce(currency, ""), False), *by_amount]


AMOUNTS: Final = {"budget": "budget", "forecast_cost": "forecast"}
COLUMNS: Final = (
    "reference",
    "title",
    "status",
    "phase",
    "gate",
    "manager",
    "officer",
    "sponsor",
    "standard",
    "gate_path",
    "portfolio",
    "initiated_at",
    "last_changed_at",
)

Sort = Annotated[str, sorting.sort_by([*COLUMNS, *AMOUNTS], ["-budget", "reference"])]


def keys_of(sort: str) -> sorting.Keys:
    """What a `sort` orders by; the last key is unique."""
    keys: list[tuple[ColumnElement[Any], bool]] = []
    for name, down in sorting.asked_keys(sort):
        keys += _amount(AMOUNTS[name], down=down) if name in AMOUNTS else sorting.key(PORTFOLIO.c[name], down=down)
    return [*keys, (PORTFOLIO.c.id, False)]


# --- routes ---


@dataclass(frozen=True, slots=True)
class Filters:
    """Which projects are asked for: each names a column, and what it holds."""

    portfolio: Slug | None = None
    status: Annotated[str | None, several(get_args(Status))] = None
    phase: Annotated[Text | None, Query(max_length=64)] = None
    gate: Annotated[Text | None, Query(max_length=64, description="The gate ahead")] = None
    manager: PersonId | None = None
    officer: PersonId | None = None
    sponsor: PersonId | None = None
    standard: Annotated[Text | None, Query(max_length=80, examples=["capital-delivery@1"])] = None

    q: Search = None

    def conditions(self) -> list[ColumnElement[bool]]:
        asked = asdict(self)
        title, status = asked.pop(SEARCH), asked.pop("status")
        found = conditions(PORTFOLIO, {**asked, "status": words(status)})
        return [*found, having(PORTFOLIO.c.title, title)] if title else found


@router.get(
    "/v1/portfolio",
    operation_id="listPortfolio",
    responses={200: {"model": page_model(ListedProject, "/v1/portfolio")}},
    **reads("read-portfolio", waits=True),
)
async def list_portfolio(
    *,
    view: OpenList,  # first: the mandates are a view, too
    reader: Annotated[Viewer, viewer("read-portfolio")],
    filters: Annotated[Filters, Depends()],
    sort: Sort = "reference",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Projects, proposed ones included. With a role in projects only, a person sees those."""
    page = view.page_of({"list": "portfolio", "sort": sort, **asdict(filters)}, limit, cursor)
    wanted = select(PORTFOLIO).where(*filters.conditions())
    if not reader.sees_all():
        wanted = wanted.where(PORTFOLIO.c.id.in_(reader.projects()))
    return await view.page(page, wanted, keys_of(sort), shown_project, PORTFOLIO_VIEW)


def shown_project(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the portfolio as it is told."""
    own = {
        "budget": amount_in(row, "budget_amount", "budget_currency"),
        "forecast_cost": amount_in(row, "forecast_amount", "forecast_currency"),
    }
    return {name: own[name] if name in own else plain(row[name]) for name in ListedProject.model_fields}


@router.get(
    "/v1/projects/{id}",
    operation_id="getProjectPage",
    responses={200: {"model": ProjectPage}, **UNCHANGED},
    **reads("read-portfolio", waits=True),
)
async def get_project(
    request: Request,
    id: InPath,  # noqa: A002
    view: OpenView,  # first: the mandates are a view, too
    reader: Annotated[Viewer, viewer("read-portfolio")],
) -> Response:
    """One project and the latest decisions on it.

    A project that you may not see is not found: its id can be guessed from its reference. Its ETag is the hash of the
    page, since no single stream is its version.
    """
    history = Viewer(reader.person, reader.held, reader.rights, "read-history")
    decided = [ARCHIVE.c.project == id, ~ARCHIVE.c.actor.startswith("system/"), ~DENIED]
    if not history.sees(id):
        latest = None
    else:
        seen = visible(history)
        latest = entries.where(and_(*decided, *([] if seen is None else [seen])))
    found = await view.ask(select(PORTFOLIO).where(PORTFOLIO.c.id == id), PORTFOLIO_VIEW)
    if not found or not reader.sees(id):
        raise Unknown(f"project/{id}")
    decisions = []
    if latest is not None:
        if view.known_at is not None:
            latest = latest.where(ARCHIVE.c.recorded_at <= view.known_at)
        rows = await view.ask(latest.order_by(ARCHIVE.c.entry.desc()).limit(LATEST))
        decisions = [shown(dict(row._mapping)) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
    body = {**shown_project(dict(found[0]._mapping)), "decisions": decisions}  # noqa: SLF001
    return view.mark(tagged(request, orjson.dumps(await view.including.complete(body))))
