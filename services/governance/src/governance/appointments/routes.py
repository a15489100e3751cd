"""Routes of appointments: who runs, watches and owns a project."""

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.appointments import appointment
from governance.appointments.appointment import (
    APPOINTMENT,
    AcceptAppointment,
    AppointManager,
    AppointSponsor,
    AssignOfficer,
    ReleaseOfficer,
    ReplaceManager,
    ReplaceSponsor,
)
from mandate_events.deciding import Command
from mandate_events.document.formats import UUID_PATTERN
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.moment import AsOf, end_of
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["appointments"])

Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the project")]


@router.post("/v1/projects/{id}/managers", operation_id="appointManager", **decides(AppointManager))
async def appoint_manager(id: Id, command: AppointManager, desk: OpenDesk) -> Response:  # noqa: A002
    """Appoint the PM."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/manager-replacements", operation_id="replaceManager", **decides(ReplaceManager))
async def replace_manager(id: Id, command: ReplaceManager, desk: OpenDesk) -> Response:  # noqa: A002
    """Put another PM in the post, and say what is handed over."""
    return await _appoint(desk, id, command)


@router.post("/v1/projects/{id}/acceptances", operation_id="acceptAppointment", **decides(AcceptAppointment))
async def accept_appointment(id: Id, command: AcceptAppointment, desk: OpenDesk) -> Response:  # noqa: A002
    """Accept the appointment as PM. Only the PM themselves can."""
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


@router.post("/v1/projects/{id}/sponsor-replacements", operation_id="replaceSponsor", **decides(ReplaceSponsor))
async def replace_sponsor(id: Id, command: ReplaceSponsor, desk: OpenDesk) -> Response:  # noqa: A002
    """Put another sponsor in the post."""
    return await _appoint(desk, id, command)


async def _appoint(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(APPOINTMENT, id_, command, location=f"/v1/projects/{id_}/appointments")


class Appointments(BaseModel):
    """Who runs, watches and owns a project: person ids."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    manager: str | None = Field(description="The PM")
    accepted: bool = Field(description="Whether the PM accepted the appointment", examples=[True])
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
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, given: appointment.Appointments) -> dict[str, Any]:
    """Who holds the posts of a project, as it is told."""
    posts = {"manager": given.manager, "accepted": given.accepted, "officer": given.officer, "sponsor": given.sponsor}
    return {"project": id_, **posts}
