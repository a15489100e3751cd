"""The route of appointments that is special: it tells of any day."""

from typing import Annotated, Any

from fastapi import Request
from starlette.responses import Response

from governance.appointments.appointment import APPOINTMENT, Appointments, AppointmentsPage
from mandate_web.chapters.ids import InPath
from mandate_web.chapters.pages import copied
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.moment import AsOf, end_of
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["appointments"])


def shown_appointments(id_: str, given: Appointments) -> dict[str, Any]:
    """Who holds the posts of a project, as it is told."""
    return copied(AppointmentsPage, id_, given, project=id_)


@router.get(
    "/v1/projects/{id}/appointments",
    operation_id="getAppointments",
    responses=shows(AppointmentsPage),
    **reads("read-governance"),
)
async def get_appointments(
    request: Request,
    id: InPath,  # noqa: A002
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
