"""Routes of intake and appointments."""

from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.appointments import appointment
from governance.appointments.appointment import (
    APPOINTMENT,
    AppointManager,
    AppointSponsor,
    AssignOfficer,
    ReleaseOfficer,
    ReplaceManager,
)
from governance.strategy.proposal import PROPOSAL, AuthoriseProject, Proposal, ProposeProject
from governance.views.proposals import PROPOSALS, PROPOSALS_VIEW
from mandate_events.deciding import Command, Slug
from mandate_web.access import Viewer, reads, viewer
from mandate_web.amount import Amount, amount_in, amount_of
from mandate_web.consistency import OpenView
from mandate_web.desk import OpenDesk, decides
from mandate_web.moment import AsOf, end_of
from mandate_web.paging import Cursor, Limit
from mandate_web.routing import Router
from mandate_web.things import OpenThings, shows

router = Router(tags=["portfolio intake"])

Id = Annotated[
    str,
    Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of the proposal and its project"),
]


@router.post("/v1/proposals", operation_id="proposeProject", **decides(ProposeProject))
async def propose(command: ProposeProject, desk: OpenDesk) -> Response:
    """Propose a project. Its id comes from portfolio and reference: it cannot be proposed twice."""
    return await desk.decide(PROPOSAL, command.id, command, location=f"/v1/proposals/{command.id}")


Status = Literal["proposed", "authorised"]


class ProposalPage(BaseModel):
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


class Proposals(BaseModel):
    """One page of proposals."""

    items: list[ProposalPage]
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
    """Proposals by reference. With a role in projects only, a person sees those."""
    page = view.page_of({"list": "proposals", "status": status, "portfolio": portfolio}, limit, cursor)
    wanted = select(PROPOSALS)
    if not who.sees_all():
        wanted = wanted.where(PROPOSALS.c.id.in_(who.projects()))
    if status:
        wanted = wanted.where(PROPOSALS.c.status == status)
    if portfolio:
        wanted = wanted.where(PROPOSALS.c.portfolio == portfolio)
    return await view.page(
        page, wanted, [(PROPOSALS.c.reference, False), (PROPOSALS.c.id, False)], shown_row, PROPOSALS_VIEW
    )


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ProposalPage.model_fields if name in row},
        "forecast_cost": amount_in(row, "forecast_amount", "currency"),
        "budget": amount_in(row, "budget_amount", "currency"),
    }


@router.get("/v1/proposals/{id}", operation_id="getProposal", responses=shows(ProposalPage), **reads("read-governance"))
async def get_proposal(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One proposal. One that you may not see is not found: its id can be guessed from its reference."""
    fold = await things.find(PROPOSAL, id, seen=lambda _: who.sees(id))
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
    }


@router.post("/v1/proposals/{id}/authorisations", operation_id="authoriseProject", **decides(AuthoriseProject))
async def authorise(id: Id, command: AuthoriseProject, desk: OpenDesk) -> Response:  # noqa: A002
    """Let the project begin: standard, gate path and budget are fixed with it."""
    return await desk.decide(PROPOSAL, id, command, location=f"/v1/proposals/{id}")


@router.post("/v1/projects/{id}/managers", operation_id="appointManager", **decides(AppointManager))
async def appoint_manager(id: Id, command: AppointManager, desk: OpenDesk) -> Response:  # noqa: A002
    """Appoint the PM."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/manager-replacements", operation_id="replaceManager", **decides(ReplaceManager))
async def replace_manager(id: Id, command: ReplaceManager, desk: OpenDesk) -> Response:  # noqa: A002
    """Put another PM in the post."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/officers", operation_id="assignOfficer", **decides(AssignOfficer))
async def assign_officer(id: Id, command: AssignOfficer, desk: OpenDesk) -> Response:  # noqa: A002
    """Assign the PMOfficer."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/officer-releases", operation_id="releaseOfficer", **decides(ReleaseOfficer))
async def release_officer(id: Id, command: ReleaseOfficer, desk: OpenDesk) -> Response:  # noqa: A002
    """Release the PMOfficer."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/sponsors", operation_id="appointSponsor", **decides(AppointSponsor))
async def appoint_sponsor(id: Id, command: AppointSponsor, desk: OpenDesk) -> Response:  # noqa: A002
    """Appoint the sponsor."""
    return await _appoint(desk, id, command)


async def _appoint(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(APPOINTMENT, id_, command, location=f"/v1/projects/{id_}/appointments")


class Appointments(BaseModel):
    """Who runs, watches and owns a project: person ids."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    manager: str | None = Field(description="The PM")
    officer: str | None = Field(description="The PMOfficer")
    sponsor: str | None


@router.get(
    "/v1/projects/{id}/appointments",
    operation_id="getAppointments",
    responses=shows(Appointments),
    **reads("read-governance"),
)
async def get_appointments(
    request: Request,
    id: Id,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
    as_of: AsOf = None,
) -> Response:
    """Who runs, watches and owns the project.

    With `as_of`, who did at the end of that day, in the time zone of the charter.
    """
    before = None if as_of is None else end_of(as_of, await request.app.state.find_zone(things.known_at))
    fold = await things.find(APPOINTMENT, id, seen=lambda _: who.sees(id), before=before)
    return await things.answer(fold, shown_appointments(id, fold.state))


def shown_appointments(id_: str, given: appointment.Appointments) -> dict[str, Any]:
    """Who holds the posts of a project, as it is told."""
    return {"project": id_, "manager": given.manager, "officer": given.officer, "sponsor": given.sponsor}
