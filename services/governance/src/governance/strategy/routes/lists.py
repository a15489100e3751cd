"""Lists that are asked for by more than what a column holds: objectives by a day, proposals by who may see them."""

from typing import Annotated, Any, get_args

from fastapi import Query
from sqlalchemy import select
from starlette.responses import Response

from governance.strategy import objective, proposal
from governance.strategy.objective import ObjectivePage
from governance.strategy.pages import ProposalItem
from governance.strategy.views import OBJECTIVES, OBJECTIVES_VIEW, PROPOSALS, PROPOSALS_VIEW
from mandate_events.deciding import Slug
from mandate_events.values.told import amount_in
from mandate_web.chapters.lists import page_model
from mandate_web.chapters.pages import plain
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import several, words
from mandate_web.routes.lists import OpenListOfThings, each_is
from mandate_web.routes.moment import Day
from mandate_web.routes.offering import with_allowed
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router

router = Router()


@router.get(
    "/v1/objectives",
    operation_id="listObjectives",
    responses={200: {"model": page_model(with_allowed(ObjectivePage), "/v1/objectives")}},
    tags=["strategy"],
    **reads("read-framework", waits=True),
)
async def list_objectives(
    *,
    _: Annotated[Viewer, viewer("read-framework")],
    view: OpenListOfThings,
    status: Annotated[str | None, several(get_args(objective.Status))] = None,
    on: Annotated[Day | None, Query(description="Only what holds on this day", examples=["2026-11-24"])] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Objectives, by the day from which they hold."""
    page = view.page_of({"list": "objectives", "status": status, "on": on}, limit, cursor)
    column = OBJECTIVES.c
    wanted = select(OBJECTIVES)
    if status:
        wanted = wanted.where(column.status.in_(words(status) or []))
    if on:
        wanted = wanted.where(column.starts_on <= on, column.until >= on)
    keys = [(column.starts_on, False), (column.id, False)]
    return await view.page(page, wanted, keys, shown_objective, OBJECTIVES_VIEW, of=each_is(objective.OBJECTIVE))


def shown_objective(row: dict[str, Any]) -> dict[str, Any]:
    """An objective as the list tells it."""
    return {name: plain(row[name]) for name in ObjectivePage.model_fields}


@router.get(
    "/v1/proposals",
    operation_id="listProposals",
    responses={200: {"model": page_model(with_allowed(ProposalItem), "/v1/proposals")}},
    tags=["portfolio intake"],
    **reads("read-governance", waits=True),
)
async def list_proposals(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenListOfThings,
    status: Annotated[str | None, several(get_args(proposal.Status))] = None,
    portfolio: Slug | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Proposals by reference. With a role in projects only, a person sees those, and what they proposed."""
    page = view.page_of({"list": "proposals", "status": status, "portfolio": portfolio}, limit, cursor)
    column = PROPOSALS.c
    wanted = select(PROPOSALS)
    if not who.sees_all():
        wanted = wanted.where(column.id.in_(who.projects()) | (column.proposed_by == who.person.id))
    if status:
        wanted = wanted.where(column.status.in_(words(status) or []))
    if portfolio:
        wanted = wanted.where(column.portfolio == portfolio)
    keys = [(column.reference, False), (column.id, False)]
    return await view.page(page, wanted, keys, shown_proposal, PROPOSALS_VIEW, of=each_is(proposal.PROPOSAL))


def shown_proposal(row: dict[str, Any]) -> dict[str, Any]:
    """A proposal as the list tells it."""
    return {
        **{name: row[name] for name in ProposalItem.model_fields if name in row},
        "forecast_cost": amount_in(row, "forecast_amount", "currency"),
        "budget": amount_in(row, "budget_amount", "currency"),
    }
