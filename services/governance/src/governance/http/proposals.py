"""Routes of intake and appointments."""

from typing import Annotated, Any, Literal

from fastapi import Path, Request
from starlette.responses import JSONResponse, Response

from governance.appointment import (
    APPOINTMENT,
    AppointManager,
    AppointSponsor,
    AssignOfficer,
    ReleaseOfficer,
    ReplaceManager,
)
from governance.proposal import PROPOSAL, AuthoriseProject, Proposal, ProposeProject
from governance.views.proposals import PROPOSALS, everything
from mandate_events.deciding import Command, Slug, Unknown
from mandate_web.access import Viewer, reads, viewer
from mandate_web.consistency import OpenView
from mandate_web.desk import OpenDesk, decides, single
from mandate_web.paging import Cursor, Limit, Page
from mandate_web.routing import Router

router = Router(tags=["portfolio intake"])

Id = Annotated[
    str,
    Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of the proposal and its project"),
]


@router.post("/v1/proposals", operation_id="proposeProject", **decides(ProposeProject))
async def propose(command: ProposeProject, desk: OpenDesk) -> Response:
    """Propose a project. Its id comes from portfolio and reference: it cannot be proposed twice."""
    return await desk.decide(PROPOSAL, command.id, command, location=f"/v1/proposals/{command.id}")


@router.get("/v1/proposals", operation_id="listProposals", **reads("read-governance", waits=True))
async def list_proposals(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    status: Literal["proposed", "authorised"] | None = None,
    portfolio: Slug | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Proposals by reference. With a role in projects only, a person sees those."""
    page = Page({"list": "proposals", "status": status, "portfolio": portfolio}, limit, cursor)
    select = everything if who.sees_all() else everything.where(PROPOSALS.c.id.in_(who.projects()))
    if status:
        select = select.where(PROPOSALS.c.status == status)
    if portfolio:
        select = select.where(PROPOSALS.c.portfolio == portfolio)
    select = page.apply(select, [(PROPOSALS.c.reference, False), (PROPOSALS.c.id, False)])
    async with view.engine.connect() as connection:
        rows = (await connection.execute(select)).all()
    items, following = page.answer(rows, ["reference", "id"])
    return view.mark(JSONResponse({"items": [_item(row) for row in items], "next": following}))


def _item(row: dict[str, Any]) -> dict[str, Any]:
    currency = row.pop("currency")
    forecast, budget = row.pop("forecast_amount"), row.pop("budget_amount")
    row["forecast_cost"] = {"amount": str(forecast), "currency": currency}
    row["budget"] = None if budget is None else {"amount": str(budget), "currency": currency}
    return row


@router.get("/v1/proposals/{id}", operation_id="getProposal", **reads("read-governance"))
async def get_proposal(request: Request, id: Id, who: Annotated[Viewer, viewer("read-governance")]) -> Response:  # noqa: A002
    """One proposal. One that you may not see is not found: its id can be guessed from its reference."""
    fold = await request.app.state.store.reader.fold(PROPOSAL, id)
    proposal: Proposal | None = fold.state
    if proposal is None or not who.sees(id):
        raise Unknown(f"proposal/{id}")
    body = {
        "id": id,
        "portfolio": proposal.portfolio,
        "reference": proposal.reference,
        "title": proposal.title,
        "status": proposal.status,
        "gate_path": proposal.gate_path,
        "forecast_cost": _money(proposal.forecast_cost),
        "proposed_by": proposal.proposer,
        "standard": proposal.standard,
        "budget": _money(proposal.budget),
    }
    return single(request, fold, body)


def _money(money: Any) -> dict[str, str] | None:
    return None if money is None else {"amount": money.amount, "currency": money.currency}


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


@router.get("/v1/projects/{id}/appointments", operation_id="getAppointments", **reads("read-governance"))
async def get_appointments(request: Request, id: Id, who: Annotated[Viewer, viewer("read-governance")]) -> Response:  # noqa: A002
    """Who runs, watches and owns the project."""
    fold = await request.app.state.store.reader.fold(APPOINTMENT, id)
    if fold.state is None or not who.sees(id):
        raise Unknown(f"appointment/{id}")
    body = {
        "project": id,
        "manager": fold.state.manager,
        "officer": fold.state.officer,
        "sponsor": fold.state.sponsor,
    }
    return single(request, fold, body)
