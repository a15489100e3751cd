"""Routes of intake."""

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import Path
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.strategy.alignment import ScoreProposal
from governance.strategy.proposal import (
    PROPOSAL,
    AmendProposal,
    AuthoriseProject,
    DeferProposal,
    Proposal,
    ProposeProject,
    RejectProposal,
    RequestMore,
    Status,
)
from governance.strategy.views.proposals import PROPOSALS, PROPOSALS_VIEW
from mandate_events.deciding import Command, Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.values.told import Amount, amount_in, amount_of
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["portfolio intake"])

Id = Annotated[
    str,
    Path(pattern=f"^{UUID_PATTERN}$", description="Id of the proposal and its project"),
]


@router.post("/v1/proposals", operation_id="proposeProject", **decides(ProposeProject))
async def propose(command: ProposeProject, desk: OpenDesk) -> Response:
    """Propose a project. Its id comes from portfolio and reference: it cannot be proposed twice."""
    return await desk.decide(PROPOSAL, command.id, command, location=f"/v1/proposals/{command.id}")


class ProposalItem(BaseModel):
    """A proposal, and what was authorised of it."""

    id: str = Field(description="Id of the proposal and its project", examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    portfolio: str = Field(examples=["capital-delivery"])
    reference: str = Field(examples=["D-001"])
    title: str = Field(examples=["Harbour pumping station"])
    status: Status
    gate_path: str | None = Field(examples=["two-gate"])
    forecast_cost: Amount
    proposed_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    standard: str | None = Field(description="In force for the project", examples=["capital-delivery@1"])
    budget: Amount | None = Field(description="What was authorised")


class BusinessCasePage(BaseModel):
    """Why it should be done."""

    text: str | None = Field(description="SHA-256 of what is kept here: `GET /v1/blobs/{sha256}`")
    sha256: str | None = Field(description="SHA-256 of a document that is kept elsewhere")
    uri: str | None


class ScorePage(BaseModel):
    """The latest score of one person by one version of a scoring model."""

    model: str = Field(examples=["alignment@1"])
    scorer: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    scores: dict[str, str] = Field(description="By criterion", examples=[{"environment": "4"}])
    total: str = Field(description="Out of 100", examples=["72.5000"])


class ProposalPage(ProposalItem):
    """A proposal with what it rests on, its scores, and what was decided."""

    business_case: BusinessCasePage | None
    objectives: list[str] = Field(description="Ids of the objectives it serves")
    effort_days: str | None = Field(description="Days of work that it takes", examples=["220"])
    requested: str | None = Field(description="What more the PMO asks for")
    deferred_until: date | None
    scores: list[ScorePage]
    tolerances: dict[str, str] = Field(
        description="By dimension, as authorised",
        examples=[{"time": "20", "cost": "10 %"}],
    )


class Proposals(BaseModel):
    """One page of proposals."""

    items: list[ProposalItem]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/proposals",
    operation_id="listProposals",
    responses={200: {"model": Proposals}},
    **reads("read-governance", waits=True),
)
async def list_proposals(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    status: Status | None = None,
    portfolio: Slug | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Proposals by reference. With a role in projects only, a person sees those, and what they proposed."""
    page = view.page_of({"list": "proposals", "status": status, "portfolio": portfolio}, limit, cursor)
    wanted = select(PROPOSALS)
    if not who.sees_all():
        wanted = wanted.where(PROPOSALS.c.id.in_(who.projects()) | (PROPOSALS.c.proposed_by == who.person.id))
    if status:
        wanted = wanted.where(PROPOSALS.c.status == status)
    if portfolio:
        wanted = wanted.where(PROPOSALS.c.portfolio == portfolio)
    return await view.page(
        page, wanted, [(PROPOSALS.c.reference, False), (PROPOSALS.c.id, False)], shown_row, PROPOSALS_VIEW
    )


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ProposalItem.model_fields if name in row},
        "forecast_cost": amount_in(row, "forecast_amount", "currency"),
        "budget": amount_in(row, "budget_amount", "currency"),
    }


@router.get("/v1/proposals/{id}", operation_id="getProposal", responses=shows(ProposalPage), **reads("read-governance"))
async def get_proposal(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One proposal. One that you may not see is not found: its id can be guessed from its reference."""
    fold = await things.find(PROPOSAL, id, seen=lambda found: who.sees(id) or found.proposer == who.person.id)
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, proposal: Proposal) -> dict[str, Any]:
    """A proposal as it is told."""
    return {
        "id": id_,
        "portfolio": proposal.portfolio,
        "reference": proposal.reference,
        "title": proposal.title,
        "status": proposal.status,
        "gate_path": proposal.gate_path,
        "forecast_cost": amount_of(proposal.forecast_cost),
        "proposed_by": proposal.proposer,
        "standard": proposal.standard,
        "budget": amount_of(proposal.budget),
        "business_case": msgspec.to_builtins(proposal.business_case),
        "objectives": list(proposal.objectives),
        "effort_days": proposal.effort_days,
        "requested": proposal.requested,
        "deferred_until": proposal.deferred_until and proposal.deferred_until.isoformat(),
        "scores": [
            {"model": model, "scorer": scorer, "scores": score.scores, "total": score.total}
            for (model, scorer), score in sorted(proposal.scores.items())
        ],
        "tolerances": proposal.tolerances,
    }


@router.post("/v1/proposals/{id}/amendments", operation_id="amendProposal", **decides(AmendProposal))
async def amend(id: Id, command: AmendProposal, desk: OpenDesk) -> Response:  # noqa: A002
    """Change a proposal of your own, or answer what more was asked for. Scores of what it was no longer count."""
    return await _decide(desk, id, command)


@router.post("/v1/proposals/{id}/scores", operation_id="scoreProposal", **decides(ScoreProposal))
async def score(id: Id, command: ScoreProposal, desk: OpenDesk) -> Response:  # noqa: A002
    """Score a proposal by a version of a scoring model. Your latest score counts; never on a proposal of your own."""
    return await _decide(desk, id, command)


@router.post("/v1/proposals/{id}/requests", operation_id="requestMore", **decides(RequestMore))
async def request_more(id: Id, command: RequestMore, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the proposer for what is lacking."""
    return await _decide(desk, id, command)


@router.post("/v1/proposals/{id}/deferrals", operation_id="deferProposal", **decides(DeferProposal))
async def defer(id: Id, command: DeferProposal, desk: OpenDesk) -> Response:  # noqa: A002
    """Put the proposal off until a day. It can be authorised or rejected before."""
    return await _decide(desk, id, command)


@router.post("/v1/proposals/{id}/rejections", operation_id="rejectProposal", **decides(RejectProposal))
async def reject(id: Id, command: RejectProposal, desk: OpenDesk) -> Response:  # noqa: A002
    """Reject the proposal: nothing more is decided on it."""
    return await _decide(desk, id, command)


@router.post("/v1/proposals/{id}/authorisations", operation_id="authoriseProject", **decides(AuthoriseProject))
async def authorise(id: Id, command: AuthoriseProject, desk: OpenDesk) -> Response:  # noqa: A002
    """Let the project begin: standard, gate path, budget, tolerances and objectives are fixed with it."""
    return await _decide(desk, id, command)


async def _decide(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(PROPOSAL, id_, command, location=f"/v1/proposals/{id_}")
